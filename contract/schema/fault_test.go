package schema

import (
	"strings"
	"testing"
)

func TestFaults(t *testing.T) {
	const order = `{"type":"object","required":["id","items"],"properties":{
		"id":{"type":"string","pattern":"^[a-z]+$","maxLength":40},
		"state":{"enum":["new","paid"]},
		"items":{"type":"array","minItems":1,"maxItems":3,"uniqueItems":true,"items":{"type":"object","required":["price"],"properties":{
			"price":{"type":"number","exclusiveMinimum":0,"maximum":99.5,"multipleOf":0.01},"note":{"type":"string","minLength":1,"maxLength":5}}}},
		"map":{"type":"object","additionalProperties":{"type":"integer"},"maxProperties":2},
		"when":{"type":"string","format":"date-time"},
		"a/b~c":{"type":"integer"},
		"either":{"anyOf":[{"type":"string","maxLength":2},{"type":"object","properties":{"x":{"type":"integer"}},"required":["x"]}]},
		"one":{"oneOf":[{"type":"integer"},{"minimum":3}]},
		"never":false
	}}`
	rows := []struct{ name, doc, pointer, keyword, want string }{
		{"whole", `[]`, "", "type", "must be an object"},
		{"required", `{"id":"a"}`, "", "required", `must have the property "items"`},
		{"pattern", `{"id":"A1"}`, "/id", "pattern", "must match the pattern ^[a-z]+$"},
		{"max-length", `{"id":"` + strings.Repeat("a", 41) + `"}`, "/id", "maxLength", "must be a string of at most 40 characters"},
		{"enum", `{"state":"gone"}`, "/state", "enum", `must be one of "new", "paid"`},
		{"min-items", `{"items":[]}`, "/items", "minItems", "must have 1 to 3 items"},
		{"unique", `{"items":[{"price":1},{"price":1.0}]}`, "/items", "uniqueItems", "must not have equal items"},
		{"deep", `{"items":[{"price":1},{"price":0}]}`, "/items/1/price", "exclusiveMinimum", "must be greater than 0"},
		{"deep-maximum", `{"items":[{"price":100}]}`, "/items/0/price", "maximum", "must be at most 99.5"},
		{"deep-multiple", `{"items":[{"price":0.001}]}`, "/items/0/price", "multipleOf", "must be a multiple of 0.01"},
		{"deep-required", `{"items":[{}]}`, "/items/0", "required", `must have the property "price"`},
		{"deep-length", `{"items":[{"price":1,"note":""}]}`, "/items/0/note", "minLength", "must be a string of 1 to 5 characters"},
		{"undeclared-of-item", `{"items":[{"price":1,"secret-name":1}]}`, "/items/0", "unevaluatedProperties", `has a property that is not declared; declared are: "price", "note"`},
		{"name-of-sender", `{"map":{"secret-name":"x"}}`, "/map/*", "type", "must be an integer"},
		{"max-properties", `{"map":{"a":1,"b":1,"c":1}}`, "/map", "maxProperties", "must have at most 2 properties"},
		{"format", `{"when":"secret-value"}`, "/when", "format", "must be a date and time (RFC 3339)"},
		{"pointer-escapes", `{"a/b~c":"x"}`, "/a~1b~0c", "type", "must be an integer"},
		{"branch-that-got-furthest", `{"either":{"x":"1"}}`, "/either/x", "type", "must be an integer"},
		{"branch-of-its-kind", `{"either":"secret-value"}`, "/either", "maxLength", "must be a string of at most 2 characters"},
		{"no-branch-of-its-kind", `{"either":7}`, "/either", "type", "must be a string or an object"},
		{"several", `{"one":5}`, "/one", "oneOf", "must match only one of the 2 alternatives, but matches several"},
		{"none", `{"one":1.5}`, "/one", "oneOf", "must match one of the 2 alternatives"},
		{"forbidden", `{"never":1}`, "/never", "false", "must not be there"},
		{"syntax", `{"items":[{"price":01}]}`, "/items/0/price", "syntax", "must be well-formed JSON (RFC 8259) in UTF-8"},
		{"duplicate", `{"id":"a","id":"b"}`, "/id", "syntax", "must not write a name twice in one object"},
		{"unfinished", `{"items":[{"price":1`, "/items/0", "syntax", "must be well-formed JSON (RFC 8259) in UTF-8"},
	}
	s := compile(t, order, Options{})
	var st State
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if s.Read(&st, []byte(r.doc)) {
				t.Fatal("accepted")
			}
			f := st.Fault()
			if f != (Fault{r.pointer, r.keyword, r.want}) {
				t.Errorf("got %+v\nwant {%s %s %s}", f, r.pointer, r.keyword, r.want)
			}
			if strings.Contains(f.Pointer+f.Want, "secret") {
				t.Errorf("%+v holds what the sender wrote", f)
			}
		})
	}
}

// The discriminator tells which alternative's fault is of interest.
func TestFaultOfDiscriminator(t *testing.T) {
	s := compile(t, `{"$defs":{"A":{"properties":{"k":{"type":"string"},"x":{"type":"integer"}}},"B":{"properties":{"k":{"type":"string"},"x":{"type":"string"},"y":{"type":"integer"}}}},
		"oneOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/B"}],"discriminator":{"propertyName":"k"}}`, Options{})
	var st State
	for doc, want := range map[string]string{`{"k":"A","x":"s","y":"s"}`: "/x", `{"k":"B","x":"s","y":"s"}`: "/y"} {
		if s.Read(&st, []byte(doc)) || st.Fault().Pointer != want {
			t.Errorf("%s: %+v, want %s", doc, st.Fault(), want)
		}
	}
}

// Whatever is wrong, no message may hold a name or a value of the document.
func TestFaultsHoldNothing(t *testing.T) {
	schemas := []string{
		`{"properties":{"a":{"type":"integer"}}}`, `{"additionalProperties":{"properties":{"a":{"const":1}}}}`,
		`{"oneOf":[{"properties":{"a":{"const":"x"}},"required":["a"]},{"properties":{"a":{"const":"y"}},"required":["a"]}]}`,
		`{"propertyNames":{"maxLength":1}}`, `{"patternProperties":{"^s":{"type":"integer"}}}`, `{"items":{"enum":[1,2]}}`,
		`{"unevaluatedProperties":false,"allOf":[{"properties":{"a":{}}}]}`, `{"format":"uuid","pattern":"^x","type":["string","object"],"required":["k"]}`,
	}
	docs := []string{`{"secret":"secret"}`, `{"secret":{"a":"secret"}}`, `{"a":"secret","secret":1}`, `["secret"]`, `"secret"`, `{"secret":secret}`, `{"secret":{"secret":[`, `{"sec\u0072et":"secret"}`}
	refused := 0
	var st State
	for _, text := range schemas {
		s := compile(t, text, Options{})
		for _, doc := range docs {
			if s.Read(&st, []byte(doc)) {
				continue
			}
			refused++
			f := st.Fault()
			if strings.Contains(f.Pointer+f.Keyword+f.Want, "secret") || f.Want == "" || f.Keyword == "" {
				t.Errorf("%s %s: %+v", text, doc, f)
			}
		}
	}
	if refused < 30 {
		t.Errorf("only %d documents were refused", refused)
	}
}
