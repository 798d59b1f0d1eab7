package detect

import "testing"

// TestQueriesThatJoin holds how a fragment of SQL joins the query around it.
func TestQueriesThatJoin(t *testing.T) {
	everywhere := []string{
		") or ('a'='a", "')) or (('lamp'='lamp", "x or 1=1 --", "id=7 and 7=7", "(select(7)from(select(sleep(6)))lamp)",
		"if(now()=sysdate(),sleep(9),0)", "case when 5=5 then sleep(5) else 0 end", "7%A0AND%A077=77", "7'%A0UNION%A0ALL%A0SELECT%A0lamp,7--%A0-",
	}
	refuses(t, Unknown, append(everywhere, "' UNION ALL SELECT", "union select", "x'||utl_http.request"), SQL)
	refuses(t, FreeText, everywhere, SQL)
	for _, at := range []Position{JSON, Header, Query} {
		if v := Judge([]byte("-1+UNION+SELECT+user,lamp+FROM+users"), at, Unknown); v.Class != SQL || v.Score < Threshold(Unknown) {
			t.Errorf("%v: %v %d", at, v.Class, v.Score)
		}
	}
	for _, field := range []Field{Unknown, FreeText} {
		passes(t, field, []string{
			"1) red or ('blue' if there is none)", "a lamp (from the attic) or a chair", "price%A05", "café%C2%A0noir or thé",
			"C++and+C", "red+or+blue", "all the lamps and 5 chairs",
		})
	}
	passes(t, FreeText, []string{"2 + 2 = 4 and 3 + 3 = 6", "(SELECT max(price) FROM lamps) runs once for each row of the outer query", "case when total > 5 then the lamp is free"})
}

// TestPathsThatJoin holds how a value joins the path around it.
func TestPathsThatJoin(t *testing.T) {
	for _, field := range []Field{Unknown, FreeText} {
		refuses(t, field, []string{"1]/../lamp[1", "x']/parent::*/lamp['"}, XPath)
		passes(t, field, []string{"a[1]/b", "[x]/[y]", "see notes 3] and 4]", "[1]: https://example.com/a [2]: https://example.com/b", "a] b/c", "- [x]/[ ] done"})
	}
	refuses(t, Unknown, []string{"/lamps/lamp[position()=1]/price", "/a/b[last()]", "* and doc('//10.0.0.9/share')"}, XPath)
	passes(t, Unknown, []string{"x[position()]", "doc('lamp')"})
}

// TestConditionsOfPaths holds calls of XPath that a condition joins.
func TestConditionsOfPaths(t *testing.T) {
	for _, field := range []Field{Unknown, FreeText} {
		refuses(t, field, []string{"' or contains(lamp,'adm') or '", "x\" and starts-with(lamp,\"a\") and \""}, XPath)
		passes(t, field, []string{"it contains(5) lamps", "the 'lamp' or contains a lamp", "Anna's lamp or string (5 m) of lights"})
	}
}

// TestAnswersOfScript holds a value that ends a statement and answers itself.
func TestAnswersOfScript(t *testing.T) {
	refuses(t, Unknown, []string{"1; return true", "7;return this.lamp"}, NoSQL)
	passes(t, Unknown, []string{"1; return it by Friday", "5; returns 2", "return true", "2;3;4"})
	passes(t, FreeText, []string{"1; return it by Friday", "if it is dark return true;"})
}

// TestQueriesInParentheses holds that a text which is one query is put in.
func TestQueriesInParentheses(t *testing.T) {
	for _, field := range []Field{FreeText, Markup} {
		refuses(t, field, []string{"(select concat(lamp,room) from information_schema.lamps where lamp=database())"}, SQL)
		refuses(t, field, []string{"x\r\n.\r\nMAIL FROM:<anna@evil.example>"}, Mail)
		passes(t, field, []string{"Why is (SELECT max(price) FROM lamps) slow?", "thanks\n.\nmail from: Anna"})
	}
	for _, at := range []Position{JSON, Form} {
		if v := Judge([]byte("\n+select+lamp+from+dual+\n"), at, Unknown); v.Class != SQL || v.Score < Threshold(Unknown) {
			t.Errorf("%v: %v %d", at, v.Class, v.Score)
		}
	}
}

// TestFiltersByRule holds filters of LDAP that name the rule to match by.
func TestFiltersByRule(t *testing.T) {
	for _, field := range []Field{Unknown, FreeText} {
		refuses(t, field, []string{"lampColour:2.5.13.2:=red", "cn:1.2.826.0.1:=x"}, LDAP)
		passes(t, field, []string{"lamp:2.5:=1", "version:2.5.13", "at 10:30:=", "x := 5"})
	}
}

// TestDocumentsElsewhere holds types of documents that are fetched, and
// messages that a text begins.
func TestDocumentsElsewhere(t *testing.T) {
	refuses(t, FreeText, []string{`<!DOCTYPE a SYSTEM "//x/a"><a>b</a>`, `<!DOCTYPE a PUBLIC "b" "http://evil.example/a.dtd">`, "<![CDATA[<]]>lamp"}, XML)
	passes(t, FreeText, []string{"<!DOCTYPE html>", `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">`})
	refuses(t, FreeText, []string{"\nRCPT TO: anna@evil.example\n", "\r\nQUIT\r\n"}, Mail)
	passes(t, FreeText, []string{"\nQuit worrying about the lamp.", "I will\nQUIT\nfor good", "\nMail to: Anna, the lamp shop, 5 Main Road"})
}

// TestTemplatesThatMake holds expressions that make an object of a class.
func TestTemplatesThatMake(t *testing.T) {
	for _, field := range []Field{Unknown, FreeText} {
		refuses(t, field, []string{`[="lamp.Lamp"?new()("id")]`}, Template)
		passes(t, field, []string{"[=new lamp]", "Is [=this] a ?new() lamp or not, who knows"})
	}
	refuses(t, FreeText, []string{"{% set lamp = 'id' %}", "{% for l, m in lamps.items() %}{{ l }}{% endfor %}"}, Template)
	passes(t, FreeText, []string{"In Jinja you write {% set lamp = 'id' %} at the top"})
}
