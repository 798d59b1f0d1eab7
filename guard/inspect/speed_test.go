//go:build !race

package inspect_test

import (
	"testing"
	"time"
)

// TestSpeed holds what an inspection may take to the aims of docs/benchmarks.md,
// with room for slower machines and shared caches. The best of many rounds
// counts, and of more while it does not suffice, since the machine may be busy.
func TestSpeed(t *testing.T) {
	const rounds, calls, patience, room = 100, 100, 10 * time.Second, 2
	for _, r := range costs {
		x, s := subject(t, r.target, r.texts, r.fields...)
		least := time.Hour
		for n, begun := 0, time.Now(); n < rounds || least > room*r.most && time.Since(begun) < patience; n++ {
			start := time.Now()
			for range calls {
				run(x, &s, r.body)
			}
			least = min(least, time.Since(start)/calls)
		}
		if t.Logf("%s: %v", r.name, least); least > room*r.most {
			t.Errorf("%s: %v, at most %v are wanted", r.name, least, r.most)
		}
	}
}
