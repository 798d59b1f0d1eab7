package schema

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Names that differ from a known one in case only are refused in open objects
// and under every policy; what any part of the schema knows is in order.
func TestNamesInOtherCase(t *testing.T) {
	const (
		open         = `{"properties":{"admin":{"const":false},"status":{},"k":{}},"additionalProperties":true}`
		many         = `{"properties":{"a":{},"b":{},"c":{},"d":{},"e":{},"f":{},"admin":{},"Straße":{},"status":{},"Ⱥ":{}},"additionalProperties":{"type":"boolean"}}`
		closed       = `{"properties":{"admin":{"const":false}}}`
		parts        = `{"allOf":[{"properties":{"admin":{}}},{"type":"object","additionalProperties":true}]}`
		both         = `{"allOf":[{"properties":{"admin":{}},"additionalProperties":true},{"properties":{"Admin":{}},"additionalProperties":true}]}`
		alternatives = `{"anyOf":[{"properties":{"id":{"type":"integer"}},"additionalProperties":true},{"properties":{"ID":{"type":"string"}},"additionalProperties":true}]}`
	)
	rows := []struct {
		name, schema, doc string
		want              [3]string // under Refuse, Drop, Allow
	}{
		{"open", open, `{"admin":false,"Admin":true}`, [3]string{"case", "case", "case"}},
		{"open-alone", open, `{"ADMIN":true}`, [3]string{"case", "case", "case"}},
		{"open-as-declared", open, `{"admin":false,"administrator":true,"admi":1,"x":1}`, [3]string{}},
		{"open-escaped", open, `{"\u0041dmin":true}`, [3]string{"case", "case", "case"}},
		{"open-declared-escaped", open, `{"\u0061dmin":false}`, [3]string{}},
		{"open-long-s", open, `{"ſtatus":1}`, [3]string{"case", "case", "case"}},
		{"open-long-s-escaped", open, `{"statu\u017f":1}`, [3]string{"case", "case", "case"}},
		{"open-kelvin-sign", open, `{"\u212a":1}`, [3]string{"case", "case", "case"}},
		{"open-dotted-capital-i", open, `{"adm\u0130n":1}`, [3]string{}},
		{"many", many, `{"Admin":true}`, [3]string{"case", "case", "case"}},
		{"many-long-s", many, `{"\u017fTATUS":true}`, [3]string{"case", "case", "case"}},
		{"many-other-length", many, `{"ⱥ":true}`, [3]string{"case", "case", "case"}},
		{"many-full-folding-is-another-name", many, `{"STRASSE":true}`, [3]string{}},
		{"many-capital-sharp-s", many, `{"STRAẞE":true}`, [3]string{"case", "case", "case"}},
		{"many-other-name", many, `{"Admins":true}`, [3]string{}},
		{"closed", closed, `{"Admin":true}`, [3]string{undeclared, "case", "case"}},
		{"closed-by-false", `{"properties":{"admin":{}},"additionalProperties":false}`, `{"Admin":true}`, [3]string{"additionalProperties", "additionalProperties", "additionalProperties"}},
		{"required-only", `{"required":["admin"]}`, `{"admin":1,"Admin":2}`, [3]string{"case", "case", "case"}},
		{"pattern-declares", `{"properties":{"admin":{}},"patternProperties":{"^A":{}}}`, `{"Admin":true}`, [3]string{}},
		{"pattern-of-others", `{"properties":{"admin":{}},"patternProperties":{"^x":{}},"additionalProperties":true}`, `{"Admin":true}`, [3]string{"case", "case", "case"}},
		{"unevaluated-open", `{"properties":{"admin":{}},"unevaluatedProperties":true}`, `{"Admin":true}`, [3]string{"case", "case", "case"}},
		{"unevaluated-schema", `{"allOf":[{"properties":{"admin":{}}}],"unevaluatedProperties":{"type":"boolean"}}`, `{"Admin":true}`, [3]string{"case", "case", "case"}},
		{"nested", `{"properties":{"p":` + open + `}}`, `{"p":{"Admin":true}}`, [3]string{"case", "case", "case"}},
		{"items", `{"items":` + open + `}`, `[{},{"Admin":true}]`, [3]string{"case", "case", "case"}},
		{"a-later-alternative-knows-it", alternatives, `{"ID":"x"}`, [3]string{}},
		{"each-alternative-knows-one", alternatives, `{"id":1,"ID":"y"}`, [3]string{}},
		{"the-alternative-that-knows-it-fails", alternatives, `{"ID":2}`, [3]string{"case", "case", "case"}},
		{"part-opens", parts, `{"Admin":true}`, [3]string{"case", "case", "case"}},
		{"part-opens-as-declared", parts, `{"admin":true,"x":1}`, [3]string{}},
		{"parts-know-both", both, `{"admin":1,"Admin":2}`, [3]string{}},
		{"parts-know-both-other", both, `{"ADMIN":1}`, [3]string{"case", "case", "case"}},
		{"part-requires-it-so", `{"allOf":[` + open + `,{"required":["Admin"]}]}`, `{"Admin":1}`, [3]string{}},
		{"branch-that-failed-has-no-say", `{"anyOf":[{"properties":{"admin":{},"k":{"const":1}},"required":["k"],"additionalProperties":true},{"type":"object"}]}`, `{"Admin":true,"k":2}`, [3]string{}},
		{"branches-with-and-without", `{"oneOf":[{"properties":{"admin":{}},"additionalProperties":false},{"properties":{"Admin":{}},"additionalProperties":false}]}`, `{"Admin":true}`, [3]string{}},
		{"in-not", `{"not":{"properties":{"admin":{"const":1}},"required":["admin"]}}`, `{"Admin":1}`, [3]string{}},
		{"no-names", `{"type":"object"}`, `{"Admin":1,"admin":2}`, [3]string{}},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := compile(t, r.schema, Options{})
			for policy, want := range r.want {
				st := State{Undeclared: Policy(policy)}
				ok := s.Read(&st, []byte(r.doc))
				if got := st.Fault().Keyword; got != want || ok != (want == "") {
					t.Errorf("policy %d: got %v %+v, want %q", policy, ok, st.Fault(), want)
				}
				if strings.Contains(st.Fault().Pointer+st.Fault().Want, "Admin") {
					t.Errorf("%+v holds what the sender wrote", st.Fault())
				}
			}
		})
	}
	var st State
	if !compile(t, open, Options{Pure: true}).Read(&st, []byte(`{"admin":false,"Admin":true}`)) {
		t.Errorf("pure mode refuses: %+v", st.Fault())
	}
}

// Two characters are the same exactly when Unicode's simple folding says so.
func TestFolding(t *testing.T) {
	n := 0
	for r := range rune(0x20000) { // beyond it nothing folds
		text := utf8.AppendRune(nil, r)
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			n++
			if other := utf8.AppendRune(nil, next); !equalFold(text, string(other)) || hashFolded(text) != hashFolded(other) {
				t.Fatalf("%q and %q are not the same", r, next)
			}
		}
		for _, other := range []string{"a", "s", "S", "é", "x"} {
			if equalFold(text, other) != strings.EqualFold(string(text), other) {
				t.Fatalf("%q and %q", r, other)
			}
		}
	}
	if n < 1000 {
		t.Errorf("only %d pairs", n)
	}
}
