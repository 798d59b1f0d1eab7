//go:build !race

package policy

import (
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestDecisionCosts holds what a decision of two hundred rules may take. The best
// of many rounds counts, and of more while it does not suffice, since the machine
// may be busy for seconds.
func TestDecisionCosts(t *testing.T) {
	const rounds, calls, most, patience = 300, 50, 3 * time.Microsecond, 15 * time.Second
	for _, r := range []struct{ name, operation, target string }{{"plain", get, "/orders?limit=10"}, {"path", one, "/orders/17"}} {
		guard := guards(t, twoHundred())[r.operation]
		x := exchange(r.target, "", alice())
		best := time.Hour
		for n, first := 0, time.Now(); n < rounds || best > most && time.Since(first) < patience; n++ {
			begun := time.Now()
			for range calls {
				x.Rules = x.Rules[:0]
				if guard.Head(x) != gate.Allow {
					t.Fatal(r.name, " is refused")
				}
			}
			best = min(best, time.Since(begun)/calls)
		}
		if t.Logf("%s: %v", r.name, best); best > most {
			t.Errorf("%s: %v, at most %v", r.name, best, most)
		}
	}
}
