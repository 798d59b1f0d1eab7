package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

const (
	get    = "listOrders"
	one    = "getOrder"
	place  = "placeOrder"
	remove = "DELETE /orders/{id}"
	all    = "permit(principal, action, resource);\n"
)

// row is one call under rules.
type row struct {
	name, rules, operation, target, body string
	who                                  func(p *gate.Principal) // changes alice; nil for alice
	allow                                bool
	by                                   string // the rules that decided
}

func when(condition string) string {
	return "@id(\"r\") permit(principal, action, resource) when { " + condition + " };"
}

func on(operation, condition string) string {
	return "@id(\"r\") permit(principal, action == Action::\"" + operation + "\", resource) when { " + condition + " };"
}

var rows = []row{
	{"no-rule", "", get, "/orders", "", nil, false, ""},
	{"permit", when("true"), get, "/orders", "", nil, true, "r"},
	{"forbid-wins", when("true") + `@id("no") forbid(principal, action, resource);`, get, "/orders", "", nil, false, "no"},
	{"forbid-of-another-operation", when("true") + `forbid(principal, action == Action::"placeOrder", resource);`, get, "/orders", "", nil, true, "r"},
	{"id-by-place", all + "permit(principal, action, resource) when { false };\n" + all, get, "/orders", "", nil, true, "rules.cedar#1 rules.cedar#3"},
	{"role", `permit(principal in Role::"clerk", action, resource);`, get, "/orders", "", nil, true, "rules.cedar#1"},
	{"other-role", `permit(principal in Role::"admin", action, resource);`, get, "/orders", "", nil, false, ""},
	{"kind", `permit(principal is Person, action, resource);`, get, "/orders", "", nil, true, "rules.cedar#1"},
	{"kind-in-role", `permit(principal is Person in Role::"clerk", action, resource);`, get, "/orders", "", nil, true, "rules.cedar#1"},
	{"other-kind", `permit(principal is Program, action, resource);`, get, "/orders", "", nil, false, ""},
	{"no-kind", `permit(principal is Unknown, action, resource);`, get, "/orders", "", func(p *gate.Principal) { p.Kind = gate.Unknown }, true, "rules.cedar#1"},
	{"one", `permit(principal == Person::"https://id.example|alice", action, resource);`, get, "/orders", "", nil, true, "rules.cedar#1"},
	{"same-name-of-another-issuer", `permit(principal == Person::"https://id.example|alice", action, resource);`, get, "/orders", "",
		func(p *gate.Principal) { p.ID, p.Issuer = "https://evil.example|alice", "https://evil.example" }, false, ""},
	{"same-name-of-another-kind", `permit(principal == Person::"https://id.example|alice", action, resource);`, get, "/orders", "",
		func(p *gate.Principal) { p.Kind = gate.Program }, false, ""},
	{"tag", `permit(principal, action in Action::"tag:orders", resource);`, get, "/orders", "", nil, true, "rules.cedar#1"},
	{"tag-of-a-set", `permit(principal, action in [Action::"tag:detail", Action::"listOrders"], resource);`, get, "/orders", "", nil, true, "rules.cedar#1"},
	{"other-tag", `permit(principal, action in Action::"tag:detail", resource);`, get, "/orders", "", nil, false, ""},
	{"class", `permit(principal, action in Action::"class:read", resource);`, get, "/orders", "", nil, true, "rules.cedar#1"},
	{"other-class", `permit(principal, action in Action::"class:read", resource);`, remove, "/orders/1", "", nil, false, ""},
	{"action-in-a-condition", when(`action in Action::"tag:orders"`), get, "/orders", "", nil, true, "r"},
	{"role-in-a-condition", when(`principal in Role::"clerk"`), get, "/orders", "", nil, true, "r"},
	{"role-in-a-condition-of-others", when(`principal in Role::"admin"`), get, "/orders", "", nil, false, ""},
	{"role-of-a-forbid", all + `@id("no") forbid(principal in Role::"clerk", action, resource);`, get, "/orders", "", nil, false, "no"},
	{"unless-a-role", all + `@id("no") forbid(principal, action, resource) unless { principal in [Role::"admin", Role::"clerk"] };`, get, "/orders", "", nil, true, "rules.cedar#1"},
	{"api-in-a-condition", when(`resource == API::"Orders"`), get, "/orders", "", nil, true, "r"},
	{"api", `permit(principal, action, resource == API::"Orders");`, get, "/orders", "", nil, true, "rules.cedar#1"},
	{"without-id", `permit(principal, action == Action::"DELETE /orders/{id}", resource);`, remove, "/orders/1", "", nil, true, "rules.cedar#1"},

	{"subject", on(one, `context.path.id == principal.subject`), one, "/orders/alice", "", nil, true, "r"},
	{"other-subject", on(one, `context.path.id == principal.subject`), one, "/orders/bob", "", nil, false, ""},
	{"escapes-are-read", on(one, `context.path.id == "a b"`), one, "/orders/a%20b", "", nil, true, "r"},
	{"broken-escape", on(one, `context.path.id != "x"`), one, "/orders/%zz", "", nil, false, ""},
	{"no-subject-is-no-subject", on(one, `context.path.id == principal.subject`), one, "/orders/", "", func(p *gate.Principal) { p.Subject = "" }, false, ""},
	{"integer-in-a-path", on(remove, `context.path.id < 10`), remove, "/orders/9", "", nil, true, "r"},
	{"integer-too-large", on(remove, `context.path.id < 10`), remove, "/orders/99", "", nil, false, ""},
	{"integer-that-is-text", on(remove, `context.path.id < 10`), remove, "/orders/9x", "", nil, false, ""},
	{"integer-beyond", on(remove, `context.path.id < 10`), remove, "/orders/-99999999999999999999", "", nil, false, ""},
	{"query", on(get, `context.query has limit && context.query.limit <= 100`), get, "/orders?limit=100", "", nil, true, "r"},
	{"query-missing", on(get, `context.query has limit && context.query.limit <= 100`), get, "/orders", "", nil, false, ""},
	{"query-twice", on(get, `context.query has limit && context.query.limit <= 100`), get, "/orders?limit=1&limit=1000", "", nil, false, ""},
	{"query-twice-in-escapes", on(get, `context.query has limit && context.query.limit <= 100`), get, "/orders?limit=1&%6cimit=1000", "", nil, false, ""},
	{"query-name-broken", on(get, `context.query has limit && context.query.limit <= 100`), get, "/orders?limit=1&limit%=1000", "", nil, false, ""},
	{"query-of-another-type", on(get, `context.query has limit && context.query.limit <= 100`), get, "/orders?limit=true", "", nil, false, ""},
	{"query-empty", on(get, `!(context.query has limit)`), get, "/orders?limit=", "", nil, false, ""},
	{"query-plus-is-space", on(get, `context.query has state && context.query.state == "a b"`), get, "/orders?state=a+b", "", nil, true, "r"},
	{"query-boolean", on(get, `context.query has archived && !context.query.archived`), get, "/orders?archived=false", "", nil, true, "r"},
	{"query-decimal", on(get, `context.query has below && context.query.below.lessThan(decimal("10.5"))`), get, "/orders?below=10.4999", "", nil, true, "r"},
	{"query-decimal-too-fine", on(get, `context.query has below && context.query.below.lessThan(decimal("10.5"))`), get, "/orders?below=10.49999", "", nil, false, ""},

	{"address", when(`context.client.isInRange(ip("10.0.0.0/8"))`), get, "/orders", "", nil, true, "r"},
	{"address-elsewhere", when(`context.client.isInRange(ip("192.0.2.0/24"))`), get, "/orders", "", nil, false, ""},
	{"hour", when(`context.time.hour >= 4 && context.time.hour < 5 && context.time.minute == 5`), get, "/orders", "", nil, true, "r"},
	{"weekday", when(`context.time.weekday == 1`), get, "/orders", "", nil, true, "r"},
	{"lately", when(`principal has authTime && context.time.now.durationSince(principal.authTime) <= duration("10m")`), get, "/orders", "", nil, true, "r"},
	{"not-lately", when(`principal has authTime && context.time.now.durationSince(principal.authTime) <= duration("5m")`), get, "/orders", "", nil, false, ""},
	{"epoch", when(`context.time.epoch > 1700000000`), get, "/orders", "", nil, true, "r"},
	{"connection", when(`context.tls.secure && !context.tls.certificate`), get, "/orders", "", nil, true, "r"},
	{"scopes", when(`principal.scopes.contains("orders:read")`), get, "/orders", "", nil, true, "r"},
	{"facts", when(`principal.amr.contains("pwd") && principal has acr && principal.acr == "1" && principal.credential == "staff"`), get, "/orders", "", nil, true, "r"},
	{"nobody-said-tenant", when(`principal has tenant`), get, "/orders", "", nil, false, ""},
	{"claims", when(`principal.claims has department && principal.claims.department == "sales" && principal.claims has level && principal.claims.level > 2 &&
		principal.claims has groups && principal.claims.groups.contains("b") && principal.claims has limit && principal.claims.limit.lessThan(decimal("100.0")) &&
		principal.claims has home && context.client.isInRange(principal.claims.home) && principal.claims has hired && principal.claims.hired < context.time.now`),
		get, "/orders", "", nil, true, "r"},
	{"claim-missing", when(`principal.claims has department`), get, "/orders", "", func(p *gate.Principal) { delete(p.Attributes, "department") }, false, ""},
	{"claim-of-another-type", when("true"), get, "/orders", "", func(p *gate.Principal) { p.Attributes["level"] = "3" }, false, ""},
	{"one-group-alone", when(`principal.claims has groups && principal.claims.groups.contains("a")`), get, "/orders", "", func(p *gate.Principal) { p.Attributes["groups"] = "a" }, true, "r"},

	{"forbid-that-fails", all + `@id("no") forbid(principal, action, resource) when { principal is Person && principal.subject == "x" };`, get, "/orders", "", func(p *gate.Principal) { p.Subject = "" }, false, "no"},
	{"permit-that-fails", when(`principal is Person && principal.subject == "x"`), get, "/orders", "", func(p *gate.Principal) { p.Subject = "" }, false, ""},
	{"permit-that-fails-beside-another", all + when(`principal is Person && principal.subject == "x"`), get, "/orders", "", func(p *gate.Principal) { p.Subject = "" }, true, "rules.cedar#1"},
	{"overflow-forbids", all + `@id("no") forbid(principal, action == Action::"listOrders", resource) when { context.query has limit && context.query.limit * 9223372036854775807 > 0 };`,
		get, "/orders?limit=9", "", nil, false, "no"},

	{"body", on(place, `context.body.amount < 100`), place, "/orders", `{"amount":99}`, nil, true, "r"},
	{"body-too-much", on(place, `context.body.amount < 100`), place, "/orders", `{"amount":100}`, nil, false, ""},
	{"body-with-exponent", on(place, `context.body.amount < 100`), place, "/orders", `{"amount":1e3}`, nil, false, ""},
	{"body-with-point", on(place, `context.body.amount < 100`), place, "/orders", `{"amount":9.0}`, nil, true, "r"},
	{"body-of-text", on(place, `context.body.amount < 100`), place, "/orders", `{"amount":"9"}`, nil, false, ""},
	{"body-missing-part", on(place, `context.body.amount < 100`), place, "/orders", `{}`, nil, false, ""},
	{"body-twice", on(place, `context.body.amount < 100`), place, "/orders", `{"amount":9,"amount":900}`, nil, false, ""},
	{"body-twice-elsewhere", on(place, `context.body.amount < 100`), place, "/orders", `{"amount":9,"anything":{"a":1,"a":2}}`, nil, false, ""},
	{"body-broken", on(place, `context.body.amount < 100`), place, "/orders", `{"amount":9`, nil, false, ""},
	{"body-and-more", on(place, `context.body.amount < 100`), place, "/orders", `{"amount":9}{}`, nil, false, ""},
	{"body-no-object", on(place, `context.body.amount < 100`), place, "/orders", `[9]`, nil, false, ""},
	{"body-null", on(place, `context.body.amount < 100`), place, "/orders", `null`, nil, false, ""},
	{"body-empty", on(place, `context.body.amount < 100`), place, "/orders", ``, nil, false, ""},
	{"body-inside", on(place, `context.body has customer.id && context.body.customer.id == principal.subject`), place, "/orders", `{"amount":1,"customer":{"id":"alice"}}`, nil, true, "r"},
	{"body-odd-name", on(place, `context.body has customer && context.body.customer has "e-mail" && context.body.customer["e-mail"] like "*@example.com"`),
		place, "/orders", `{"amount":1,"customer":{"id":"a","e-mail":"a@example.com"}}`, nil, true, "r"},
	{"body-list", on(place, `context.body has labels && context.body.labels.contains("a")`), place, "/orders", `{"amount":1,"labels":["b","a"]}`, nil, true, "r"},
	{"body-list-of-null", on(place, `context.body has labels`), place, "/orders", `{"amount":1,"labels":[null]}`, nil, false, ""},
	{"body-property-null", on(place, `!(context.body has note)`), place, "/orders", `{"amount":1,"note":null}`, nil, true, "r"},
	{"body-decimal", on(place, `context.body has price && context.body.price.lessThan(decimal("10.0"))`), place, "/orders", `{"amount":1,"price":9.99}`, nil, true, "r"},
	{"body-boolean", on(place, `context.body has express && context.body.express`), place, "/orders", `{"amount":1,"express":true}`, nil, true, "r"},
	{"body-forbids", all + `@id("no") forbid(principal, action == Action::"placeOrder", resource) when { context.body.amount > 10 };`, place, "/orders", `{"amount":11}`, nil, false, "no"},
	{"body-forbids-not", all + `forbid(principal, action == Action::"placeOrder", resource) when { context.body.amount > 10 };`, place, "/orders", `{"amount":9}`, nil, true, "rules.cedar#1"},
	{"body-of-text-does-not-open", all + `forbid(principal, action == Action::"placeOrder", resource) when { context.body.amount > 10 };`, place, "/orders", `{"amount":"11"}`, nil, false, ""},
	{"body-whole-context", `permit(principal, action == Action::"placeOrder", resource) when { context.body == context.body };`, place, "/orders", `{"amount":9}`, nil, true, "rules.cedar#1"},

	{"public-needs-no-permit", "", "health", "/health", "", nil, true, ""},
	{"public-can-be-forbidden", `forbid(principal, action == Action::"health", resource) unless { context.client.isLoopback() };`, "health", "/health", "", nil, false, "rules.cedar#1"},
	{"public-by-choice", `@id("no") forbid(principal is Person, action == Action::"menu", resource);`, "menu", "/menu", "", nil, false, "no"},
}

