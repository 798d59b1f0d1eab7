package markup

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// dropped is what the tests of dropping read by.
const dropped = `
T:
  type: object
  minProperties: 1
  properties:
    id: {type: integer, readOnly: true, xml: {attribute: true}}
    keep: {type: string, xml: {attribute: true}}
    name: {type: string}
    secret: {type: string, writeOnly: true}
    made: {type: array, readOnly: true, items: {type: string}}
    list: {type: array, uniqueItems: true, xml: {wrapped: true}, items: {type: object, xml: {name: item}, properties: {a: {type: string}, stamp: {type: string, readOnly: true}}}}
    child: {type: object, properties: {x: {type: string}}}
    either: {oneOf: [{type: object, required: [a], properties: {a: {type: string}}}, {type: object, required: [b], properties: {b: {type: string}}}]}
`

// What is dropped goes with the white space before it, and what is left is
// judged once more.
func TestDrop(t *testing.T) {
	d := reader(t, dropped)
	rows := []struct{ name, text, want string }{
		{"nothing", `<T><name>x</name></T>`, `<T><name>x</name></T>`},
		{"element", "<T>\n  <name>x</name>\n  <q/>\n</T>", "<T>\n  <name>x</name>\n</T>"},
		{"tree", `<T><q a="1"><r>1</r><r>2</r></q><name/></T>`, `<T><name/></T>`},
		{"repeated", `<T><q>1</q> <q>2</q><name/><q/></T>`, `<T><name/></T>`},
		{"attribute", `<T  a="1" keep="k"  b='2' />`, `<T keep="k" />`},
		{"all-attributes", `<T a="1"><name/></T>`, `<T><name/></T>`},
		{"attribute-of-text", `<T><name lang="en">x</name></T>`, `<T><name>x</name></T>`},
		{"attribute-of-list", `<T><list n="1"/></T>`, `<T><list/></T>`},
		{"attribute-of-nothing", `<T><name lang=""/></T>`, `<T><name/></T>`},
		{"xml-space", `<T xml:space="preserve"><name/></T>`, `<T><name/></T>`},
		{"namespace-stays", `<T xmlns:p="urn:p" p:a="1"><p:q/><name/></T>`, `<T xmlns:p="urn:p"><name/></T>`},
		{"namespace-goes", `<T><p:q xmlns:p="urn:p"/><name/></T>`, `<T><name/></T>`},
		{"stray-item", `<T><list> <x>1</x><item/> <y/></list></T>`, `<T><list><item/></list></T>`},
		{"within-items", `<T><list><item><a>1</a><z/></item><item z="1"/></list></T>`, `<T><list><item><a>1</a></item><item/></list></T>`},
		{"within-dropped", `<T><q><name lang="x">1</name></q><name/></T>`, `<T><name/></T>`},
		{"within-stray-item", `<T><list><x b="1"><y lang="x">1</y></x></list></T>`, `<T><list></list></T>`},
		{"read-only-attribute", `<T id="7" keep=""/>`, `<T keep=""/>`},
		{"read-only-list", `<T><name/> <made>a</made><!-- c --><made>b</made> <child/></T>`, `<T><name/> <child/></T>`},
		{"read-only-in-items", `<T><list><item><stamp>now</stamp><a>1</a></item></list></T>`, `<T><list><item><a>1</a></item></list></T>`},
		{"comments-stay", `<T><!-- a --><q/><!-- b --><name/></T>`, `<T><!-- a --><!-- b --><name/></T>`},
		{"alternatives", `<T><either><b>1</b><c/></either></T>`, `<T><either><b>1</b></either></T>`},
		{"too-little-left", `<T><q/></T>`, ` minProperties: must have at least 1 property`},
		{"equal-after", `<T><list><item><a>1</a></item><item><a>1</a><z/></item></list></T>`, `/list uniqueItems: must not have equal items`},
		{"alternative-after", `<T><either><a>1</a><b>2</b></either></T>`, `/either oneOf: must match only one of the 2 alternatives, but matches several`},
		{"near-name", `<T><Name/></T>`, `/* case: ` + reasons[nearName].want},
		{"malformed-in-dropped", `<T><q>&x;</q><name/></T>`, `/* syntax: ` + reasons[badReference].want},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			st := State{Direction: schema.Request, Undeclared: schema.Drop, Misplaced: schema.Drop}
			got := outcome(d, &st, r.text)
			if st.Left != nil {
				got = string(st.Left)
			}
			if got != r.want {
				t.Errorf("got  %s\nwant %s", got, r.want)
			}
			if cut := string(cut([]byte(r.text), st.Drops)); st.Left != nil && cut != r.want {
				t.Errorf("spans leave %s", cut)
			}
		})
	}
}

// cut returns data without spans, which are in order.
func cut(data []byte, spans []schema.Span) (out []byte) {
	at := uint32(0)
	for _, s := range spans {
		out = append(out, data[at:s.Start]...)
		at = s.End
	}
	return append(out, data[at:]...)
}

