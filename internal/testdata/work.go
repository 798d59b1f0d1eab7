package testdata

import (
	"fmt"
	"testing"
	"time"
)

// Grows reports what is wrong with work that is done for inputs of two sizes,
// the larger times as large: more than three times what is in proportion, with
// room for what the collector of garbage makes of little work, or "" for nothing.
// Each is measured again where it seems to be too much, and the least counts.
func Grows(t testing.TB, times int, small, large func()) (wrong string) {
	t.Helper()
	measure := func(f func()) time.Duration {
		begin := Work(t)
		f()
		return Work(t) - begin
	}
	few, many := measure(small), measure(large)
	for try := 0; ; try++ {
		switch {
		case many <= 3*time.Duration(times)*few+200*time.Millisecond:
			return ""
		case try == 3:
			return fmt.Sprintf("%v of work become %v for %d times as much", few, many, times)
		}
		few, many = min(few, measure(small)), min(many, measure(large))
	}
}
