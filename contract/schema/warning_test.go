package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// warnings compiles text, which must have no errors.
func warnings(t *testing.T, text string, o Options) (*Schema, string) {
	t.Helper()
	f, problems := source.Parse("s.json", []byte(text))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	c := NewCompiler(o)
	s := c.Compile(f.Root)
	for _, p := range c.Problems() {
		if p.Severity == source.Error {
			t.Errorf("an error: %v", p)
		}
	}
	return s, c.Problems().Error()
}

// Bounds that nothing satisfies are legal JSON Schema: they say that no value
// of their kind may stand here.
func TestContradictions(t *testing.T) {
	rows := []struct{ name, schema, want, no, yes string }{
		{"number", `{"minimum":5,"maximum":4}`, "the lower bound is not below the upper bound", `4`, `"x"`},
		{"number-exclusive", `{"exclusiveMinimum":1,"maximum":1}`, "the lower bound is not below the upper bound", `1`, `null`},
		{"number-exclusive-above", `{"minimum":1,"exclusiveMaximum":1}`, "the lower bound is not below the upper bound", `1`, `"x"`},
		{"number-exclusive-both", `{"exclusiveMinimum":1,"exclusiveMaximum":1}`, "the lower bound is not below the upper bound", `1`, `[]`},
		{"string", `{"minLength":5,"maxLength":4}`, "minLength is greater than maxLength", `"abcde"`, `1`},
		{"array", `{"minItems":1,"maxItems":0}`, "minItems is greater than maxItems", `[]`, `{}`},
		{"object", `{"minProperties":1,"maxProperties":0}`, "minProperties is greater than maxProperties", `{}`, `[]`},
		{"in-any-of", `{"anyOf":[{"minimum":5,"maximum":4},{"type":"array"}]}`, "#/anyOf/0", `4`, `"x"`},
		{"in-not", `{"type":"number","not":{"minimum":5,"maximum":4}}`, "#/not", `"x"`, `4`},
		{"in-defs", `{"$defs":{"a":{"minimum":5,"maximum":4}},"$ref":"#/$defs/a"}`, "#/$defs/a", `4`, `true`},
	}
	for _, r := range rows {
		for mode, o := range map[string]Options{"pure": {Pure: true}, "gate": {}} {
			t.Run(r.name+"-"+mode, func(t *testing.T) {
				s, got := warnings(t, r.schema, o)
				if !strings.Contains(got, "warning") || !strings.Contains(got, r.want) {
					t.Errorf("got %q, want %q", got, r.want)
				}
				var st State
				if s.Read(&st, []byte(r.no)) {
					t.Errorf("%s is accepted", r.no)
				}
				if !s.Read(&st, []byte(r.yes)) {
					t.Errorf("%s is refused: %+v", r.yes, st.Fault())
				}
			})
		}
	}
}

