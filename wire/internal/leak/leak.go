// Package leak finds goroutines that a test left behind. Tests below wire
// import it, nothing else does. It knows nothing of ours.
package leak

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// Check fails t when goroutines that were started after the call still run
// shortly after the test and its later clean-ups. Call it first.
func Check(t testing.TB) {
	t.Helper()
	before := count()
	t.Cleanup(func() {
		// Goroutines that were told to end need a moment; what is waited
		// for is an end and no duration.
		for limit := time.Now().Add(5 * time.Second); count() > before; runtime.Gosched() {
			if time.Now().After(limit) {
				t.Errorf("%d goroutines before, %d after:\n%s", before, count(), stacks())
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// count leaves out goroutines of the runtime and of testing itself.
func count() int {
	n := 0
	for _, s := range strings.Split(stacks(), "\n\n") {
		if !strings.Contains(s, "testing.(*F).") && !strings.Contains(s, "runtime.ReadTrace") {
			n++
		}
	}
	return n
}

func stacks() string {
	b := make([]byte, 1<<20)
	return string(b[:runtime.Stack(b, true)])
}
