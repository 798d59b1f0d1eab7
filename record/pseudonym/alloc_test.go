//go:build !race

package pseudonym

import (
	"net/netip"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust"
)

// TestNoAllocation: pseudonyms are made on the path of requests.
func TestNoAllocation(t *testing.T) {
	m := New(FromSecrets([]trust.Secret{now}), true)
	a := netip.MustParseAddr("2001:db8::7")
	if n := testing.AllocsPerRun(1000, func() {
		m.Of(1, gate.NamedCaller, "https://id.example.com|alice")
		m.Address(1, a)
	}); n > 0.1 {
		t.Errorf("%v allocations", n)
	}
}
