package sample_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/probe/sample"
)

func TestValues(t *testing.T) {
	for _, row := range []struct{ name, schema, want string }{
		{"example-first", `{type: string, example: pear, enum: [apple, pear]}`, `"pear"`},
		{"enum", `{enum: [7, 8]}`, `7`},
		{"constant", `{const: {a: [1, null]}}`, `{"a":[1,null]}`},
		{"required-only", `{type: object, required: [b], properties: {a: {type: string}, b: {type: boolean}}}`, `{"b":true}`},
		{"least-members", `{type: object, minProperties: 1, properties: {a: {type: boolean}, b: {type: boolean}}}`, `{"a":true}`},
		{"read-only-left-out", `{type: object, required: [id], properties: {id: {type: string, readOnly: true}}}`, `{}`},
		{"further-members", `{type: object, required: [x], additionalProperties: {type: integer, minimum: 3}}`, `{"x":3}`},
		{"items", `{type: array, minItems: 2, items: {type: integer, exclusiveMinimum: 4}}`, `[5,5]`},
		{"multiple", `{type: integer, minimum: 11, multipleOf: 5}`, `15`},
		{"negative", `{type: number, maximum: -2.5}`, `-2.5`},
		{"between", `{type: number, exclusiveMinimum: 0.5, maximum: 1}`, `1`},
		{"pattern", `{type: string, pattern: "^[A-Z]{2}-\\d{3}(x|y)?$"}`, `"AA-000"`},
		{"pattern-and-length", `{type: string, pattern: "^a+$", minLength: 3}`, ``},
		{"length", `{type: string, minLength: 8, maxLength: 9}`, `"samplexx"`},
		{"short", `{type: string, maxLength: 3}`, `"sam"`},
		{"format", `{type: string, format: date}`, `"2030-01-31"`},
		{"all-of", `{allOf: [{type: object, required: [a], properties: {a: {type: boolean}}}, {type: object, required: [b], properties: {b: {enum: [z]}}}]}`, `{"a":true,"b":"z"}`},
		{"one-of", `{oneOf: [{type: integer, minimum: 3}, {type: string}]}`, `3`},
		{"nullable", `{type: ["null", integer]}`, `0`},
		{"reference", `{$ref: "#/components/schemas/Other"}`, `"other"`},
		{"impossible", `{type: integer, minimum: 3, maximum: 2}`, ``},
		{"endless", `{$ref: "#/components/schemas/Endless"}`, ``},
		{"quotes", `{const: "a\"b\\c\n"}`, `"a\"b\\c\u000a"`},
		{"nothing-goes", `false`, ``},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, problems := source.ParseString("c.yaml", "components:\n  schemas:\n    Other: {const: other}\n    Endless: {type: object, required: [next], properties: {next: {$ref: \"#/components/schemas/Endless\"}}}\n    It: "+row.schema+"\n")
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			c := &contract.Contract{Root: f.Root, Dialect: schema.Draft202012}
			got, ok := sample.New(c, nil).Value(f.Root.Get("components").Get("schemas").Get("It"))
			if string(got) != row.want || ok != (row.want != "") {
				t.Errorf("got %s, %t, want %s", got, ok, row.want)
			}
		})
	}
}

func TestCall(t *testing.T) {
	c, problems := openapi.Load("testdata/calls.yaml")
	if c == nil || problems.Err() != nil {
		t.Fatal(problems)
	}
	m := sample.New(c, nil)
	for _, op := range c.Operations {
		t.Run(op.Name(), func(t *testing.T) {
			call, err := m.Call(op, op.BasePaths[0])
			want := op.Node.Get("x-want").Str()
			if err != nil {
				if !strings.HasSuffix(want, "...") || !strings.HasPrefix(err.Error(), strings.TrimSuffix(want, "...")) {
					t.Errorf("%v, want %s", err, want)
				}
				return
			}
			got := call.Method + " " + call.Target
			for _, f := range call.Fields {
				got += " " + f[0] + ": " + f[1]
			}
			if got += " " + string(call.Body); strings.TrimSpace(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestRealContracts makes a call of nearly every operation of large contracts.
func TestRealContracts(t *testing.T) {
	for name, least := range map[string]float64{"stripe.json": 0.97, "github.json": 0.97} {
		t.Run(name, func(t *testing.T) {
			c, problems := openapi.Load(filepath.Join(testdata.Path(t, "GATEHOUSE_OPENAPI_DOCUMENTS", "openapi"), name))
			if c == nil {
				t.Fatal(problems)
			}
			m, made := sample.New(c, nil), 0
			for _, op := range c.Operations {
				if len(op.BasePaths) == 0 {
					continue
				}
				if _, err := m.Call(op, op.BasePaths[0]); err != nil {
					t.Logf("%s: %v", op.Name(), err)
					continue
				}
				made++
			}
			if share := float64(made) / float64(len(c.Operations)); share < least {
				t.Errorf("of %d operations a call was made of %.3f, want %.2f", len(c.Operations), share, least)
			}
		})
	}
}

func FuzzMatching(f *testing.F) {
	for _, p := range []string{"^[a-z]+$", "(a|b){2,3}c?", `\d{3}-\w*`, "[^a]", "(x{0,9}){0,9}", "(((a{99}){99}){99})"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		if s, ok := sample.Matching(p); ok && len(s) > 1<<20 {
			t.Errorf("%q: %d bytes", p, len(s))
		}
	})
}