func TestRules(t *testing.T) {
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			who := alice()
			if r.who != nil {
				r.who(who)
			}
			x := exchange(r.target, r.body, who)
			guard := guards(t, r.rules)[r.operation]
			if v := guard.walk(x); (v == gate.Allow) != r.allow {
				t.Errorf("verdict %d, by %q, refusal %+v", v, x.Rules, x.Refusal)
			}
			slices.Sort(x.Rules)
			if by := strings.Join(x.Rules, " "); by != r.by {
				t.Errorf("by %q, want %q", by, r.by)
			}
			if !r.allow && (x.Refusal.Code != gate.PolicyDenied || x.Refusal.Detail+x.Refusal.Name+x.Refusal.Pointer != "") {
				t.Errorf("refusal %+v", x.Refusal)
			}
			if x.Refusal.Cause != nil && strings.ContainsAny(x.Refusal.Cause.Error(), `"{}/`) {
				t.Errorf("the cause may hold something of the call: %v", x.Refusal.Cause)
			}
		})
	}
}

// Nobody is no one: where a credential is needed and the guard that demands it
// is observed, no rule that asks for somebody permits.
func TestNobody(t *testing.T) {
	h := guards(t, `permit(principal is Person, action, resource); permit(principal, action == Action::"getOrder", resource) when { principal.subject == "" };`)
	for _, name := range []string{get, one, place} {
		if h[name].walk(exchange("/orders/1", "", nil)) != gate.Deny {
			t.Errorf("%s lets nobody through", name)
		}
	}
	if h["menu"] != nil && h["menu"].walk(exchange("/menu", "", nil)) != gate.Allow {
		t.Error("what is public needs somebody")
	}
}

