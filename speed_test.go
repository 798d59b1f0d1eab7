//go:build !race

package gatehouse_test

import (
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/gate"
)

// TestHeadCosts holds what the whole head phase may take, from the route to the
// API: of a call whose token was seen before, with its scope, its parameters and
// all that is asked of it again; and of one with a rule in Cedar besides. The best
// of many rounds counts, and of more while it does not suffice, since the machine
// may be busy for seconds.
func TestHeadCosts(t *testing.T) {
	best := func(s *still, run func(), most time.Duration) time.Duration {
		const rounds, calls, patience = 300, 100, 15 * time.Second
		least := time.Hour
		for n, begun := 0, time.Now(); n < rounds || least > most && time.Since(begun) < patience; n++ {
			s.head = 0
			for range calls {
				run()
			}
			least = min(least, s.head/calls)
		}
		return least
	}
	seen, run := headOf(t, "read write")
	if status := run(); status != 201 {
		t.Fatal(status)
	}
	g := gatedBy(t, gatehouse.Options{}, clerkRights, `permit(principal in Role::"clerk", action == Action::"getOrder", resource) when { context.path.id == principal.subject };`, gate.Options{})
	if status := g.call("GET", "/orders/alice?deep=true", ""); status != 201 {
		t.Fatal(status)
	}
	for _, row := range []struct {
		name string
		head *still
		run  func()
		most time.Duration
	}{
		{"token", seen, func() { run() }, 1700 * time.Nanosecond},
		{"rule", &g.still, func() { g.call("GET", "/orders/alice?deep=true", "") }, 4500 * time.Nanosecond},
	} {
		took := best(row.head, row.run, row.most)
		if t.Logf("%s: %v", row.name, took); took > row.most {
			t.Errorf("%s: %v, at most %v", row.name, took, row.most)
		}
	}
}
