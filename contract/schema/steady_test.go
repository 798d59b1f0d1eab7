package schema

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// TestSteady: what could change its judgement when members go is not steady.
func TestSteady(t *testing.T) {
	for _, r := range []struct {
		name, text string
		want       bool
	}{
		{"plain", `{"type":"object","required":["a"],"properties":{"a":{"type":"array","minItems":1,"items":{"properties":{"b":{"enum":["x"]}}}}}}`, true},
		{"recursive", `{"type":"object","properties":{"a":{"$ref":"#"}}}`, true},
		{"all-of", `{"allOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}`, true},
		{"any", `{}`, true},
		{"write-only", `{"properties":{"a":{"writeOnly":true}}}`, true},
		{"write-only-beside-a-part", `{"allOf":[{"properties":{"a":{"writeOnly":true}}},{"required":["a"],"properties":{"a":{}}}]}`, false},
		{"requires-the-undeclared", `{"required":["b"],"properties":{"a":{}}}`, false},
		{"counts", `{"minProperties":1,"properties":{"a":{}}}`, false},
		{"counts-below", `{"properties":{"a":{"items":{"minProperties":1}}}}`, false},
		{"unique", `{"properties":{"a":{"uniqueItems":true}}}`, false},
		{"contains", `{"items":{"contains":{"type":"object"}}}`, false},
		{"any-of", `{"anyOf":[{"required":["b"],"properties":{"b":{}}},{"properties":{"a":{}}}]}`, false},
		{"not", `{"properties":{"a":{"not":{"required":["x"]}}}}`, false},
		{"if", `{"if":{"required":["x"]},"then":{"properties":{"a":{}}}}`, false},
		{"dependent", `{"properties":{"a":{}},"dependentRequired":{"x":["a"]}}`, false},
		{"constant-object", `{"properties":{"a":{"const":{"x":1}}}}`, false},
		{"unevaluated", `{"properties":{"a":{}},"unevaluatedProperties":false}`, false},
		{"pattern-below", `{"patternProperties":{"^a":{"minProperties":1}}}`, false},
		{"prefix-below", `{"prefixItems":[{"minProperties":1}]}`, false},
	} {
		t.Run(r.name, func(t *testing.T) {
			file, problems := source.ParseString("s.json", r.text)
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			if got := NewCompiler(Options{}).Compile(file.Root).Steady(); got != r.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
