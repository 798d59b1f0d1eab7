package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// twoHundred are rules as an API has them: for roles, for single callers, for
// single operations, and a few that hold for all.
func twoHundred() string {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "permit(principal in Role::\"role%d\", action in Action::\"tag:orders\", resource);\n", i)
		fmt.Fprintf(&b, "permit(principal == Person::\"https://id.example|person%d\", action, resource);\n", i)
		fmt.Fprintf(&b, "permit(principal, action == Action::\"putFile\", resource) when { context.path.name == \"file%d\" };\n", i)
	}
	for i := range 15 {
		fmt.Fprintf(&b, "forbid(principal in Role::\"clerk\", action == Action::\"getOrder\", resource) when { context.path.id == \"%d\" };\n", i)
	}
	b.WriteString(`
permit(principal in Role::"clerk", action in Action::"tag:orders", resource) when { principal.scopes.contains("orders:read") };
permit(principal is Program, action, resource);
forbid(principal, action, resource) when { context.client.isInRange(ip("192.0.2.0/24")) };
forbid(principal, action, resource) unless { context.tls.secure };
forbid(principal, action == Action::"placeOrder", resource) when { context.body.amount > 1000 };
`)
	return b.String()
}

func BenchmarkDecision(b *testing.B) {
	rows := []struct{ name, rules, operation, target, body string }{
		{"one-rule", on(one, `context.path.id == principal.subject`), one, "/orders/alice", ""},
		{"one-rule-refused", on(one, `context.path.id == principal.subject`), one, "/orders/bob", ""},
		{"role", `permit(principal in Role::"clerk", action, resource);`, get, "/orders", ""},
		{"two-hundred", twoHundred(), get, "/orders?limit=10", ""},
		{"two-hundred-and-path", twoHundred(), one, "/orders/17", ""},
		{"two-hundred-and-body", twoHundred(), place, "/orders", `{"amount":17,"customer":{"id":"alice"},"labels":["a","b","c"],"note":"nothing"}`},
	}
	for _, r := range rows {
		guard := guards(b, r.rules)[r.operation]
		x := exchange(r.target, r.body, alice())
		b.Run(r.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Rules = x.Rules[:0]
				guard.walk(x)
			}
		})
	}
}

// A decision allocates what the library does, and no more with more rules.
func TestAllocations(t *testing.T) {
	for _, r := range []struct {
		name, rules, target string
		most                float64
	}{{"one-rule", on(one, `context.path.id == principal.subject`), "/orders/alice", 30}, {"two-hundred", twoHundred(), "/orders/alice", 36}} {
		guard := guards(t, r.rules)[one]
		x := exchange(r.target, "", alice())
		if guard.Head(x) != gate.Allow {
			t.Fatal(r.name, "is refused")
		}
		n := testing.AllocsPerRun(100, func() { x.Rules = x.Rules[:0]; guard.Head(x) })
		if n > r.most {
			t.Errorf("%s: %v allocations, at most %v may be", r.name, n, r.most)
		}
		t.Logf("%s: %v allocations", r.name, n)
	}
}
