package ledger

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stopped is the disk of a gate that was killed while seven entries waited for the
// tree, and the name of the segment that has them.
func stopped(t *testing.T) (*memDisk, string) {
	t.Helper()
	ring, disk := newRing(t), newDisk()
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(Options{Files: disk, Origin: origin, Keys: ring, Every: time.Hour})
		must(t, err)
		record(t, l, "in the tree")
		synctest.Wait()
		for i := range 7 {
			record(t, l, fmt.Sprintf("waits %d", i))
		}
		disk.mu.Lock()
		disk.stopAt = disk.calls
		disk.mu.Unlock()
		if err := l.Close(); err == nil {
			t.Error("nothing waits")
		}
	})
	disk = disk.crash(rand.New(rand.NewPCG(1, 2)))
	names, err := disk.List(".")
	must(t, err)
	segment := ""
	for _, n := range names {
		if strings.HasPrefix(n, segmentPrefix) {
			segment = n
		}
	}
	return disk, segment
}

// TestVerifyPending: what waits is counted, a torn tail is no fault, and damage to
// what was acknowledged is.
func TestVerifyPending(t *testing.T) {
	for _, c := range []struct {
		name    string
		harm    func(text []byte) []byte
		pending int64
		torn    bool
		fault   string
	}{
		{"whole", func(b []byte) []byte { return b }, 7, false, ""},
		{"torn", func(b []byte) []byte { return append(b, b[len(b)-40:len(b)-10]...) }, 7, true, ""},
		{"the-last-one-torn", func(b []byte) []byte { return b[:len(b)-1] }, 6, true, ""},
		{"a-flipped-byte", func(b []byte) []byte { b[segmentHead+3*len(b)/8] ^= 1; return b }, 0, false, "it was recorded and does not read any more"},
		{"its-beginning-is-gone", func(b []byte) []byte { clear(b[:segmentHead]); return b }, 0, false, "it was recorded and does not read any more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk, name := stopped(t)
			n := disk.find(name)
			n.text = c.harm(n.text)
			n.stable = n.text
			r, err := Verify(disk, Check{})
			must(t, err)
			if c.fault != "" {
				if r.Fault == nil || r.Fault.File != name || !strings.Contains(r.Fault.Text, c.fault) {
					t.Errorf("%+v", r.Fault)
				}
				return
			}
			if r.Fault != nil || r.Pending != c.pending || (r.Torn > 0) != c.torn || r.Checkpoint.Size != 1 || r.Moving {
				t.Errorf("%+v %v", r, r.Fault)
			}
		})
	}
	t.Run("a-segment-is-gone", func(t *testing.T) {
		disk, name := stopped(t)
		number, _ := parseSegmentName(name)
		disk.root.names[segmentName(number+1)] = &memNode{text: appendSegmentHead(nil, number+1, 8)}
		must(t, disk.Remove(name))
		r, err := Verify(disk, Check{})
		if err != nil || r.Fault == nil || r.Fault.Index != 1 {
			t.Errorf("%v, %v", r.Fault, err)
		}
	})
}