// A body that nobody reads, because what the guard of requests says is only
// observed, cannot be judged.
func TestBodyThatIsAStream(t *testing.T) {
	h := guards(t, all+`forbid(principal, action == Action::"placeOrder", resource) when { context.body.amount > 10 };`)
	x := exchange("/orders", `{"amount":1}`, alice())
	x.Intake.Mode = gate.Stream
	if h[place].Head(x) != gate.Deny {
		t.Error("passes unread")
	}
	x = exchange("/files/a", "x", alice())
	x.Intake.Mode = gate.Stream
	if h["putFile"].Head(x) != gate.Allow {
		t.Error("where no rule reads the body, it may be a stream")
	}
}

// Where a proxy asks that keeps bodies to itself, the rules that need no body
// judge alone: one that reads it does not permit, and one that would forbid has,
// as one that fails has.
func TestBodyThatIsKept(t *testing.T) {
	for rules, want := range map[string]gate.Verdict{
		on(place, `context.body.amount < 100`): gate.Deny,
		all + `forbid(principal, action == Action::"placeOrder", resource) when { context.body.amount > 10 };`: gate.Deny,
		all + on(place, `context.body.amount < 100`):                                                           gate.Allow,
		all + `forbid(principal is Person, action, resource);`:                                                 gate.Deny,
	} {
		x := exchange("/orders", "", alice())
		x.Question, x.BodyLength, x.Intake.Mode = &gate.Question{}, -1, gate.Stream
		if got := guards(t, rules)[place].Head(x); got != want || got == gate.Allow && len(x.Rules) != 1 {
			t.Errorf("%s: %d by %q", rules, got, x.Rules)
		}
	}
}

