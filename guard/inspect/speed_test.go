//go:build !race

package inspect_test

import (
	"testing"
	"time"
)

// TestSpeed holds what an inspection may take, with room for a machine whose
// cores others use as well; docs/benchmarks.md has the aims. The best of many rounds counts,
// and of more while it does not suffice, since the machine may be busy.
func TestSpeed(t *testing.T) {
	const rounds, calls, patience = 100, 100, 10 * time.Second
	for _, r := range costs {
		x, s := subject(t, r.target, r.texts, r.fields...)
		least := time.Hour
		for n, begun := 0, time.Now(); n < rounds || least > r.most && time.Since(begun) < patience; n++ {
			start := time.Now()
			for range calls {
				run(x, &s, r.body)
			}
			least = min(least, time.Since(start)/calls)
		}
		if t.Logf("%s: %v", r.name, least); least > r.most {
			t.Errorf("%s: %v, at most %v", r.name, least, r.most)
		}
	}
}
