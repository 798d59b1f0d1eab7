package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// closed rows: what Refuse says, and what Drop leaves of the document.
type closedRow struct {
	name   string
	schema string
	doc    string
	want   string // keyword under Refuse
	left   string // document without the dropped spans, "" when it is refused all the same
}

const undeclared = "unevaluatedProperties"

func TestClosed(t *testing.T) {
	rows := []closedRow{
		{"named", `{"properties":{"a":{}}}`, `{"a":1,"b":2}`, undeclared, `{"a":1,}`},
		{"named-first", `{"properties":{"a":{}}}`, `{"b":2,"a":1}`, undeclared, `{,"a":1}`},
		{"named-only", `{"properties":{"a":{}}}`, `{"a":1}`, "", `{"a":1}`},
		{"empty-schema-open", `{}`, `{"b":2}`, "", `{"b":2}`},
		{"bare-object-open", `{"type":"object"}`, `{"b":2}`, "", `{"b":2}`},
		{"required-alone-open", `{"required":["b"]}`, `{"b":2,"c":3}`, "", `{"b":2,"c":3}`},
		{"empty-properties-open", `{"properties":{}}`, `{"b":2}`, "", `{"b":2}`},
		{"additional-true", `{"properties":{"a":{}},"additionalProperties":true}`, `{"b":2}`, "", `{"b":2}`},
		{"additional-schema", `{"properties":{"a":{}},"additionalProperties":{"type":"string"}}`, `{"b":2}`, "type", ""},
		{"additional-false", `{"properties":{"a":{}},"additionalProperties":false}`, `{"b":2}`, "additionalProperties", ""},
		{"unevaluated-true", `{"properties":{"a":{}},"unevaluatedProperties":true}`, `{"b":2}`, "", `{"b":2}`},
		{"unevaluated-false", `{"properties":{"a":{}},"unevaluatedProperties":false}`, `{"b":2}`, undeclared, ""},
		{"required-but-undeclared", `{"properties":{"a":{}},"required":["b"]}`, `{"a":1,"b":2}`, undeclared, `{"a":1,}`},
		{"pattern-names", `{"patternProperties":{"^x-":{}}}`, `{"x-a":1,"b":2}`, undeclared, `{"x-a":1,}`},
		{"case-folded", `{"properties":{"status":{}}}`, `{"Status":1}`, undeclared, ""},
		{"kelvin-sign", `{"properties":{"k":{}}}`, `{"K":1}`, undeclared, ""},
		{"escaped-name", `{"properties":{"a":{}}}`, `{"\u0061":1}`, "", `{"\u0061":1}`},

		{"nested", `{"properties":{"p":{"properties":{"a":{}}}}}`, `{"p":{"a":1,"b":2}}`, undeclared, `{"p":{"a":1,}}`},
		{"nested-open", `{"properties":{"p":{"type":"object"}}}`, `{"p":{"b":2}}`, "", `{"p":{"b":2}}`},
		{"items", `{"items":{"properties":{"a":{}}}}`, `[{"a":1},{"b":2}]`, undeclared, `[{"a":1},{}]`},
		{"below-additional", `{"additionalProperties":{"properties":{"a":{}}}}`, `{"x":{"b":1}}`, undeclared, `{"x":{}}`},

		{"all-of-union", `{"allOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}`, `{"a":1,"b":2}`, "", `{"a":1,"b":2}`},
		{"all-of-other", `{"allOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}`, `{"a":1,"b":2,"c":3}`, undeclared, `{"a":1,"b":2,}`},
		{"all-of-and-own", `{"allOf":[{"properties":{"a":{}}}],"properties":{"b":{}}}`, `{"a":1,"b":2}`, "", `{"a":1,"b":2}`},
		{"all-of-and-own-other", `{"allOf":[{"properties":{"a":{}}}],"properties":{"b":{}}}`, `{"c":1}`, undeclared, `{}`},
		{"all-of-bare-stays-closed", `{"allOf":[{"properties":{"a":{}}},{"type":"object"}]}`, `{"b":1}`, undeclared, `{}`},
		{"all-of-open-part", `{"allOf":[{"properties":{"a":{}}},{"additionalProperties":true}]}`, `{"b":1}`, "", `{"b":1}`},
		{"all-of-outer-unevaluated-true", `{"allOf":[{"properties":{"a":{}}}],"unevaluatedProperties":true}`, `{"b":1}`, "", `{"b":1}`},
		{"all-of-required-only", `{"allOf":[{"properties":{"a":{}}},{"required":["a"]}]}`, `{"a":1}`, "", `{"a":1}`},
		{"ref", `{"$defs":{"x":{"properties":{"a":{}}}},"$ref":"#/$defs/x"}`, `{"b":1}`, undeclared, `{}`},
		{"ref-and-own", `{"$defs":{"x":{"properties":{"a":{}}}},"$ref":"#/$defs/x","properties":{"b":{}}}`, `{"a":1,"b":1}`, "", `{"a":1,"b":1}`},

		{"one-of-branch", `{"oneOf":[{"properties":{"a":{}},"required":["a"]},{"properties":{"b":{}},"required":["b"]}]}`, `{"a":1}`, "", `{"a":1}`},
		{"one-of-other-branch-name", `{"oneOf":[{"properties":{"a":{}},"required":["a"]},{"properties":{"b":{"type":"string"}},"required":["b"]}]}`, `{"a":1,"b":2}`, undeclared, `{"a":1,}`},
		// Both branches match, closed or not: closing must not make one fail.
		{"one-of-not-disambiguated", `{"oneOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}`, `{"a":1}`, "oneOf", ""},
		{"one-of-nested-not-disambiguated", `{"oneOf":[{"properties":{"p":{"properties":{"a":{}}}}},{"properties":{"p":{"properties":{"b":{}}}}}]}`, `{"p":{"a":1}}`, "oneOf", ""},
		{"any-of-union", `{"anyOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}`, `{"a":1,"b":2}`, "", `{"a":1,"b":2}`},
		{"any-of-failed-branch", `{"anyOf":[{"properties":{"a":{}}},{"properties":{"b":{"type":"string"}}}]}`, `{"a":1,"b":2}`, undeclared, `{"a":1,}`},
		{"any-of-bare", `{"anyOf":[{"properties":{"a":{"type":"string"}}},{"type":"object"}]}`, `{"a":1,"b":2}`, "", `{"a":1,"b":2}`},
		{"any-of-null", `{"anyOf":[{"properties":{"a":{}}},{"type":"null"}]}`, `{"b":1}`, undeclared, `{}`},

		{"not-keeps-match", `{"not":{"properties":{"a":{"type":"string"}},"required":["a"]},"type":"object"}`, `{"b":1}`, "", `{"b":1}`},
		{"not-not-closed", `{"not":{"properties":{"a":{}}}}`, `{"b":1}`, "not", ""},
		{"if-holds", `{"properties":{"a":{}},"if":{"properties":{"k":{"const":1}},"required":["k"]},"then":{"properties":{"x":{}}},"else":{"properties":{"y":{}}}}`, `{"k":1,"x":1}`, "", `{"k":1,"x":1}`},
		{"if-fails", `{"properties":{"a":{},"k":{}},"if":{"properties":{"k":{"const":1}},"required":["k"]},"then":{"properties":{"x":{}}},"else":{"properties":{"y":{}}}}`, `{"k":2,"x":1}`, undeclared, `{"k":2,}`},
		{"if-not-closed", `{"if":{"properties":{"k":{}}},"then":{"required":["z"]}}`, `{"k":2,"x":1}`, "required", ""},
		{"dependent-schemas", `{"properties":{"a":{}},"dependentSchemas":{"a":{"properties":{"b":{}}}}}`, `{"a":1,"b":2}`, "", `{"a":1,"b":2}`},
		{"dependent-schemas-idle", `{"properties":{"a":{}},"dependentSchemas":{"a":{"properties":{"b":{}}}}}`, `{"b":2}`, undeclared, `{}`},
		{"dependent-schemas-alone", `{"dependentSchemas":{"bar":{"properties":{"foo":{}}}}}`, `{"bar":1,"foo":2}`, undeclared, `{,"foo":2}`},
		{"dependent-schemas-alone-idle", `{"dependentSchemas":{"bar":{"properties":{"foo":{}}}}}`, `{"ab":"a"}`, undeclared, `{}`},
		{"dependent-schemas-open-idle", `{"dependentSchemas":{"bar":{"properties":{"foo":{}}}},"additionalProperties":true}`, `{"ab":"a"}`, "", `{"ab":"a"}`},
		{"dependent-schemas-bare-idle", `{"dependentSchemas":{"bar":{"required":["foo"]}}}`, `{"ab":"a"}`, "", `{"ab":"a"}`},
		{"if-without-else-fails", `{"if":{"required":["k"]},"then":{"properties":{"x":{}}}}`, `{"z":1}`, undeclared, `{}`},
		{"if-without-then-holds", `{"if":{"required":["k"]},"else":{"properties":{"x":{}}}}`, `{"k":1}`, undeclared, `{}`},
		{"if-with-bare-else-fails", `{"if":{"required":["k"]},"then":{"properties":{"x":{}}},"else":true}`, `{"z":1}`, "", `{"z":1}`},
		{"contains-not-closed", `{"contains":{"properties":{"a":{"type":"integer"}},"required":["a"]}}`, `[{"a":1,"b":2}]`, "", `[{"a":1,"b":2}]`},

		// One place of the document, described twice: the union counts.
		{"overlay", `{"allOf":[{"properties":{"p":{"properties":{"a":{}}}}},{"properties":{"p":{"properties":{"b":{}}}}}]}`, `{"p":{"a":1,"b":2}}`, "", `{"p":{"a":1,"b":2}}`},
		{"overlay-other", `{"allOf":[{"properties":{"p":{"properties":{"a":{}}}}},{"properties":{"p":{"properties":{"b":{}}}}}]}`, `{"p":{"a":1,"c":2}}`, undeclared, `{"p":{"a":1,}}`},
		{"overlay-open", `{"allOf":[{"properties":{"p":{"properties":{"a":{}}}}},{"properties":{"p":{"additionalProperties":true}}}]}`, `{"p":{"c":2}}`, "", `{"p":{"c":2}}`},
		{"overlay-bare", `{"allOf":[{"properties":{"p":{"properties":{"a":{}}}}},{"properties":{"p":{"type":"object"}}}]}`, `{"p":{"c":2}}`, undeclared, `{"p":{}}`},
		{"overlay-items", `{"allOf":[{"properties":{"l":{"items":{"properties":{"a":{}}}}}},{"properties":{"l":{"items":{"properties":{"b":{}}}}}}]}`, `{"l":[{"a":1,"b":1},{"b":1}]}`, "", `{"l":[{"a":1,"b":1},{"b":1}]}`},
		{"overlay-deep", `{"allOf":[{"properties":{"p":{"properties":{"q":{"properties":{"a":{}}}}}}},{"properties":{"p":{"properties":{"q":{"properties":{"b":{}}}}}}}]}`, `{"p":{"q":{"a":1,"b":2}}}`, "", `{"p":{"q":{"a":1,"b":2}}}`},
		{"overlay-deep-other", `{"allOf":[{"properties":{"p":{"properties":{"q":{"properties":{"a":{}}}}}}},{"properties":{"p":{"properties":{"q":{"properties":{"b":{}}}}}}}]}`, `{"p":{"q":{"a":1,"z":2}}}`, undeclared, `{"p":{"q":{"a":1,}}}`},
		{"overlay-pattern", `{"properties":{"p":{"properties":{"a":{}}}},"patternProperties":{"^p":{"properties":{"b":{}}}}}`, `{"p":{"a":1,"b":2}}`, "", `{"p":{"a":1,"b":2}}`},
		{"overlay-pattern-other", `{"properties":{"p":{"properties":{"a":{}}}},"patternProperties":{"^p":{"properties":{"b":{}}}}}`, `{"p":{"a":1,"c":2}}`, undeclared, `{"p":{"a":1,}}`},
		{"overlay-two-patterns", `{"patternProperties":{"^p":{"properties":{"b":{}}},"q$":{"properties":{"a":{}}}}}`, `{"pq":{"a":1,"b":2}}`, "", `{"pq":{"a":1,"b":2}}`},
		{"overlay-condition", `{"properties":{"p":{"properties":{"a":{}}}},"if":{"required":["k"]},"then":true,"else":{"properties":{"p":{"properties":{"b":{}}}}}}`, `{"p":{"a":1,"b":2}}`, "", `{"p":{"a":1,"b":2}}`},
		{"branch-nested-other", `{"oneOf":[{"properties":{"k":{"const":1},"p":{"properties":{"a":{}}}},"required":["k"]},{"properties":{"k":{"const":2}},"required":["k"]}]}`, `{"k":1,"p":{"a":1,"b":2}}`, undeclared, `{"k":1,"p":{"a":1,}}`},
		{"failed-branch-leaves-no-vote", `{"oneOf":[{"properties":{"p":{"properties":{"a":{}}},"k":{"const":1}}},{"properties":{"p":{"properties":{"b":{}}},"k":{"const":2}}}]}`, `{"p":{"b":1},"k":2}`, "", `{"p":{"b":1},"k":2}`},
		{"undeclared-with-content", `{"properties":{"a":{}}}`, `{"b":{"x":[1,{"y":"z"}]},"a":1}`, undeclared, `{,"a":1}`},
		{"several-dropped", `{"properties":{"a":{}}}`, `{"x":1,"a":1,"y":2,"z":3}`, undeclared, `{,"a":1,,}`},
		{"dynamic-tree", `{"$id":"https://example.com/tree","$dynamicAnchor":"node","properties":{"v":{},"kids":{"items":{"$dynamicRef":"#node"}}}}`, `{"v":1,"kids":[{"v":1,"w":2}]}`, undeclared, `{"v":1,"kids":[{"v":1,}]}`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := compile(t, r.schema, Options{})
			var st State
			ok := s.Read(&st, []byte(r.doc))
			if got := st.Fault().Keyword; got != r.want || ok != (r.want == "") {
				t.Errorf("refuse: got %v %+v, want %q", ok, st.Fault(), r.want)
			}
			st = State{Undeclared: Drop}
			if ok := s.Read(&st, []byte(r.doc)); !ok && r.left != "" || ok && cut(r.doc, st.Spans) != r.left {
				t.Errorf("drop: got %v %s, want %s; %+v", ok, cut(r.doc, st.Spans), r.left, st.Fault())
			}
			st = State{Undeclared: Allow}
			if ok := s.Read(&st, []byte(r.doc)); ok != (r.left != "") || len(st.Spans) > 0 {
				t.Errorf("allow: got %v %v", ok, st.Spans)
			}
		})
	}
}

