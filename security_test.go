package gatehouse_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
)

// tokens are verifiers that can tell how somebody was authenticated.
type tokens struct{ clerks }

func (tokens) TellsAuthentication() {}

const guarded = `
openapi: 3.1.0
info: {title: Vault, version: 1.0.0}
components:
  securitySchemes:
    login: {type: http, scheme: bearer}
    key: {type: apiKey, in: header, name: X-Key}
paths:
  /a:
    get: {operationId: readA, security: [{login: []}, {key: []}], responses: {'200': {description: d}}}
  /open:
    get: {operationId: readOpen, security: [], responses: {'200': {description: d}}}
  /maybe:
    get: {operationId: readMaybe, security: [{key: []}, {}], responses: {'200': {description: d}}}
`

func TestWhoVerifies(t *testing.T) {
	step := &gatehouse.StepUp{MaxAge: time.Minute}
	on := func(name string, o gatehouse.Operation) gatehouse.Options {
		return gatehouse.Options{Operations: map[string]gatehouse.Operation{name: o}}
	}
	settings := func(s gatehouse.Settings) gatehouse.Operation { return gatehouse.Operation{Settings: s} }
	both := map[string]gate.Verifier{"login": tokens{}, "key": clerks{}}
	rows := []struct {
		name      string
		document  string
		verifiers map[string]gate.Verifier
		options   gatehouse.Options
		want      []string // parts of problems, one each
	}{
		{"nobody", guarded, nil, gatehouse.Options{}, []string{`nothing says who verifies the scheme "login", which readA asks for`, `nothing says who verifies the scheme "key", which readA asks for`}},
		{"all", guarded, both, gatehouse.Options{}, nil},
		{"one-of-two", guarded, map[string]gate.Verifier{"login": tokens{}}, gatehouse.Options{}, []string{`securitySchemes/key: nothing says who verifies the scheme "key", which readA asks for`}},
		{"the-api-does-the-rest", guarded, map[string]gate.Verifier{"login": tokens{}}, gatehouse.Options{Authentication: gatehouse.Upstream}, nil},
		{"only-where-optional", strings.Replace(guarded, "{login: []}, {key: []}", "{login: []}", 1), map[string]gate.Verifier{"login": tokens{}}, gatehouse.Options{}, []string{`scheme "key", which readMaybe asks for`}},
		{"step-up", guarded, both, on("readA", settings(gatehouse.Settings{StepUp: step})), nil},
		{"step-up-that-nobody-can-prove", guarded, map[string]gate.Verifier{"login": clerks{}, "key": clerks{}}, on("readA", settings(gatehouse.Settings{StepUp: step})), []string{"readA asks how its callers were authenticated"}},
		{"step-up-of-the-api-spares-what-is-public", guarded, both, gatehouse.Options{Settings: gatehouse.Settings{StepUp: step}}, nil},
		{"step-up-of-what-is-public", guarded, both, on("readOpen", settings(gatehouse.Settings{StepUp: step})), []string{"readOpen is public"}},
		{"step-up-in-the-contract", strings.Replace(guarded, "operationId: readA,", "operationId: readA, x-gatehouse-step-up: {acr: [gold]},", 1), both, gatehouse.Options{}, nil},
		{"step-up-in-the-contract-of-what-is-public", strings.Replace(guarded, "operationId: readOpen,", "operationId: readOpen, x-gatehouse-step-up: {acr: [gold]},", 1), both, gatehouse.Options{}, []string{"readOpen is public"}},
		{"step-up-in-the-contract-asks-for-nothing", strings.Replace(guarded, "operationId: readA,", "operationId: readA, x-gatehouse-step-up: {},", 1), both, gatehouse.Options{}, []string{"a step-up asks for something"}},
		{"step-up-in-the-contract-misspelt", strings.Replace(guarded, "operationId: readA,", "operationId: readA, x-gatehouse-step-up: {arc: [gold]},", 1), both, gatehouse.Options{}, []string{`there is no key "arc"`}},
		{"token-without-a-key", guarded, both, gatehouse.Options{Caller: &config.Caller{Token: &config.CallerToken{Field: "X-Token", Key: "k", Audience: "a", Issuer: "i"}}}, []string{"has no key"}},
		{"resource-without-servers", guarded, both, gatehouse.Options{ProtectedResource: &config.ProtectedResource{Resource: "https://api.example.com"}}, []string{"nothing says which authorization servers the API trusts"}},
		{"resource-in-the-way", strings.Replace(guarded, "  /open:", "  /.well-known/oauth-protected-resource:", 1), both,
			gatehouse.Options{ProtectedResource: &config.ProtectedResource{Resource: "https://api.example.com", AuthorizationServers: []string{"https://id.example.com"}}}, []string{"stands where the gate's own document would"}},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			_, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, r.document), Options: r.options, Verifiers: r.verifiers})
			if len(problems) != len(r.want) {
				t.Fatalf("%v, want %q", problems, r.want)
			}
			for i, p := range problems {
				if !strings.Contains(p.Pointer+": "+p.Text, r.want[i]) || p.Hint == "" {
					t.Errorf("%v, want %q and a hint", p, r.want[i])
				}
			}
		})
	}
}
