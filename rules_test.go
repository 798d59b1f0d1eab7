package gatehouse_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
)

const ruled = `openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
security: [{token: [orders]}]
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      tags: [orders]
      parameters: [{name: id, in: path, required: true, schema: {type: string, maxLength: 10}}, {name: deep, in: query, schema: {type: boolean}}]
      responses: {"201": {description: OK}}
    put:
      operationId: putOrder
      tags: [orders]
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [amount], properties: {amount: {type: integer}}}}}}
      responses: {"201": {description: OK}}
  /health:
    get: {operationId: health, security: [], responses: {"201": {description: OK}}}
components:
  securitySchemes:
    token: {type: oauth2, flows: {clientCredentials: {tokenUrl: /t, scopes: {orders: all}}}}
`

// known is a verifier that knows one principal.
type known struct{ who *gate.Principal }

func (k *known) Verify(*gate.Exchange, *gate.Use, []byte) (*gate.Principal, *gate.Refusal) {
	return k.who, nil
}

func (k *known) Recheck(_ *gate.Exchange, _ *gate.Use, p *gate.Principal) *gate.Refusal {
	if p.ID != k.who.ID {
		return &gate.Refusal{Code: gate.CredentialInvalid}
	}
	return nil
}

// kept keeps what stands on the last event.
type kept struct {
	rules []string
	code  gate.Code
	guard string
	would []gate.Code
}

func (k *kept) Record(e *gate.Event) {
	k.rules, k.code, k.guard, k.would = slices.Clone(e.Rules), e.Code, e.Guard, slices.Clone(e.Would)
}

// gated is a gate for ruled with one caller.
type gated struct {
	*gate.Gate
	still
	kept
	who *gate.Principal
}

func newGated(t testing.TB, o gatehouse.Options, who gatehouse.Callers, rules string) *gated {
	t.Helper()
	_, tests := t.(*testing.T)
	return gatedBy(t, o, who, rules, gate.Options{Poison: tests})
}

func gatedBy(t testing.TB, o gatehouse.Options, who gatehouse.Callers, rules string, of gate.Options) *gated {
	t.Helper()
	g := &gated{who: &gate.Principal{ID: "i|alice", Kind: gate.Person, Issuer: "i", Subject: "alice", Credential: "staff", Roles: []string{"clerk"}}}
	a := gatehouse.API{Contract: load(t, ruled), Upstream: g, Options: o, Verifiers: map[string]gate.Verifier{"token": &known{g.who}}}
	if o.Authentication != "" {
		a.Verifiers = nil
	}
	if rules != "" {
		a.Rules = []gatehouse.RuleFile{{Name: "orders.cedar", Text: []byte(rules)}}
	}
	plan, problems := gatehouse.CompileFor(&who, a)
	if plan == nil {
		t.Fatal(problems)
	}
	of.Sink = &g.kept
	g.Gate = gate.New(of)
	g.Swap(plan)
	return g
}

// call makes a call and returns its status.
func (g *gated) call(method, target, body string) int {
	x := g.Acquire()
	x.Method, x.Target, x.Host, x.Version, x.Received = []byte(method), []byte(target), []byte("a"), "HTTP/1.1", time.Now()
	x.Fields = append(x.Fields, gate.Field{Name: []byte("Authorization"), Value: []byte("Bearer t")})
	if body != "" {
		x.Fields = append(x.Fields, gate.Field{Name: []byte("Content-Type"), Value: []byte("application/json")})
		x.Incoming, x.BodyLength = strings.NewReader(body), int64(len(body))
	}
	g.Serve(x, g)
	g.Release(x)
	return g.status
}

var clerkRights = gatehouse.Callers{Roles: map[string]config.Rights{"clerk": {Scopes: []string{"orders"}}, "manager": {}}}

const clerkRules = `@id("clerks") permit(principal in Role::"clerk", action in Action::"tag:orders", resource);
@id("large") forbid(principal, action == Action::"putOrder", resource) when { context.body.amount > 10 };
@id("own") forbid(principal is Person, action == Action::"getOrder", resource) unless { context.path.id == principal.subject };`

