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

// What schemas say of XML reaches the shape, from where it is said nearest.
func TestShapeOfXML(t *testing.T) {
	rows := []struct {
		name, schema string
		dialect      Dialect
		want         string // of property a: name, and what else is said
	}{
		{"own", `{"properties":{"a":{"type":"string","xml":{"name":"A","attribute":true}}}}`, Draft202012, "A attribute"},
		{"none", `{"properties":{"a":{"type":"string"}}}`, Draft202012, "nothing"},
		{"by-reference", `{"properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"string","xml":{"name":"X"}}}}`, Draft202012, "X"},
		{"beside-reference", `{"properties":{"a":{"$ref":"#/$defs/x","xml":{"name":"A"}}},"$defs":{"x":{"type":"string","xml":{"name":"X"}}}}`, Draft202012, "A"},
		{"beside-reference-ignored", `{"properties":{"a":{"$ref":"#/$defs/x","xml":{"name":"A"}}},"$defs":{"x":{"type":"string","xml":{"name":"X"}}}}`, OpenAPI30, "X"},
		{"in-part", `{"properties":{"a":{"allOf":[{"type":"string","xml":{"name":"X"}},{"maxLength":3}]}}}`, Draft202012, "X"},
		{"alternatives-agree", `{"properties":{"a":{"oneOf":[{"type":"string","xml":{"name":"X"}},{"type":"integer","xml":{"name":"X"}}]}}}`, Draft202012, "X"},
		{"alternatives-clash", `{"properties":{"a":{"oneOf":[{"type":"string","xml":{"name":"X"}},{"type":"integer","xml":{"name":"Y"}}]}}}`, Draft202012, "clash"},
		{"branches-clash", `{"anyOf":[{"properties":{"a":{"xml":{"name":"X"}}}},{"properties":{"a":{"xml":{"name":"Y"}}}}]}`, Draft202012, "clash"},
		{"wrong-kind", `{"properties":{"a":{"xml":{"name":7}}}}`, Draft202012, "bad: name must be a string, not a number"},
		{"wrong-flag", `{"properties":{"a":{"xml":{"wrapped":"yes"}}}}`, OpenAPI30, "bad: wrapped must be true or false, not a string"},
		{"wrong-object", `{"properties":{"a":{"xml":true}}}`, OpenAPI30, "bad: xml must be an object, not a boolean"},
		{"of-3.2", `{"properties":{"a":{"xml":{"nodeType":"cdata"}}}}`, Draft202012, `bad: an XML Object has no "nodeType" in this version of OpenAPI`},
		{"extension", `{"properties":{"a":{"xml":{"x-a":1,"wrapped":true}}}}`, Draft202012, " wrapped"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			shape, whole := compile(t, r.schema, Options{Dialect: r.dialect}).Whole()
			if !whole || len(shape.Properties) != 1 {
				t.Fatal("the shape is not complete")
			}
			if got := showXML(shape.Properties[0].Shape); got != r.want {
				t.Errorf("got %q, want %q", got, r.want)
			}
		})
	}
}

func showXML(s *Shape) string {
	switch x := s.XML; {
	case s.XMLClash:
		return "clash"
	case x == nil:
		return "nothing"
	case x.Bad != "":
		return "bad: " + x.Bad
	case x.At.Line == 0 || x.Ptr == "":
		return "nowhere"
	default:
		return x.Name + map[bool]string{true: " attribute"}[x.Attribute] + map[bool]string{true: " wrapped"}[x.Wrapped]
	}
}

// TestShapesShareParts: what one schema has made known serves the next, unless
// it ends somewhere.
func TestShapesShareParts(t *testing.T) {
	file, problems := source.ParseString("s.json", `{"a":{"properties":{"x":{"$ref":"#/part"}}},"b":{"items":{"$ref":"#/part"}},"part":{"properties":{"self":{"$ref":"#/part"},"n":{"type":"integer"}}}}`)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	c := NewCompiler(Options{})
	var all Shapes
	a, wholeA := all.Whole(c.Compile(file.Root.Get("a")))
	b, wholeB := all.Whole(c.Compile(file.Root.Get("b")))
	if !wholeA || !wholeB || a.Properties[0].Shape != b.Items || len(b.Items.Properties) != 2 {
		t.Errorf("%+v, %+v", a, b)
	}
	all.sh.cut = true // as if a had had too many levels
	if _, whole := all.Whole(c.Compile(file.Root.Get("a"))); whole || all.sh != nil {
		t.Error("what ends somewhere is kept")
	}
}