func TestRecheck(t *testing.T) {
	h := guards(t, when(`principal.scopes.contains("orders:read")`)+`forbid(principal, action, resource) when { context.time.epoch < 1900000000 };`)
	x := exchange("/orders", "", alice())
	if h[get].Head(x) != gate.Allow {
		t.Fatal("is refused at first")
	}
	if h[get].Recheck(x) != gate.Deny { // it is earlier now than when the call came
		t.Error("the clock of the call is asked again")
	}
	x.Principal = &gate.Principal{ID: "b"}
	if h[get].Recheck(x) != gate.Deny {
		t.Error("somebody else goes on")
	}
}

func TestClosed(t *testing.T) {
	x := exchange("/", "", alice())
	if (Closed{}).Head(x) != gate.Deny || x.Refusal.Code != gate.PolicyDenied {
		t.Error(x.Refusal)
	}
}

// Somebody with thousands of roles, scopes and groups costs little more than
// somebody with one, once the entity is made.
func TestManyRoles(t *testing.T) {
	h := guards(t, `permit(principal in Role::"r9999", action, resource) when { principal.scopes.contains("s9999") && principal.claims has groups && principal.claims.groups.contains("g9999") };
forbid(principal in Role::"r10000", action, resource);`)
	who := alice()
	var groups []any
	for i := range 10_000 {
		who.Roles = append(who.Roles, fmt.Sprintf("r%d", i))
		who.Scopes = append(who.Scopes, fmt.Sprintf("s%d", i))
		groups = append(groups, fmt.Sprintf("g%d", i))
	}
	who.Attributes["groups"] = groups
	x := exchange("/orders", "", who)
	if h[get].Head(x) != gate.Allow {
		t.Fatal("is refused")
	}
	begin := time.Now()
	for range 1000 {
		h[get].Head(x)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("a thousand decisions took %v", took)
	}
}

// Two callers with one name are never one, whatever the names hold.
func TestNamesDoNotRunTogether(t *testing.T) {
	h := guards(t, `permit(principal == Person::"a|b|c", action, resource);`)
	for id, want := range map[string]gate.Verdict{"a|b|c": gate.Allow, "a|b": gate.Deny, `a|b|c"`: gate.Deny, "A|b|c": gate.Deny, "a|b|c ": gate.Deny, `Person::"a|b|c"`: gate.Deny} {
		if got := h[get].Head(exchange("/orders", "", &gate.Principal{ID: id, Kind: gate.Person})); got != want {
			t.Errorf("%q: %d", id, got)
		}
	}
}

// One principal that calls two APIs of a plan, and two plans, is seen by each as
// that one says.
func TestOnePrincipalTwoPlans(t *testing.T) {
	who := alice()
	for range 3 {
		for role, want := range map[string]gate.Verdict{"clerk": gate.Allow, "admin": gate.Deny} {
			h := guards(t, `permit(principal in Role::"`+role+`", action, resource);`)
			if got := h[get].Head(exchange("/orders", "", who)); got != want {
				t.Errorf("%s: %d", role, got)
			}
		}
	}
}
