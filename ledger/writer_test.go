package ledger

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestOneSync has many goroutines wait for one sync.
func TestOneSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newDisk()
		l, err := Open(Options{Files: disk, Origin: origin, Keys: newRing(t), Every: time.Hour})
		must(t, err)
		record(t, l, "so that there is a segment")
		syncs := 0
		disk.mu.Lock()
		disk.fail = func(call string) error {
			if strings.HasPrefix(call, "sync pending") {
				syncs++
				disk.mu.Unlock() // a disk takes its time, and others go on
				time.Sleep(10 * time.Millisecond)
				disk.mu.Lock()
			}
			return nil
		}
		disk.mu.Unlock()
		var all sync.WaitGroup
		for i := range 1000 {
			all.Go(func() { record(t, l, fmt.Sprint(i)) })
		}
		all.Wait()
		must(t, l.Close())
		if syncs > 3 {
			t.Errorf("1000 entries took %d syncs", syncs)
		}
	})
}

// TestRest has entries that nobody waits for share syncs, and one that somebody
// waits for take those before it along at once.
func TestRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newDisk()
		l, err := Open(Options{Files: disk, Origin: origin, Keys: newRing(t), Every: time.Hour})
		must(t, err)
		syncs := 0
		disk.mu.Lock()
		disk.fail = func(call string) error {
			if strings.HasPrefix(call, "sync pending") {
				syncs++
			}
			return nil
		}
		disk.mu.Unlock()
		commit := func(size int) {
			ticket, err := l.Reserve(size + Overhead)
			must(t, err)
			must(t, ticket.Commit(make([]byte, size)))
			ticket.Release()
		}
		for range 100 {
			commit(10)
			time.Sleep(rest / 20)
		}
		time.Sleep(rest)
		if n := l.Stats().Synced; n != 100 || syncs > 6 || syncs < 4 {
			t.Errorf("%d entries took %d syncs", n, syncs)
		}
		begin := time.Now()
		commit(10)
		record(t, l, "somebody waits")
		commit(10)
		must(t, l.Sync(t.Context()))
		for range 2 * maxGroup / MaxEntry { // more than one group holds
			commit(MaxEntry)
		}
		synctest.Wait()
		if n := l.Stats().Synced; n < 103+maxGroup/MaxEntry-1 {
			t.Errorf("%d entries are on disk", n)
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("that took %v", d)
		}
		must(t, l.Close())
		hold(t, disk, l.keys, []string{"somebody waits"})
	})
}

// TestCloseKeepsPending closes a log whose tree cannot be written, in one segment
// and in several: what was durable waits for the next start.
func TestCloseKeepsPending(t *testing.T) {
	for _, segment := range []int{0, 50} {
		t.Run(fmt.Sprint("segments-of-", segment), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				disk, ring := newDisk(), newRing(t)
				l, err := Open(Options{Files: disk, Origin: origin, Keys: ring, segment: segment})
				must(t, err)
				record(t, l, "in the tree")
				time.Sleep(3 * time.Second)
				disk.mu.Lock()
				disk.fail = func(call string) error {
					if strings.Contains(call, " tile/") {
						return errDisk
					}
					return nil
				}
				disk.mu.Unlock()
				all := []string{"in the tree"}
				for i := range 5 {
					all = append(all, fmt.Sprint("pending ", i))
					record(t, l, all[i+1])
					time.Sleep(time.Second)
				}
				if err := l.Close(); err == nil {
					t.Error("it does not say that entries are pending")
				}
				disk.fail = nil
				l, err = Open(Options{Files: disk, Origin: origin, Keys: ring})
				must(t, err)
				must(t, l.Close())
				hold(t, disk, l.keys, all)
			})
		})
	}
}
