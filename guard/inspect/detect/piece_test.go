package detect

import "testing"

// TestPieces holds that a piece of a query is told from a sentence and from a
// statement that people show, and that spellings which servers read as marks
// or spaces hide none.
func TestPieces(t *testing.T) {
	for _, row := range []struct {
		why   string
		field Field
		class Class // None: must pass
		texts []string
	}{
		{"a name fastened to a query", FreeText, SQL, []string{"lamp||(select 1 from t where 2=2)||", "lamp,(select case when 3=3 then 1 else 0 end)",
			"lamp and 7=(select count(*) from a t1,b t2,c t3)", "lamp or benchmark(50,md5(1))", "lamp+(select max(x) from t) "}},
		{"a name that a mark of MySQL closes", FreeText, SQL, []string{"lamp`) where 31=31 and 7=(select count(*) from all_users)-- x", "lamp` or 5=(select 5 from t where 2=2)#"}},
		{"another statement behind a name", FreeText, SQL, []string{"lamp;create or replace function waits(int) returns int as '/lib/a.so','sleep' language 'c' strict; select waits(5)--"}},
		{"a condition of equal numbers in parentheses", FreeText, SQL, []string{"lamp and (71=71)*12", "lamp) and (5=5"}},
		{"what the server itself tells", FreeText, SQL, []string{"select @@version", "select @@datadir"}},
		{"a comment up to the end of its line as a space", Unknown, SQL, []string{"lamp)--a\nunion--b\nall--c\nselect--d\nnull,null", "3;select--\n(case--\nwhen--\n(8=8)--\nthen--\n1--\nend)--"}},
		{"a comment that cuts the rest off, with a line below", Unknown, SQL, []string{"lamp'--\n"}},
		{"an exponent without digits", Unknown, SQL, []string{"3 or extractvalue 1.e(7 1.e,concat 1.e('a' 1.e,'b' 1.e) 1.e)", "3' 1.e) union all select 1 1.e,2-- a"}},
		{"a sign of percent before each letter", Unknown, SQL, []string{"%l%a%m%p%' %u%n%i%o%n %s%e%l%e%c%t %1%,%2%-%-", "%3%) %o%r %7%=%7%-%- "}},
		{"blanks of other kinds", Unknown, SQL, []string{"lamp)\x0c\tunion\vall\rselect\x06null,null--\x03x", "lamp)\n\funion\vall\rselect\tnull--\rx"}},
		{"queries and conditions that people tell of", FreeText, None, []string{"Why is (SELECT count(*) FROM orders) so slow?", "anna, (select one) please", "1. Use (SELECT max(id) FROM orders) instead",
			"Tom and Anna = (select group)", "Use `id` or `name` = 'x' in the filter", "SELECT a FROM t WHERE b IN (SELECT c FROM d)", "--\nAnna Brien\nSales", "printf(\"%s %d\\n\", name, n)", "100% of it, 50%off"}},
		{"a whole statement in a disguise", FreeText, SQL, []string{"select\t*\tfrom\tlamps", "SELECT%0a*%0aFROM%0alamps", "/*!50000select*/ * /*!50000from*/ lamps", "SeLeCt * FrOm lamps", "select(name)from(lamps)", "select char(76)+char(65)+char(77)+char(80)"}},
		{"a whole statement as people show it", FreeText, None, []string{"SELECT * FROM lamps", "select name from lamps where id = 5", "SELECT name\nFROM lamps;", "SELECT isOn FROM LampsOfRooms"}},
		{"script that assigns and cuts the rest off", Unknown, NoSQL, []string{"';a=new Date();do{b=new Date();}while(b-a<50);//", "\";x=5;//"}},
		{"a name of a class that a reader makes", Unknown, Deserialization, []string{`{"@c":"com.sun.rowset.JdbcRowSetImpl","a":"b"}`}},
		{"an option that a sentence names", Unknown, None, []string{`Note that "--is-lamp" must come first, as`, "pass it (or '--no-lamp') too", "press all the `*` into one"}},
		{"what looks like an option and cuts off", Unknown, SQL, []string{`lamp "--is-lamp`, `x'--no`, `lamp "-- "`}},
		{"words in quotes", Unknown, None, []string{"Left out 'group' and 'require'", "'for', 'fun', 'function', 'if', 'in', 'include',", `lamps and "dimming" are in combination with others`}},
		{"quotes that close a literal", Unknown, SQL, []string{"x' or 'a'='a", "' or 'a", "'or' and 'a'='a'", "lamp' and 'b' like 'b", `" or "a" like "a`}},
		{"a comparison that goes on, and one of forms of numbers", Unknown, SQL, []string{"7 = 7 or 7", `2="2" or 1`, "lamp' ,iif(binary 82=binary 82,1,1/0) -- x"}},
		{"lines of dashes", Unknown, None, []string{"a title\n-----\nsome text", "notes --\nand more"}},
	} {
		if row.class == None {
			passes(t, row.field, row.texts)
		} else {
			refuses(t, row.field, row.texts, row.class)
		}
	}
}
