package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// show writes a shape in one line.
func show(s *Shape) string {
	if s == nil {
		return "-"
	}
	var b strings.Builder
	for k, name := range map[source.Kind]string{source.Null: "null"} {
		if s.Types&(1<<k) != 0 {
			b.WriteString(name + " ")
		}
	}
	for _, k := range []source.Kind{source.Bool, source.Number, source.String, source.Array, source.Object} {
		if s.Types&(1<<k) != 0 {
			b.WriteString(k.String() + " ")
		}
	}
	if s.Types&Integer != 0 {
		b.WriteString("integer ")
	}
	if s.Binary {
		b.WriteString("binary ")
	}
	if s.Open {
		b.WriteString("open ")
	}
	for _, p := range s.Properties {
		fmt.Fprintf(&b, "%s%s:(%s) ", p.Name, map[bool]string{true: "!"}[p.Required], show(p.Shape))
	}
	if s.Items != nil {
		fmt.Fprintf(&b, "items:(%s) ", show(s.Items))
	}
	for i, p := range s.Prefix {
		fmt.Fprintf(&b, "%d:(%s) ", i, show(p))
	}
	if s.Extra != nil {
		fmt.Fprintf(&b, "extra:(%s) ", show(s.Extra))
	}
	return strings.TrimSpace(b.String())
}

func TestShape(t *testing.T) {
	rows := []struct{ name, schema, want string }{
		{"string", `{"type":"string"}`, "string"},
		{"integer", `{"type":"integer"}`, "number integer"},
		{"number-or-integer", `{"type":["number","integer"]}`, "number"},
		{"nullable", `{"type":["integer","null"]}`, "null number integer"},
		{"object", `{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"boolean"}},"required":["a"]}`, "object a!:(boolean) b:(string)"},
		{"bare-object", `{"type":"object"}`, "object open"},
		{"map", `{"type":"object","additionalProperties":{"type":"integer"}}`, "object open extra:(number integer)"},
		{"closed", `{"type":"object","additionalProperties":false}`, "object"},
		{"array", `{"type":"array","items":{"type":"string"}}`, "array items:(string)"},
		{"tuple", `{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":{"type":"boolean"}}`, "array items:(boolean) 0:(string) 1:(number integer)"},
		{"all-of", `{"type":"object","allOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"integer"}}}]}`, "object a!:(string) b:(number integer)"},
		{"one-of", `{"oneOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"type":"integer"}]}`, "number object integer a:(string)"},
		{"same-name-in-branches", `{"oneOf":[{"type":"object","properties":{"a":{"type":"string"}}},{"type":"object","properties":{"a":{"type":"integer"}}}]}`, "object a:(number string integer)"},
		{"ref", `{"$defs":{"x":{"type":"array","items":{"type":"number"}}},"$ref":"#/$defs/x"}`, "array items:(number)"},
		{"enum", `{"enum":["a",1,null]}`, "null number string"},
		{"encoded", `{"type":"string","contentEncoding":"base64"}`, "string binary"},
		{"recursive", `{"type":"object","properties":{"a":{"$ref":"#"}}}`, "object a:(object a:(object))"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if got := show(compile(t, r.schema, Options{}).Shape(2)); got != r.want {
				t.Errorf("got %s, want %s", got, r.want)
			}
		})
	}
}

// Wide schemas that refer to each other do not make shapes explode.
func TestShapeOfWideRecursion(t *testing.T) {
	wide := repeat(300, func(i int) string { return fmt.Sprintf(`"p%d":{"$ref":"#"}`, i) })
	for _, text := range []string{`{"type":"object","properties":{` + wide + `}}`, `{"type":"object","allOf":[{"properties":{` + wide + `}},{"properties":{` + wide + `}}]}`} {
		if s := compile(t, text, Options{}).Shape(6); len(s.Properties) != 300 || len(s.Properties[7].Properties) != 300 {
			t.Error("the shape is not complete")
		}
	}
}