func TestRulesInTheGate(t *testing.T) {
	observing := func(guards ...string) gatehouse.Options {
		o := gatehouse.Options{Settings: gatehouse.Settings{Mode: gatehouse.Observe, Modes: map[string]gatehouse.Mode{}}}
		for _, name := range guards {
			o.Modes[name] = gatehouse.Observe
		}
		return o
	}
	rows := []struct {
		name                 string
		options              gatehouse.Options
		who                  gatehouse.Callers
		rules                string
		method, target, body string
		status               int
		code                 gate.Code
		by                   string
	}{
		{"implied-scope-opens-the-contract", gatehouse.Options{}, clerkRights, "", "GET", "/orders/alice", "", 201, 0, ""},
		{"without-it-the-contract-refuses", gatehouse.Options{}, gatehouse.Callers{}, "", "GET", "/orders/alice", "", 403, gate.ScopeMissing, ""},
		{"permitted", gatehouse.Options{}, clerkRights, clerkRules, "GET", "/orders/alice", "", 201, 0, "clerks"},
		{"forbidden", gatehouse.Options{}, clerkRights, clerkRules, "GET", "/orders/bob", "", 403, gate.PolicyDenied, "own"},
		{"body", gatehouse.Options{}, clerkRights, clerkRules, "PUT", "/orders/1", `{"amount":10}`, 201, 0, "clerks"},
		{"body-forbidden", gatehouse.Options{}, clerkRights, clerkRules, "PUT", "/orders/1", `{"amount":11}`, 403, gate.PolicyDenied, "large"},
		{"the-contract-comes-first", gatehouse.Options{}, clerkRights, clerkRules, "PUT", "/orders/1", `{"amount":"11"}`, 400, gate.BodySchema, ""},
		{"public", gatehouse.Options{}, clerkRights, clerkRules, "GET", "/health", "", 201, 0, ""},
		{"no-rule-permits", gatehouse.Options{}, clerkRights, `permit(principal, action == Action::"putOrder", resource);`, "GET", "/orders/alice", "", 403, gate.PolicyDenied, ""},
		{"observing-the-contract-opens-no-rule", observing(), clerkRights, clerkRules, "GET", "/orders/bob", "", 403, gate.PolicyDenied, "own"},
		{"a-body-that-is-observed-is-judged", observing(), clerkRights, clerkRules, "PUT", "/orders/1", `{"amount":"11"}`, 403, gate.PolicyDenied, ""},
		{"a-body-of-another-type-that-is-observed", observing(), clerkRights, clerkRules, "PUT", "/orders/1", `{"amount":11}`, 403, gate.PolicyDenied, "large"},
		{"a-parameter-that-is-observed-is-judged", observing(), clerkRights, clerkRules, "GET", "/orders/alice?shallow=1", "", 201, 0, "clerks"},
		{"a-call-that-is-not-described", observing(), clerkRights, clerkRules, "GET", "/orders", "", 403, gate.PolicyDenied, ""},
		{"nobody-is-known-and-a-rule-permits", gatehouse.Options{Authentication: gatehouse.Upstream}, gatehouse.Callers{}, `permit(principal, action == Action::"getOrder", resource) when { context.path.id == "alice" };`,
			"GET", "/orders/alice", "", 201, 0, "orders.cedar#1"},
		{"nobody-is-known-and-no-rule-permits", gatehouse.Options{Authentication: gatehouse.Upstream}, gatehouse.Callers{}, `permit(principal, action == Action::"getOrder", resource) when { context.path.id == "alice" };`,
			"GET", "/orders/bob", "", 403, gate.PolicyDenied, ""},
		{"public-by-an-option-can-be-forbidden", gatehouse.Options{Authentication: gatehouse.Public}, gatehouse.Callers{}, `forbid(principal, action, resource) when { context has path && context.path has id && context.path.id == "bob" };`,
			"GET", "/orders/bob", "", 403, gate.PolicyDenied, "orders.cedar#1"},
		{"public-by-an-option", gatehouse.Options{Authentication: gatehouse.Public}, gatehouse.Callers{}, `forbid(principal, action, resource) when { context has path && context.path has id && context.path.id == "bob" };`,
			"GET", "/orders/alice", "", 201, 0, ""},
		{"rules-that-are-observed", observing("policy"), clerkRights, clerkRules, "GET", "/orders/bob", "", 201, 0, "own"},
		{"roles-that-are-observed", gatehouse.Options{Settings: gatehouse.Settings{Modes: map[string]gatehouse.Mode{"authz": gatehouse.Observe}}, Roles: map[string]config.Opening{"manager": {Tags: []string{"orders"}}}},
			clerkRights, "", "GET", "/orders/bob", "", 201, 0, ""},
		{"roles-of-the-api", gatehouse.Options{Roles: map[string]config.Opening{"manager": {Tags: []string{"orders"}}}}, clerkRights, "", "GET", "/orders/bob", "", 403, gate.RoleMissing, ""},
		{"roles-of-the-operation-win", gatehouse.Options{Roles: map[string]config.Opening{"manager": {Tags: []string{"orders"}}}, Operations: map[string]gatehouse.Operation{"getOrder": {Roles: []string{"clerk"}}}},
			clerkRights, "", "GET", "/orders/bob", "", 201, 0, ""},
		{"scopes-of-the-operation", gatehouse.Options{Operations: map[string]gatehouse.Operation{"getOrder": {Scopes: []string{"orders", "more"}}}}, clerkRights, "", "GET", "/orders/bob", "", 403, gate.ScopeMissing, ""},
		{"grant", gatehouse.Options{Operations: map[string]gatehouse.Operation{"getOrder": {Roles: []string{"manager"}}}},
			gatehouse.Callers{Roles: clerkRights.Roles, Grants: []config.Grant{{Credential: "staff", Subjects: []string{"alice"}, Roles: []string{"manager"}}}}, "", "GET", "/orders/bob", "", 201, 0, ""},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			g := newGated(t, r.options, r.who, r.rules)
			if status := g.call(r.method, r.target, r.body); status != r.status || g.code != r.code {
				t.Errorf("status %d, code %v by %s", status, g.code, g.guard)
			}
			if by := strings.Join(g.rules, " "); by != r.by {
				t.Errorf("by %q, want %q", by, r.by)
			}
		})
	}
}

