package gatehouse_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Words of the command stand in no hint of this package, but for those that the
// options bring.
func TestDecide(t *testing.T) {
	for want, decide := range map[string]func(*contract.Scheme) string{
		"bring a verifier for it; or say authentication upstream": nil,
		"use the flag for token":                                  func(s *contract.Scheme) string { return "use the flag for " + s.Name },
	} {
		_, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, vault), Decide: decide})
		if len(problems) != 1 || !strings.HasPrefix(problems[0].Hint, want) || strings.Contains(problems[0].Hint, "--") {
			t.Errorf("%q: %v", want, problems)
		}
	}
}

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
		{"only-paths-in-error", "  a: " + get("security: [], "), []string{`the path "a" must begin with "/"`}},
		{"no-operation", "  {}", []string{"the contract has no operation"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, problems := source.ParseString("api.yaml", "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\npaths:\n"+test.paths)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			c, problems := openapi.Read(source.NewSet(f), f)
			_, more := gatehouse.Compile(gatehouse.API{Contract: c, Options: gatehouse.Options{Authentication: gatehouse.Upstream}})
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

// The section that a hint names is one of the document's own version.
func TestNothingIsSaidOfSecurity(t *testing.T) {
	for version, section := range map[string]string{`openapi: 3.1.0`: "components.securitySchemes", `swagger: "2.0"`: "securityDefinitions"} {
		c := load(t, version+"\ninfo: {title: A, version: 1.0.0}\npaths: {/a: {get: {responses: {default: {description: d}}}}}\n")
		_, problems := gatehouse.Compile(gatehouse.API{Contract: c, Options: gatehouse.Options{}})
		if len(problems) != 1 || problems.Err() != nil || !strings.Contains(problems[0].Hint, section) {
			t.Errorf("%s: %v", version, problems)
		}
	}
}