// Each policy, in each direction.
func TestPolicies(t *testing.T) {
	d := reader(t, dropped)
	rows := []struct {
		name                  string
		direction             schema.Direction
		undeclared, misplaced schema.Policy
		text, want            string
	}{
		{"refuse-read-only", schema.Request, schema.Drop, schema.Refuse, `<T id="1"/>`, `/id readOnly: must not be sent: it is read-only`},
		{"refuse-write-only", schema.Answer, schema.Drop, schema.Refuse, `<T><secret/></T>`, `/secret writeOnly: must not be in an answer: it is write-only`},
		{"drop-write-only", schema.Answer, schema.Refuse, schema.Drop, `<T id="1"><secret>x</secret></T>`, `{"id":1}`},
		{"keep-write-only", schema.Answer, schema.Refuse, schema.Allow, `<T><secret>x</secret></T>`, `{"secret":"x"}`},
		{"keep-in-a-request", schema.Request, schema.Refuse, schema.Refuse, `<T><secret>x</secret></T>`, `{"secret":"x"}`},
		{"allow-undeclared", schema.Request, schema.Allow, schema.Refuse, `<T a="1"><q/><q/><name b="2"/></T>`, `{"@a":"1","q":"","q[2]":"","name":""}`},
		{"allow-stray-item", schema.Request, schema.Allow, schema.Refuse, `<T><list><x/><item/></list></T>`, `{"list":[{}]}`},
		{"refuse-undeclared", schema.Request, schema.Refuse, schema.Drop, `<T><q/></T>`, ` unevaluatedProperties: has a property that is not declared; declared are: "id", "keep", "name", "secret", "made", "list", "child", "either"`},
		{"refuse-in-text", schema.Request, schema.Refuse, schema.Drop, `<T><name a="1"/></T>`, `/name unevaluatedProperties: ` + reasons[undeclaredAttribute].want},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			st := State{Direction: r.direction, Undeclared: r.undeclared, Misplaced: r.misplaced}
			if got := outcome(d, &st, r.text); got != r.want {
				t.Errorf("got  %s\nwant %s", got, r.want)
			}
		})
	}
}

// Comments of an answer are words that no contract describes.
func TestCommentsOfAnswers(t *testing.T) {
	d := reader(t, dropped)
	const text = "<!-- a -->\n<T> <!-- b --><q><!-- c --></q><list><item/><!-- d --><z/></list> <!-- e -->\n<name>x</name></T><!-- f -->"
	const refused = ` unevaluatedProperties: ` + "has a comment, which no contract describes"
	rows := []struct {
		name       string
		direction  schema.Direction
		undeclared schema.Policy
		text, want string
	}{
		{"drop", schema.Answer, schema.Drop, text, "\n<T><list><item/></list>\n<name>x</name></T>"},
		{"refuse", schema.Answer, schema.Refuse, `<T><name/><!-- a --></T>`, refused},
		{"refuse-before", schema.Answer, schema.Refuse, `<!-- a --><T/>`, refused},
		{"refuse-behind", schema.Answer, schema.Refuse, `<T keep=""/><!-- a -->`, refused},
		{"allow", schema.Answer, schema.Allow, `<!-- a --><T><name/><!-- b --></T>`, `<!-- a --><T><name/><!-- b --></T>`},
		{"request", schema.Request, schema.Refuse, `<!-- a --><T><name/><!-- b --></T>`, `<!-- a --><T><name/><!-- b --></T>`},
		{"text-of-a-comment", schema.Answer, schema.Drop, `<T><name><![CDATA[<!-- a -->]]></name></T>`, `<T><name><![CDATA[<!-- a -->]]></name></T>`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			st := State{Direction: r.direction, Undeclared: r.undeclared, Misplaced: schema.Drop}
			got := outcome(d, &st, r.text)
			if st.Left != nil {
				got = string(st.Left)
			}
			if got != r.want {
				t.Errorf("got  %s\nwant %s", got, r.want)
			}
		})
	}
}

// A document may be mostly of what is dropped, but not of nothing but marks.
func TestManyDrops(t *testing.T) {
	d := reader(t, dropped)
	const many = 10_000
	for _, r := range []struct{ name, short, long string }{
		{"elements", "<q/>", "<q>0123456789012345678901234567890</q>"},
		{"comments", "<!---->", "<!--012345678901234567890123456789-->"},
		{"attributes", `<list a=""/>`, `<list a="01234567890123456789012345"/>`},
		{"stray-items", `<z/>`, `<z>01234567890123456789012345678901</z>`},
		{"within", `<item c=""/>`, `<item c="0123456789"><a>01234567890123456789012345</a></item>`},
	} {
		t.Run(r.name, func(t *testing.T) {
			for _, c := range []struct {
				text string
				ok   bool
			}{{r.short, false}, {r.long, true}} {
				body := strings.Repeat(c.text, many)
				switch r.name {
				case "stray-items", "within":
					body = "<T><list>" + body + "</list></T>"
				case "attributes":
					body = "<T><q>" + body + "</q><name/></T>"
				default:
					body = "<T>" + body + "<name/></T>"
				}
				st := State{Direction: schema.Answer, Undeclared: schema.Drop, Misplaced: schema.Drop}
				got := outcome(d, &st, body)
				if refused := strings.Contains(got, " budget: "); refused == c.ok {
					t.Errorf("%s: %.100s", c.text, got)
				}
			}
		})
	}
}