// cut cuts the dropped spans out of doc.
func cut(doc string, spans []Span) string {
	var b strings.Builder
	at := 0
	for _, s := range spans {
		if s.Tag == TagDrop {
			b.WriteString(doc[at:s.Start])
			at = int(s.End)
		}
	}
	return b.String() + doc[at:]
}

// A document may be mostly of what is dropped, but not of nothing but names.
func TestManyDrops(t *testing.T) {
	rows := []struct{ name, schema string }{
		{"closed", `{"items":{"properties":{"a":{}}}}`},
		{"write-only", `{"items":{"properties":{"":{"writeOnly":true}}}}`},
		{"votes", `{"items":{"allOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}}`},
		{"unevaluated", `{"items":{"anyOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}}`},
		{"secrets-in-parts", `{"items":{"allOf":[{"properties":{"":{"writeOnly":true}}},{"properties":{"a":{}}}]}}`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := compile(t, r.schema, Options{})
			for _, c := range []struct {
				value string
				ok    bool
			}{{"1", false}, {strings.Repeat("1", 32), true}} {
				doc := "[" + strings.Repeat(`{"":`+c.value+`},`, 10_000) + "{}]"
				st := State{Direction: Answer, Undeclared: Drop, Misplaced: Drop}
				ok := s.Read(&st, []byte(doc))
				if ok != c.ok || !ok && st.Fault().Keyword != "budget" || ok && len(st.Spans) != 10_000 {
					t.Errorf("%s: %v %+v, %d spans", c.value, ok, st.Fault(), len(st.Spans))
				}
			}
		})
	}
}

