package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// TestTexts reads documents with tags of strings: the one pass says where each
// string stands that is described, or that nothing describes.
func TestTexts(t *testing.T) {
	tags := func(n *source.Node) []Tag {
		v, ok := n.Get("x-tag").Int()
		switch {
		case !ok:
			return nil
		case v < 100:
			return []Tag{Tag(v)}
		}
		return []Tag{FirstText + Tag(v)}
	}
	rows := []struct{ name, schema, doc, want string }{
		{"described", `{"properties":{"a":{"type":"string","x-tag":100},"b":{"type":"string","enum":["x"]}}}`, `{"a":"t","b":"x"}`, `100="t"`},
		{"strings-alone", `{"properties":{"a":{"x-tag":100},"b":{"x-tag":100}}}`, `{"a":5,"b":{"c":"t"}}`, `name="c" loose="t"`},
		{"both-kinds", `{"properties":{"a":{"type":"string","x-tag":100},"b":{"x-tag":7}}}`, `{"a":"t","b":5}`, `100="t" 7=5`},
		{"anything", `{}`, `{"a":["b",{"c":"d"}],"e":1}`, `name="a" loose="b" name="c" loose="d" name="e"`},
		{"bare-object", `{"type":"object"}`, `{"a":"b"}`, `name="a" loose="b"`},
		{"bare-array", `{"type":"array"}`, `["b"]`, `loose="b"`},
		{"true", `{"properties":{"a":true}}`, `{"a":"b"}`, `loose="b"`},
		{"additional-open", `{"properties":{"a":{"type":"integer"}},"additionalProperties":true}`, `{"a":1,"b":"c"}`, `name="b" loose="c"`},
		{"additional-described", `{"additionalProperties":{"type":"string","x-tag":100}}`, `{"b":"c"}`, `name="b" 100="c"`},
		{"pattern-properties", `{"patternProperties":{"^x":{"type":"string","x-tag":100}},"additionalProperties":false}`, `{"xy":"c"}`, `name="xy" 100="c"`},
		{"beyond-prefix", `{"prefixItems":[{"type":"integer"}]}`, `[1,"b"]`, `loose="b"`},
		{"dropped", `{"properties":{"a":{"type":"string","x-tag":100}}}`, `{"z":["q"],"a":"t"}`, `drop="z":["q"] 100="t"`},
		{"dropped-nested", `{"properties":{"o":{"properties":{"a":{"type":"string","x-tag":100}}}}}`, `{"o":{"a":"t","z":{"y":"q"}}}`, `100="t" drop="z":{"y":"q"}`},
		{"not-a-condition", `{"not":{"required":["zz"],"properties":{"a":{"type":"string","x-tag":100}}}}`, `{"a":"t"}`, `name="a" loose="t"`},
		{"failed-branch", `{"anyOf":[{"type":"string","maxLength":1,"x-tag":100},{"type":"string","x-tag":101}]}`, `"long"`, `101="long"`},
		{"first-branch-is-enough", `{"anyOf":[{"type":"string","x-tag":100},{"type":"string","x-tag":101}]}`, `"t"`, `100="t"`},
		{"reference", `{"$defs":{"x":{"type":"string","x-tag":100}},"properties":{"a":{"$ref":"#/$defs/x"}}}`, `{"a":"t"}`, `100="t"`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := compile(t, r.schema, Options{Tags: tags, Loose: true})
			if !s.Hears() {
				t.Error("does not say that it hears")
			}
			st := State{Direction: Request, Undeclared: Drop, Misplaced: Drop}
			if got := told(t, s, &st, r.doc); got != r.want {
				t.Errorf("got %s, want %s", got, r.want)
			}
			st = State{Direction: Answer, Undeclared: Drop, Misplaced: Drop}
			for word := range strings.FieldsSeq(told(t, s, &st, r.doc)) {
				if !strings.HasPrefix(word, "7=") && !strings.HasPrefix(word, "drop=") && !strings.HasPrefix(r.name, "dropped") {
					t.Errorf("of an answer: %s", word)
				}
			}
		})
	}
}

func told(t *testing.T, s *Schema, st *State, doc string) string {
	t.Helper()
	if !s.Read(st, []byte(doc)) {
		t.Fatalf("%+v", st.Fault())
	}
	var got []string
	for _, span := range st.Spans {
		name := fmt.Sprint(span.Tag)
		switch {
		case span.Tag == TagLoose:
			name = "loose"
		case span.Tag == TagName:
			name = "name"
		case span.Tag == TagDrop:
			name = "drop"
		case span.Tag >= FirstText:
			name = fmt.Sprint(span.Tag - FirstText)
		}
		got = append(got, name+"="+doc[span.Start:span.End])
	}
	return strings.Join(got, " ")
}
