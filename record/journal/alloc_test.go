//go:build !race

package journal_test

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/record/journal"
)

// TestAllocations: a call that is recorded takes nothing of the heap, nor does what
// seals and writes it for many.
func TestAllocations(t *testing.T) {
	_, l := open(t)
	j := journal.New()
	j.Use(l)
	e := event()
	once := func() {
		a, err := j.Begin(t.Context(), nil, false)
		if err != nil {
			t.Fatal(err)
		}
		a.End(e)
	}
	for range 2000 { // what is used again and again grows to its size
		once()
	}
	if err := l.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(5000, once); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