func TestDirections(t *testing.T) {
	const schema = `{"properties":{"id":{"type":"integer","readOnly":true},"password":{"type":"string","writeOnly":true},"name":{"type":"string"}},
		"required":["id","password","name"]}`
	const split = `{"allOf":[{"properties":{"id":{"readOnly":true},"name":{}}},{"required":["id","name"]}]}`
	rows := []struct {
		name, schema, doc       string
		request, answer         string // keywords
		requestLeft, answerLeft string // under Drop
	}{
		{"nothing-misplaced-in-request", schema, `{"password":"x","name":"n"}`, "", "writeOnly", `{"password":"x","name":"n"}`, ""},
		{"nothing-misplaced-in-answer", schema, `{"id":1,"name":"n"}`, "readOnly", "", "", `{"id":1,"name":"n"}`},
		{"both", schema, `{"id":1,"password":"x","name":"n"}`, "readOnly", "writeOnly", `{,"password":"x","name":"n"}`, `{"id":1,,"name":"n"}`},
		{"read-only-of-wrong-type", schema, `{"id":{"a":1},"password":"x","name":"n"}`, "readOnly", "type", `{,"password":"x","name":"n"}`, ""},
		{"required-elsewhere", split, `{"name":"n"}`, "", "required", `{"name":"n"}`, ""},
		{"required-elsewhere-answer", split, `{"name":"n","id":2}`, "readOnly", "", `{"name":"n",}`, `{"name":"n","id":2}`},
		{"through-ref", `{"$defs":{"x":{"readOnly":true}},"properties":{"a":{"$ref":"#/$defs/x"},"b":{}}}`, `{"a":1,"b":2}`, "readOnly", "", `{,"b":2}`, `{"a":1,"b":2}`},
		{"beside-all-of", `{"$defs":{"x":{"type":"integer"}},"properties":{"a":{"allOf":[{"$ref":"#/$defs/x"}],"readOnly":true},"b":{}}}`, `{"a":1,"b":2}`, "readOnly", "", `{,"b":2}`, `{"a":1,"b":2}`},
		{"in-branch", `{"oneOf":[{"properties":{"k":{"const":1},"a":{"readOnly":true}}},{"properties":{"k":{"const":2},"a":{}}}]}`, `{"k":2,"a":1}`, "", "", `{"k":2,"a":1}`, `{"k":2,"a":1}`},
		{"in-branch-misplaced", `{"oneOf":[{"properties":{"k":{"const":1},"a":{"readOnly":true}}},{"properties":{"k":{"const":2},"a":{}}}]}`, `{"k":1,"a":1}`, "readOnly", "", `{"k":1,}`, `{"k":1,"a":1}`},
		{"or-null", `{"$defs":{"x":{"type":"string","writeOnly":true}},"properties":{"a":{"anyOf":[{"$ref":"#/$defs/x"},{"type":"null"}]},"b":{}},"required":["a"]}`, `{"a":"1","b":2}`, "", "writeOnly", `{"a":"1","b":2}`, `{,"b":2}`},
		{"or-null-deeper", `{"properties":{"a":{"allOf":[{"oneOf":[{"type":"null"},{"anyOf":[{"type":"string","readOnly":true},{"type":"integer","readOnly":true}]}]}]},"b":{}},"required":["a"]}`, `{"a":1,"b":2}`, "readOnly", "", `{,"b":2}`, `{"a":1,"b":2}`},
		{"one-alternative-is-a-secret", `{"properties":{"a":{"anyOf":[{"type":"integer"},{"type":"string","writeOnly":true}]},"b":{}}}`, `{"a":"1","b":2}`, "", "writeOnly", `{"a":"1","b":2}`, `{,"b":2}`},
		{"one-alternative-is-not-asked-for", `{"properties":{"a":{"anyOf":[{"type":"integer"},{"type":"string","readOnly":true}]},"b":{}}}`, `{"a":1,"b":2}`, "", "", `{"a":1,"b":2}`, `{"a":1,"b":2}`},
		{"map-of-secrets", `{"properties":{"b":{}},"additionalProperties":{"type":"string","writeOnly":true}}`, `{"a":"1","b":2}`, "", "writeOnly", `{"a":"1","b":2}`, `{,"b":2}`},
		{"map-of-read-only", `{"additionalProperties":{"properties":{"x":{}},"readOnly":true}}`, `{"a":{"x":1}}`, "readOnly", "", `{}`, `{"a":{"x":1}}`},
		{"secrets-by-pattern", `{"properties":{"b":{}},"patternProperties":{"^s":{"writeOnly":true},"^se":{"properties":{"x":{}}}}}`, `{"se":{"x":1},"s":"1","b":2}`, "", "writeOnly", `{"se":{"x":1},"s":"1","b":2}`, `{,,"b":2}`},
		{"nested", `{"properties":{"p":{"properties":{"id":{"readOnly":true}}}}}`, `{"p":{"id":1}}`, "readOnly", "", `{"p":{}}`, `{"p":{"id":1}}`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := compile(t, r.schema, Options{})
			for _, way := range []struct {
				direction  Direction
				want, left string
			}{{Request, r.request, r.requestLeft}, {Answer, r.answer, r.answerLeft}} {
				st := State{Direction: way.direction}
				ok := s.Read(&st, []byte(r.doc))
				if got := st.Fault().Keyword; got != way.want || ok != (way.want == "") {
					t.Errorf("direction %d: got %v %+v, want %q", way.direction, ok, st.Fault(), way.want)
				}
				st = State{Direction: way.direction, Misplaced: Drop}
				if ok := s.Read(&st, []byte(r.doc)); ok != (way.left != "") || ok && cut(r.doc, st.Spans) != way.left {
					t.Errorf("direction %d: got %v %s, want %s; %+v", way.direction, ok, cut(r.doc, st.Spans), way.left, st.Fault())
				}
			}
			st := State{}
			if !s.Read(&st, []byte(r.doc)) && st.Fault().Keyword != "required" && st.Fault().Keyword != "type" {
				t.Errorf("without direction: %+v", st.Fault())
			}
		})
	}
}

