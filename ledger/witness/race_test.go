package witness

import (
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
)

// TestRace: of submissions that come at once none takes back what another had
// signed (C2SP tlog-witness, the race at the end of add-checkpoint).
func TestRace(t *testing.T) {
	a, b := newParty(t, "a.example/log"), newParty(t, "b.example/log")
	b.witness.Use([]string{a.vkey()})
	var bodies [][]byte
	for range 8 {
		a.record(5, "entry")
		_, text, err := ledger.Head(a.folder)
		must(t, err)
		bodies = append(bodies, checkpoint.Submission{Checkpoint: text}.Text())
	}
	var all sync.WaitGroup
	signed := make([]int, len(bodies))
	for i, body := range bodies {
		all.Go(func() { signed[i] = b.witness.Add(body).Status })
	}
	all.Wait()
	n := 0
	for _, s := range signed {
		if s == 200 {
			n++
		}
	}
	if n != 1 {
		t.Errorf("of submissions that all go on from nothing %d were signed: %v", n, signed)
	}
}
