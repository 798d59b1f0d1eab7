package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// Trees of expressions, as filters and rules are written: each level is one
// of several alternatives.
const (
	treeNamed = `{"$defs":{"e":{"anyOf":[
		{"type":"object","properties":{"and":{"type":"array","items":{"$ref":"#/$defs/e"}}},"required":["and"]},
		{"type":"object","properties":{"or":{"type":"array","items":{"$ref":"#/$defs/e"}}},"required":["or"]},
		{"type":"object","properties":{"not":{"$ref":"#/$defs/e"}},"required":["not"]},
		{"type":"object","properties":{"field":{"type":"string"},"value":{}},"required":["field","value"]}]}},"$ref":"#/$defs/e"}`
	treeShared = `{"$defs":{"e":{"anyOf":[
		{"type":"object","properties":{"all":{"type":"boolean"},"parts":{"type":"array","items":{"$ref":"#/$defs/e"}}},"required":["all","parts"]},
		{"type":"object","properties":{"any":{"type":"boolean"},"parts":{"type":"array","items":{"$ref":"#/$defs/e"}}},"required":["any","parts"]},
		{"type":"object","properties":{"not":{"type":"boolean"},"parts":{"type":"array","items":{"$ref":"#/$defs/e"}}},"required":["not","parts"]},
		{"type":"object","properties":{"field":{"type":"string"},"value":{}},"required":["field","value"]}]}},"$ref":"#/$defs/e"}`
)

const treeLeaf = `{"field":"order.status","value":"paid and sent"}`

func namedTree(depth int) string {
	if depth == 0 {
		return treeLeaf
	}
	inner := namedTree(depth - 1)
	switch depth % 3 {
	case 0:
		return `{"not":` + inner + `}`
	case 1:
		return `{"and":[` + strings.Repeat(treeLeaf+",", 5) + inner + `]}`
	}
	return `{"or":[` + inner + strings.Repeat(","+treeLeaf, 3) + `]}`
}

func sharedTree(depth int) string {
	if depth == 0 {
		return treeLeaf
	}
	return fmt.Sprintf(`{"parts":[%s,%s,%s,%s],"%s":true}`, treeLeaf, treeLeaf, sharedTree(depth-1), treeLeaf, []string{"all", "any", "not"}[depth%3])
}

func TestTrees(t *testing.T) {
	var rows []row
	for _, way := range []string{"anyOf", "oneOf"} {
		for _, open := range []string{"closed", "open"} {
			for _, depth := range []int{1, 5, 15, 40} {
				for kind, text := range map[string]string{"named": treeNamed, "shared": treeShared} {
					doc := namedTree(depth)
					if kind == "shared" {
						doc = sharedTree(depth)
					}
					text = strings.Replace(text, "anyOf", way, 1)
					if open == "open" {
						text = strings.ReplaceAll(text, `"type":"object",`, `"type":"object","additionalProperties":true,`)
					}
					name := fmt.Sprintf("%s-%s-%s-%d", kind, way, open, depth)
					rows = append(rows, row{name, text, doc, ""})
				}
			}
		}
	}
	if n := min(len(namedTree(15)), len(sharedTree(15))); n < 2<<10 {
		t.Fatalf("a tree of %d bytes is none to speak of", n)
	}
	start := testdata.Work(t)
	for _, r := range rows {
		for _, o := range []Options{{}, {Pure: true}} {
			s := compile(t, r.schema, o)
			var st State
			if !s.Read(&st, []byte(r.doc)) {
				t.Errorf("%s (pure: %v, %d bytes): %+v", r.name, o.Pure, len(r.doc), st.Fault())
			}
		}
	}
	if took := testdata.Work(t) - start; took > slow {
		t.Errorf("took %v", took)
	}
}

// Alternatives are passed over exactly when they require what is not there.
func TestNeeds(t *testing.T) {
	const (
		pair     = `[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["a","b"]}]`
		readOnce = `[{"properties":{"id":{"readOnly":true},"a":{"type":"integer"}},"required":["id","a"]},{"properties":{"b":{"type":"string"}},"required":["b"]}]`
		split    = `[{"allOf":[{"properties":{"id":{"readOnly":true},"a":{}}},{"required":["id","a"]}]},{"properties":{"b":{"type":"string"}},"required":["b"]}]`
	)
	check(t, Options{}, State{Direction: Request}, []row{
		{"one-of-less", `{"oneOf":` + pair + `}`, `{"a":1}`, ""},
		{"one-of-both", `{"oneOf":` + pair + `}`, `{"a":1,"b":"x"}`, "oneOf"},
		{"one-of-fault-of-the-branch-left", `{"oneOf":` + pair + `}`, `{"a":"x"}`, "type"},
		{"one-of-none-left", `{"oneOf":` + pair + `}`, `{"b":"x"}`, "oneOf"},
		{"any-of-union", `{"anyOf":` + pair + `}`, `{"a":1,"b":"x"}`, ""},
		{"any-of-closed", `{"anyOf":` + pair + `}`, `{"a":1,"c":"x"}`, undeclared},
		{"escaped-name", `{"oneOf":` + pair + `}`, `{"\u0061":1}`, ""},
		{"malformed-name", `{"oneOf":` + pair + `}`, `{"\u00":1}`, "syntax"},
		{"malformed-value", `{"oneOf":` + pair + `}`, `{"c":[1}`, "syntax"},
		{"malformed-in-not", `{"not":{"oneOf":` + pair + `}}`, `{"c":01}`, "syntax"},
		{"written-twice", `{"oneOf":` + pair + `}`, `{"a":1,"a":2}`, "syntax"},
		{"other-kind", `{"anyOf":[{"type":"string"},` + pair[1:] + `}`, `"x"`, ""},
		{"not-required-in-requests", `{"anyOf":` + readOnce + `}`, `{"a":1}`, ""},
		{"not-required-in-requests-by-a-part", `{"anyOf":` + split + `}`, `{"a":1}`, ""},
	})
	check(t, Options{}, State{Direction: Answer}, []row{
		{"required-in-answers", `{"anyOf":` + readOnce + `}`, `{"a":1}`, "required"},
	})
}
