//go:build !race

package apikey_test

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

func TestAllocations(t *testing.T) {
	key, p := []byte(sample), apikey.NewPepper(trust.NewSecret("pepper"))
	sum := p.Hash(key)
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := apikey.Parse(key); !ok || !p.Matches(&sum, key) {
			t.Error("refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
