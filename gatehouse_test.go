package gatehouse_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// load reads a contract that is written in a test.
func load(t testing.TB, text string) *contract.Contract {
	t.Helper()
	name := filepath.Join(t.TempDir(), "api.yaml")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c, problems := openapi.Load(name)
	if c == nil {
		t.Fatal(problems)
	}
	t.Cleanup(func() { c.Files.Close() })
	return c
}

const vault = `openapi: 3.1.0
info: {title: Vault, version: 1.0.0}
servers: [{url: /v1}, {url: "https://vault.example/v2"}]
security: [{token: []}]
paths:
  /secrets/{id}:
    get:
      operationId: getSecret
      parameters: [{name: id, in: path, required: true, style: matrix, schema: {type: string}}]
      responses: {"200": {description: OK}}
  /health:
    get:
      operationId: health
      security: []
      responses: {"200": {description: OK}}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
    certificate: {type: mutualTLS}
`

func TestCompile(t *testing.T) {
	tests := []struct {
		name    string
		options gatehouse.Options
		want    map[string]string // guards of each operation, with their modes
	}{
		{"credentials-by-the-api", gatehouse.Options{Authentication: gatehouse.Upstream},
			map[string]string{"getSecret": "url_credentials enforce, authn enforce, request enforce, inspect enforce, answer enforce", "health": "url_credentials enforce, request enforce, inspect enforce, answer enforce"}},
		{"public", gatehouse.Options{Authentication: gatehouse.Public},
			map[string]string{"getSecret": "url_credentials enforce, request enforce, inspect enforce, answer enforce", "health": "url_credentials enforce, request enforce, inspect enforce, answer enforce"}},
		{"observing-does-not-open", gatehouse.Options{Authentication: gatehouse.Upstream, Settings: gatehouse.Settings{Mode: gatehouse.Observe}},
			map[string]string{"getSecret": "url_credentials observe, authn enforce, request observe, inspect observe, answer observe", "health": "url_credentials observe, request observe, inspect observe, answer observe"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			plan, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, vault), Options: test.options})
			if plan == nil || len(problems) > 0 {
				t.Fatal(problems)
			}
			if len(plan.Operations) != 4 {
				t.Errorf("%d operations, want two for each base path", len(plan.Operations))
			}
			for _, op := range plan.Operations {
				var got []string
				for _, s := range op.Steps {
					got = append(got, s.Name+" "+s.Mode.String())
				}
				if strings.Join(got, ", ") != test.want[op.Name] {
					t.Errorf("%s: %v, want %s", op.Name, got, test.want[op.Name])
				}
			}
		})
	}
}

// TestUnroutedCallsNeedACredential shows that observing an API does not open
// other spellings of its paths.
func TestUnroutedCallsNeedACredential(t *testing.T) {
	byOperation := strings.Replace(strings.Replace(vault, "security: [{token: []}]\n", "", 1), "operationId: getSecret", "operationId: getSecret\n      security: [{token: []}]", 1)
	open := strings.Replace(byOperation, "security: [{token: []}]", "security: []", 1)
	tests := []struct {
		name, text     string
		authentication config.Authentication
		want           string // guards
	}{
		{"by-the-document", vault, gatehouse.Upstream, "authn enforce, request enforce"},
		{"by-an-operation", byOperation, gatehouse.Upstream, "authn enforce, request enforce"},
		{"the-document-is-public-an-operation-is-not", strings.Replace(byOperation, "paths:", "security: []\npaths:", 1), gatehouse.Upstream, "authn enforce, request enforce"},
		{"nothing-is-asked-for", open, gatehouse.Upstream, "request enforce"},
		{"public", vault, gatehouse.Public, "request enforce"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			plan, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, test.text), Options: gatehouse.Options{Authentication: test.authentication, Settings: gatehouse.Settings{Mode: gatehouse.Observe}}})
			if plan == nil {
				t.Fatal(problems)
			}
			var got []string
			for _, s := range plan.APIs[0].Unrouted.Steps {
				got = append(got, s.Name+" "+s.Mode.String())
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("%v, want %s", got, test.want)
			}
			// A browser's preflight never carries a credential.
			if o := plan.APIs[0].Options; len(o.Steps) != 1 || o.Steps[0].Name != "request" {
				t.Errorf("OPTIONS meets %v", o.Steps)
			}
		})
	}
}

// signer vouches for bodies as well.
type signer struct{ gatehouse.VerifierFunc }

func (signer) VerifyBody(*gate.Exchange, *gate.Use) *gate.Refusal { return nil }

// TestUnroutedBodiesAreHeldToTheirSignature has a credential that signs the body
// judge it where no operation describes the call, too.
func TestUnroutedBodiesAreHeldToTheirSignature(t *testing.T) {
	plan, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, vault), Verifiers: map[string]gatehouse.Verifier{"token": signer{}},
		Options: gatehouse.Options{Settings: gatehouse.Settings{Mode: gatehouse.Observe}}})
	if plan == nil {
		t.Fatal(problems)
	}
	if s := plan.APIs[0].Unrouted.Steps[0]; s.Name != "authn" || s.Body == nil || !s.Whole {
		t.Errorf("%+v", s)
	}
}