// What is nearly a keyword is ignored, as JSON Schema has it, and warned of.
func TestUnknownKeywords(t *testing.T) {
	rows := []struct {
		name    string
		dialect Dialect
		schema  string
		want    string // of the warnings; "" for none
	}{
		{"properties", Draft202012, `{"propertys":{"n":{"type":"integer"}}}`, `s.json:1:2: warning: #/propertys: "propertys" is no keyword of schemas and is ignored` + "\n  hint: did you mean \"properties\"?"},
		{"properties-in-3.0", OpenAPI30, `{"propertys":{"n":{"type":"integer"}}}`, `did you mean "properties"?`},
		{"properties-in-2.0", Swagger20, `{"propertys":{"n":{"type":"integer"}}}`, `did you mean "properties"?`},
		{"required", Draft202012, `{"properties":{"a":{"requird":["b"]}}}`, `#/properties/a/requird: "requird"`},
		{"case", Draft202012, `{"maxlength":5}`, `did you mean "maxLength"?`},
		{"kebab", Draft202012, `{"max-length":5}`, `did you mean "maxLength"?`},
		{"any-of", Draft202012, `{"anyof":[{}]}`, `did you mean "anyOf"?`},
		{"dollar", Draft202012, `{"ref":"#/x"}`, `did you mean "$ref"?`},
		{"remark", Draft202012, `{"descripton":"x"}`, `did you mean "description"?`},
		{"shared-once", Draft202012, `{"$defs":{"a":{"minlength":1}},"properties":{"x":{"$ref":"#/$defs/a"},"y":{"$ref":"#/$defs/a"}}}`, `#/$defs/a/minlength`},
		{"later-keyword-in-3.0", OpenAPI30, `{"const":1}`, `"const" is no keyword of schemas in this version of OpenAPI and is ignored`},
		{"any-of-in-2.0", Swagger20, `{"anyOf":[{}]}`, `"anyOf" is no keyword of schemas in this version of OpenAPI`},
		{"nullable-in-3.1", Draft202012, `{"type":"string","nullable":true}`, `hint: write type: [..., "null"]`},
		{"nullable-false-in-3.1", Draft202012, `{"type":"string","nullable":false}`, ""},
		{"extension", Draft202012, `{"x-propertys":1,"x-type":2}`, ""},
		{"own-word", Draft202012, `{"colour":"red","unit":"kg","id":"a","label":"x"}`, ""},
		{"own-word-in-3.0", OpenAPI30, `{"colour":"red","$comment":"kg","examples":[]}`, ""},
		{"known-remarks", Draft202012, `{"title":"a","deprecated":true,"example":1,"xml":{},"externalDocs":{},"contentSchema":{},"$comment":"x"}`, ""},
		{"format", OpenAPI30, `{"type":"string","format":"emial"}`, `s.json:1:27: warning: #/format: the format "emial" is not known and judges nothing` + "\n  hint: did you mean \"email\"?"},
		{"format-of-its-own", Draft202012, `{"type":"string","format":"weather"}`, `the format "weather" is not known and judges nothing`},
		{"format-once", Draft202012, `{"properties":{"a":{"format":"weather"},"b":{"format":"weather"}}}`, `#/properties/a/format`},
		{"format-that-annotates", OpenAPI30, `{"type":"string","format":"password"}`, ""},
		{"property-of-that-name", Draft202012, `{"properties":{"propertys":{},"requird":{}}}`, ""},
		{"value-of-that-name", Draft202012, `{"default":{"propertys":1},"enum":[{"requird":1}],"const":{"requird":1},"example":{"typ":1}}`, ""},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			_, got := warnings(t, r.schema, Options{Dialect: r.dialect})
			if !strings.Contains(got, r.want) || (got == "") != (r.want == "") || strings.Count(got, "warning") > 1 {
				t.Errorf("got %q, want %q", got, r.want)
			}
			if _, pure := warnings(t, r.schema, Options{Dialect: r.dialect, Pure: true}); pure != "" {
				t.Errorf("in pure mode: %q", pure)
			}
		})
	}
}

// A name that stands everywhere is not reported everywhere.
func TestManyUnknownKeywords(t *testing.T) {
	_, got := warnings(t, `{"properties":{`+repeat(5000, func(i int) string {
		return fmt.Sprintf(`"p%d":{"typ":"string","word%d":1}`, i, i)
	})+`}}`, Options{})
	if n := strings.Count(got, "typ"); n == 0 || n > 3*maxPlaces {
		t.Errorf("%d mentions", n)
	}
}

// nullable lets null pass beside an enumeration without it, and says so.
func TestNullableEnumeration(t *testing.T) {
	rows := []struct {
		name    string
		dialect Dialect
		schema  string
		want    string
	}{
		{"without-null", OpenAPI30, `{"type":"string","nullable":true,"enum":["a"]}`, `s.json:1:41: warning: #/enum: null is accepted although enum does not list it`},
		{"without-null-in-2.0", Swagger20, `{"type":"string","x-nullable":true,"enum":["a"]}`, `null is accepted although enum does not list it`},
		{"with-null", OpenAPI30, `{"type":"string","nullable":true,"enum":["a",null]}`, ""},
		{"not-nullable", OpenAPI30, `{"type":"string","nullable":false,"enum":["a"]}`, ""},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s, got := warnings(t, r.schema, Options{Dialect: r.dialect})
			if !strings.Contains(got, r.want) || (got == "") != (r.want == "") {
				t.Errorf("got %q, want %q", got, r.want)
			}
			var st State
			if s.Read(&st, []byte(`null`)) != (r.name != "not-nullable") {
				t.Errorf("null: %+v", st.Fault())
			}
		})
	}
}

func TestManyNullableEnumerations(t *testing.T) {
	_, got := warnings(t, `{"properties":{`+repeat(300, func(i int) string {
		return fmt.Sprintf(`"p%d":{"nullable":true,"enum":["a%d"]}`, i, i)
	})+`}}`, Options{Dialect: OpenAPI30})
	if n := strings.Count(got, "warning"); n != 6 || !strings.Contains(got, "#/properties/p5/enum: null is accepted here and beside 294 more enumerations") {
		t.Errorf("%d warnings: %s", n, got)
	}
}
