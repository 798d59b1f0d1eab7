package schema

import (
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
