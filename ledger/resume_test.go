package ledger

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestDeletionThatFailed: what the log says is deleted, and could not be, goes with
// the next attempt, which does not say that all is well before.
func TestDeletionThatFailed(t *testing.T) {
	for _, broken := range []string{"create keys.new", "remove tile/entries/000"} {
		t.Run(strings.Fields(broken)[1], func(t *testing.T) {
			ring, disk := newRing(t), newDisk()
			synctest.Test(t, func(t *testing.T) {
				l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
				must(t, err)
				days(t, l, 0, 6, 300)
				fails := func(call string) error {
					if call == broken {
						return errDisk
					}
					return nil
				}
				disk.mu.Lock()
				disk.fail = fails
				disk.mu.Unlock()
				for range 2 {
					if _, err := l.Retain(t.Context(), 1280); err == nil {
						t.Error("nothing is deleted, and nobody is told")
					}
				}
				disk.mu.Lock()
				disk.fail = nil
				disk.mu.Unlock()
				below, err := l.Retain(t.Context(), 1280)
				must(t, err)
				if list := bundlesOf(t, disk); below != 1280 || len(list) == 0 || list[0] != "005" {
					t.Errorf("below %d, and there are %q", below, list)
				}
				must(t, l.Close())
			})
			v, keys := verifierOf(t, disk, ring)
			r, err := Verify(disk, Check{Verifier: v})
			must(t, err)
			if first := keys.body.Sealing[0].Number; r.Fault != nil || r.Deleted != 1280 || first < r.KeysBelow || r.KeysBelow < 2 {
				t.Errorf("the first key is %d: %+v", first, r)
			}
		})
	}
}

// TestBundlesTakenByHand: files that somebody removed have no weight, and nobody
// looks for them for ever.
func TestBundlesTakenByHand(t *testing.T) {
	ring, disk := newRing(t), newDisk()
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
		must(t, err)
		fill(t, l, 2000)
		time.Sleep(time.Minute)
		_, err = l.Prune(t.Context(), Bounds{Bytes: 1 << 30})
		must(t, err)
		for _, n := range bundlesOf(t, disk) {
			must(t, disk.Remove("tile/entries/"+n))
		}
		calls := 0
		disk.mu.Lock()
		disk.fail = func(string) error { // instead of for ever
			if calls++; calls > 10_000 {
				return errDisk
			}
			return nil
		}
		disk.mu.Unlock()
		if _, err := l.Prune(t.Context(), Bounds{Bytes: 1}); err != nil || calls > 1000 {
			t.Errorf("%d calls, %v", calls, err)
		}
		disk.mu.Lock()
		disk.fail = nil
		disk.mu.Unlock()
		must(t, l.Close())
	})
}