// Tagged spans hold the accepted values, in the order of their ends.
func TestSpans(t *testing.T) {
	tags := func(n *source.Node) []Tag {
		v, ok := n.Get("x-tag").Int()
		if !ok {
			return nil
		}
		return []Tag{Tag(v)}
	}
	rows := []struct{ name, schema, doc, want string }{
		{"scalar", `{"type":"string","x-tag":1}`, ` "abc" `, `1="abc"`},
		{"members", `{"properties":{"a":{"x-tag":1},"b":{"x-tag":2}}}`, `{"b":[1, 2],"a":"x"}`, `2=[1, 2] 1="x"`},
		{"inner-before-outer", `{"x-tag":1,"properties":{"a":{"x-tag":2}}}`, `{"a":5}`, `2=5 1={"a":5}`},
		{"ref-and-target", `{"$defs":{"x":{"type":"integer","x-tag":2}},"properties":{"a":{"$ref":"#/$defs/x","x-tag":1}}}`, `{"a":5}`, `1=5 2=5`},
		{"failed-branch", `{"properties":{"p":{"anyOf":[{"properties":{"a":{"x-tag":1},"b":{"type":"string"}}},{"properties":{"a":{"x-tag":2},"b":{}}}]}}}`, `{"p":{"a":1,"b":2}}`, `2=1`},
		{"all-branches-that-match", `{"anyOf":[{"type":"string","x-tag":1},{"minLength":1,"x-tag":2}]}`, `"ab"`, `1="ab" 2="ab"`},
		{"once", `{"allOf":[{"properties":{"a":{"x-tag":1}}},{"properties":{"a":{"x-tag":1}}}]}`, `{"a":5}`, `1=5`},
		{"not-in-not", `{"not":{"required":["zz"],"properties":{"a":{"x-tag":1}}}}`, `{"a":5}`, ``},
		{"sorted", `{"properties":{"a":{"x-tag":3}},"allOf":[{"properties":{"b":{"x-tag":1}}}]}`, `{"b":1,"a":2}`, `1=1 3=2`},
		{"nothing-within-dropped", `{"properties":{"a":{"readOnly":true,"x-tag":3,"properties":{"b":{"x-tag":2}}}}}`, `{"a":{"b":1,"c":2}}`, `0="a":{"b":1,"c":2}`},
		{"nothing-within-dropped-overlay", `{"allOf":[{"properties":{"a":{"properties":{"b":{"x-tag":2}}}}},{"properties":{"a":{"readOnly":true,"properties":{"b":{"x-tag":3}}},"d":{"x-tag":4}}}]}`,
			`{"a":{"b":1,"c":2},"d":5}`, `0="a":{"b":1,"c":2} 4=5`},
		{"drop-whole-member", `{"properties":{"a":{"x-tag":3}}}`, `{ "zz" : [1] , "a":2}`, `0="zz" : [1] 3=2`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := compile(t, r.schema, Options{Tags: tags})
			st := State{Direction: Request, Undeclared: Drop, Misplaced: Drop}
			if !s.Read(&st, []byte(r.doc)) {
				t.Fatalf("%+v", st.Fault())
			}
			var got []string
			for _, span := range st.Spans {
				got = append(got, fmt.Sprintf("%d=%s", span.Tag, r.doc[span.Start:span.End]))
			}
			if strings.Join(got, " ") != r.want {
				t.Errorf("got %s, want %s", strings.Join(got, " "), r.want)
			}
		})
	}
}
