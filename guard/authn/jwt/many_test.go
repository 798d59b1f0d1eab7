//go:build !race

package jwt

import (
	"testing"
	"time"
)

// TestSeenAmongMany holds what a token takes that was seen before, with all that
// is asked of it again. The best of many rounds counts, and of more while it does
// not suffice, since the machine may be busy for seconds.
func TestSeenAmongMany(t *testing.T) {
	const rounds, batches, most, patience = 100, 128, 400 * time.Nanosecond, 15 * time.Second
	m := newMany(t, live)
	best, lost := time.Hour, 0
	for n, begun := 0, time.Now(); n < rounds || best > most && time.Since(begun) < patience; n++ {
		var spent time.Duration
		for at := range batches {
			took, missed := m.ask(n*batches + at)
			spent, lost = spent+took, lost+missed
		}
		best = min(best, spent/(batches*batch))
	}
	if t.Logf("%v a token, %d not remembered", best, lost); best > most {
		t.Errorf("%v a token, at most %v", best, most)
	}
}
