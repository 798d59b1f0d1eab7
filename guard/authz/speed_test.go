//go:build !race

package authz_test

import (
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authz"
)

// TestRolesCost holds what scopes and roles may take. The best of many rounds
// counts, since the machine may be busy.
func TestRolesCost(t *testing.T) {
	const rounds, calls, most = 300, 1000, 100 * time.Nanosecond
	var words gate.Vocabulary
	guard := authz.New(&words, authz.Demands{Scopes: []string{"orders:read"}, Roles: [][]string{{"reader", "clerk"}}})
	x := &gate.Exchange{Principal: alice()}
	if guard.Head(x) != gate.Allow {
		t.Fatal("refused")
	}
	best := time.Hour
	for range rounds {
		begun := time.Now()
		for range calls {
			guard.Head(x)
		}
		best = min(best, time.Since(begun)/calls)
	}
	if t.Logf("%v", best); best > most {
		t.Errorf("%v, at most %v", best, most)
	}
}
