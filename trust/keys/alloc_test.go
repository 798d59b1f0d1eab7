//go:build !race

package keys_test

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// TestAllocations counts those of a sum.
func TestAllocations(t *testing.T) {
	k, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	m, message := k.MAC(keys.Owners), []byte("message")
	if n := testing.AllocsPerRun(1000, func() { m.Sum(1, message) }); n > 0.1 {
		t.Errorf("%v allocations", n)
	}
}