// A call that takes long is held to the rules that serve by now.
func TestRulesOfLongCalls(t *testing.T) {
	g := newGated(t, gatehouse.Options{}, clerkRights, clerkRules)
	x := g.Acquire()
	defer g.Release(x)
	x.Method, x.Target, x.Host, x.Version, x.Received = []byte("GET"), []byte("/orders/alice"), []byte("a"), "HTTP/1.1", time.Now()
	x.Fields = append(x.Fields, gate.Field{Name: []byte("Authorization"), Value: []byte("Bearer t")})
	if g.Serve(x, g); g.status != 201 || !x.Recheck() {
		t.Fatal("status ", g.status)
	}
	g.Swap(newGated(t, gatehouse.Options{}, clerkRights, strings.Replace(clerkRules, "permit(", "forbid(", 1)).Plan())
	if x.Recheck() {
		t.Error("goes on under rules that are gone")
	}
	g.Swap(newGated(t, gatehouse.Options{}, clerkRights, clerkRules).Plan())
	if !x.Recheck() {
		t.Error("ends although the rules permit it")
	}
	g.Swap(newGated(t, gatehouse.Options{Roles: map[string]config.Opening{"manager": {Tags: []string{"orders"}}}}, clerkRights, "").Plan())
	if x.Recheck() {
		t.Error("goes on without the role")
	}
}

func TestReadRules(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"a.cedar": "1", "b/2.cedar": "3", "b/1.cedar": "2", "b/x.txt": "no", "c/none": ""} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(names ...string) (texts string, noted int, problems gatehouse.Problems) {
		o := gatehouse.Options{}
		for _, n := range names {
			o.Policies = append(o.Policies, config.File(filepath.Join(folder, n)))
		}
		list, problems := gatehouse.ReadRules(&o, config.Place{}, func(string) { noted++ })
		for _, f := range list {
			texts += string(f.Text)
		}
		return texts, noted, problems
	}
	if texts, noted, problems := read("a.cedar", "b"); texts != "123" || noted != 4 || problems != nil {
		t.Error(texts, noted, problems)
	}
	for name, want := range map[string]string{"c": "has no rules", "nowhere.cedar": "the rules cannot be read: no such file"} {
		if _, _, problems := read(name); problems.Err() == nil || !strings.Contains(problems.Error(), want) {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// BenchmarkHead is the whole head phase of a call whose caller is known, from
// the route to the API.
func BenchmarkHead(b *testing.B) {
	for _, r := range []struct{ name, rules string }{
		{"without-rules", ""}, {"one-rule", `permit(principal in Role::"clerk", action == Action::"getOrder", resource) when { context.path.id == principal.subject };`}, {"three-rules", clerkRules},
	} {
		g := newGated(b, gatehouse.Options{}, clerkRights, r.rules)
		if status := g.call("GET", "/orders/alice?deep=true", ""); status != 201 {
			b.Fatal(r.name, status)
		}
		method, target, host, field := []byte("GET"), []byte("/orders/alice?deep=true"), []byte("a"), gate.Field{Name: []byte("Authorization"), Value: []byte("Bearer t")}
		b.Run(r.name, func(b *testing.B) {
			b.ReportAllocs()
			g.head = 0
			for b.Loop() {
				x := g.Acquire()
				x.Method, x.Target, x.Host, x.Version, x.Received = method, target, host, "HTTP/1.1", time.Now()
				x.Fields = append(x.Fields, field)
				g.Serve(x, g)
				g.Release(x)
			}
			g.reportHead(b)
		})
	}
}
