package gatehouse_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// A mistake is told once, where it stands, and hides nothing.
func TestProblems(t *testing.T) {
	const schemes = `
components:
  securitySchemes:
    k: {type: apiKey, in: query, name: k}
    t: {type: http, scheme: bearer}
`
	get := func(security string) string {
		return "{get: {" + security + "responses: {default: {description: d}}}}"
	}
	tests := []struct {
		name, paths string
		want        []string // one a problem, in order
	}{
		{"key-in-the-query", "  /a: " + get("security: [{k: []}], ") + schemes, []string{"#/components/securitySchemes/k/in: an API key in the query"}},
		{"scheme-that-is-not-there", "  /a: " + get("security: [{nope: []}], ") + "\n  /b: " + get("") + schemes,
			[]string{`there is no security scheme "nope"`, "add to the operation its requirement, or security: []", "an API key in the query"}},
		{"the-hint-skips-what-is-broken", "  /a: " + get("security: [{nope: []}, {k: []}, {t: []}], ") + "\n  /b: " + get("") + schemes,
			[]string{`there is no security scheme "nope"`, "add to the operation security: [{t: []}], or", "an API key in the query"}},
		{"path-without-slash", "  a: {get: {security: [], parameters: [{name: q, in: query, schema: {type: strin}}], responses: {default: {description: d}}}}\n  /a: " + get("security: [], "),
			[]string{`the path "a" must begin with "/"`, `unknown type "strin"`}},
		{"path-with-an-open-brace", "  /{a: {get: {security: [], parameters: [{name: a, in: path, required: true, schema: {type: strin}}], responses: {default: {description: d}}}}\n  /b: " + get("security: [], "),
			[]string{"a brace is not closed", `unknown type "strin"`}},
		{"no-operation", "  {}", []string{"the contract has no operation"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, problems := source.ParseString("api.yaml", "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\npaths:\n"+test.paths)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			c, problems := openapi.Read(source.NewSet(f), f)
			_, more := gatehouse.Compile(c, gatehouse.Options{Authentication: gatehouse.Upstream})
			problems = append(problems, more...).Sort()
			for i, p := range problems {
				if i >= len(test.want) || !strings.Contains(p.String(), test.want[i]) {
					t.Errorf("problem %d: %s", i, p)
				}
			}
			if len(problems) != len(test.want) {
				t.Errorf("%d problems, want %d", len(problems), len(test.want))
			}
		})
	}
}
