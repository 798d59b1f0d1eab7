package record

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// TestRing has many goroutines put lines into a small ring while one takes them:
// each comes out once and whole, those of a goroutine in its order, and no buffer
// is lost.
func TestRing(t *testing.T) {
	const writers, each = 8, 1000
	r := newRing(64)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := 0; i < each; {
				s, at := r.claim()
				if s == nil {
					runtime.Gosched()
					continue
				}
				s.line = fmt.Appendf(s.line, "%d %d %0*d", w, i, i%50, 0)
				s.publish(at)
				i++
			}
		})
	}
	var next [writers]int
	for left := writers * each; left > 0; {
		line := r.next()
		if line == nil {
			runtime.Gosched()
			continue
		}
		var w, i, rest int
		if _, err := fmt.Sscanf(string(line), "%d %d %d", &w, &i, &rest); err != nil || i != next[w] {
			t.Fatalf("%q came where entry %d of its writer was due: %v", line, next[w], err)
		}
		next[w]++
		left--
		r.free()
	}
	all.Wait()
	if line := r.next(); line != nil {
		t.Errorf("one more: %q", line)
	}
	seen := map[uint32]bool{}
	for range r.slots {
		seen[r.idle.pop()] = true
	}
	if len(seen) != len(r.slots) {
		t.Errorf("%d buffers are left of %d", len(seen), len(r.slots))
	}
}

// TestRingUsesFewBuffers: lines that do not wait share one.
func TestRingUsesFewBuffers(t *testing.T) {
	r := newRing(64)
	for range 1000 {
		s, at := r.claim()
		s.line = append(s.line, "line"...)
		s.publish(at)
		r.next()
		r.free()
	}
	used := 0
	for _, b := range r.buffers {
		if b != nil {
			used++
		}
	}
	if used != 1 {
		t.Errorf("%d buffers were used", used)
	}
}
