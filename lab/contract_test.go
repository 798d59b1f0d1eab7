package lab_test

import (
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
)

// TestTheContractIsGood holds the shop's document to what `gatehouse check`
// finds: no problem, not even a warning, nothing open and nothing loose.
func TestTheContractIsGood(t *testing.T) {
	c := read(t)
	if _, problems := gatehouse.Compile(gatehouse.API{Contract: c, Options: gatehouse.Options{Authentication: config.ByUpstream}}); len(problems) > 0 {
		t.Error(problems)
	}
	public := 0
	for _, e := range gatehouse.Survey(c) {
		if len(e.Open)+len(e.Loose) > 0 {
			t.Errorf("%s: %v", e.Operation, e.Remarks())
		}
		if e.Public {
			public++
		}
	}
	if n := len(c.Operations); n < 25 || public != 7 {
		t.Errorf("%d operations, %d public", n, public)
	}
}