func TestRoutes(t *testing.T) {
	plan, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, vault), Options: gatehouse.Options{Authentication: gatehouse.Upstream}})
	if plan == nil {
		t.Fatal(problems)
	}
	tests := []struct{ path, want string }{
		{"/v1/health", "health"}, {"/v2/health", "health"}, {"/health", ""}, {"/v3/health", ""},
		{"/v1/secrets/;id=a", "getSecret"}, {"/v2/secrets/a", "getSecret"},
	}
	for _, test := range tests {
		t.Run("path"+strings.ReplaceAll(test.path, "/", "-"), func(t *testing.T) {
			var m route.Match
			plan.Routes.Match(&m, []byte("vault.example"), []byte("GET"), []byte(test.path))
			got := ""
			if m.Outcome == route.Found {
				op := plan.Operations[m.Number]
				got = op.Name
				if op.Template != m.Template && !strings.HasSuffix(op.Template, m.Template) || op.API != plan.APIs[m.API] {
					t.Errorf("template %s, API %v", op.Template, op.API)
				}
			}
			if got != test.want {
				t.Errorf("%q, want %q (%s)", got, test.want, m.Outcome)
			}
		})
	}
}

func TestCompileProblems(t *testing.T) {
	const health = "  /health:\n    get:\n      operationId: health\n      security: []\n"
	tests := []struct {
		name, text string
		options    gatehouse.Options
		want       []string // parts of the problems, in order
	}{
		{"nobody-verifies", vault, gatehouse.Options{}, []string{`api.yaml:18:12: #/components/securitySchemes/token: nothing says who verifies the scheme "token", which getSecret asks for`}},
		{"nothing-said-of-security", strings.Replace(vault, "security: [{token: []}]\npaths:", "paths:\n  /used:\n    get:\n      security: [{token: []}]\n      responses: {\"200\": {description: OK}}", 1),
			gatehouse.Options{Authentication: gatehouse.Upstream}, []string{"getSecret says nothing of security"}},
		{"only-a-certificate", strings.Replace(vault, "security: []", "security: [{certificate: []}]", 1), gatehouse.Options{Authentication: gatehouse.Upstream},
			[]string{"health needs a client certificate, and no listener asks"}},
		{"no-operation", "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\npaths: {}\n", gatehouse.Options{}, []string{"has no operation"}},
		{"schema-and-route", strings.Replace(strings.Replace(vault, "schema: {type: string}", "schema: {type: strin}", 1), health, strings.Replace(health, "/health", "/secrets/{other}", 1), 1),
			gatehouse.Options{Authentication: gatehouse.Upstream}, []string{"strin", "{other}"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := load(t, test.text)
			plan, problems := gatehouse.Compile(gatehouse.API{Contract: c, Options: test.options})
			if plan != nil || problems.Err() == nil {
				t.Errorf("plan %v, problems %v", plan, problems)
			}
			rest := problems.Error()
			for _, want := range test.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("%q is not in\n%s", want, problems)
				}
				rest = after
			}
		})
	}
}

// TestCertificatesAreVerifiedByTheListener compiles operations that a client
// certificate opens, alone or with more, behind a listener that asks for one.
func TestCertificatesAreVerifiedByTheListener(t *testing.T) {
	for _, row := range []struct{ name, security, want string }{
		{"alone", "[{certificate: []}]", ""},
		{"twice", "[{certificate: []}, {certificate: []}]", ""},
		{"with-another", "[{certificate: [], token: []}]", "nothing says who verifies the scheme"},
		{"or-another", "[{certificate: []}, {token: []}]", "nothing says who verifies the scheme"},
		{"another", "[{token: []}]", "nothing says who verifies the scheme"},
	} {
		text := strings.Replace(vault, "[{token: []}]", row.security, 1)
		for _, asked := range []bool{true, false} {
			_, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, text), ClientCertificates: asked})
			want := row.want
			if !asked {
				want = "nothing says who verifies the scheme"
			}
			if (problems.Err() == nil) != (want == "") || want != "" && !strings.Contains(problems.Error(), want) {
				t.Errorf("%s, asked %v: %v, want %q", row.name, asked, problems, want)
			}
		}
	}
}

func TestAnswersAreCompiled(t *testing.T) {
	text := strings.Replace(vault, `{description: OK}`, `{description: OK, content: {application/json: {schema: {type: strin}}}}`, 1)
	if _, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, text), Options: gatehouse.Options{Authentication: gatehouse.Upstream}}); problems.Err() == nil {
		t.Error("a broken schema of an answer is not found")
	}
}

func TestProblemsAreInOrder(t *testing.T) {
	_, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, strings.ReplaceAll(vault, "type: string", "type: strin"))})
	lines := make([]int, len(problems))
	for i, p := range problems {
		lines[i] = p.Line
	}
	if !slices.IsSorted(lines) || len(lines) < 2 {
		t.Errorf("lines %v", lines)
	}
	if slices.ContainsFunc(problems, func(p source.Problem) bool { return p.Line == 0 }) {
		t.Errorf("a problem without a place: %v", problems)
	}
}
