package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// must is for errors that only a broken test has.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// record makes an entry durable.
func record(t testing.TB, l *Log, text string) {
	t.Helper()
	ticket, err := l.Reserve(len(text) + Overhead)
	must(t, err)
	defer ticket.Release()
	must(t, ticket.Durable(t.Context(), []byte(text)))
}

// fill makes n entries durable with one sync or few.
func fill(t testing.TB, l *Log, n int) {
	t.Helper()
	for i := range n {
		text := fmt.Sprintf("entry %d", i)
		ticket, err := l.Reserve(len(text) + Overhead)
		must(t, err)
		must(t, ticket.Commit([]byte(text)))
		ticket.Release()
	}
	must(t, l.Sync(t.Context()))
}

// TestOrder holds the syncs of one entry to the order that a crash may interrupt
// anywhere.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newDisk()
		l, err := Open(Options{Files: disk, Origin: origin, Keys: newRing(t)})
		must(t, err)
		fill(t, l, 255)
		time.Sleep(3 * time.Second)
		disk.mu.Lock()
		disk.tracing = true
		disk.mu.Unlock()
		record(t, l, "the last of a bundle")
		must(t, l.Close())
		want := `write pending-0000000000000001
sync pending-0000000000000001
create tile/entries/000.new
write tile/entries/000.new
sync tile/entries/000.new
rename tile/entries/000
syncdir tile/entries
mkdir tile/1
mkdir tile/1/000.p
create tile/0/000.new
write tile/0/000.new
sync tile/0/000.new
rename tile/0/000
create tile/1/000.p/1.new
write tile/1/000.p/1.new
sync tile/1/000.p/1.new
rename tile/1/000.p/1
syncdir tile/0
syncdir tile
syncdir tile/1
syncdir tile/1/000.p
create checkpoint.new
write checkpoint.new
sync checkpoint.new
rename checkpoint
syncdir .
remove tile/0/000.p/255
remove tile/0/000.p
remove tile/entries/000.p/255
remove tile/entries/000.p
remove pending-0000000000000001`
		var got []string
		for _, call := range disk.trace {
			if !strings.HasPrefix(call, "syncdir ") || !slices.Contains(got, call) {
				got = append(got, call)
			}
		}
		// Tiles are written at a time: each in its own order.
		name := func(call string) string { return strings.TrimSuffix(call[strings.Index(call, " tile/")+1:], ".new") }
		first := slices.Index(got, "mkdir tile/1/000.p") + 1
		slices.SortStableFunc(got[first:first+8], func(a, b string) int { return strings.Compare(name(a), name(b)) })
		if strings.Join(got, "\n") != want {
			t.Errorf("the order was\n%s", strings.Join(got, "\n"))
		}
	})
}

// TestDiskFails has each call fail for a while: whoever waits is told, nothing is
// lost, and the log goes on by itself.
func TestDiskFails(t *testing.T) {
	for _, broken := range []string{"create pending", "write pending", "sync pending", "write tile/entries", "sync tile/0", "syncdir .", "rename checkpoint", "write checkpoint", "mkdir tile"} {
		t.Run(strings.NewReplacer(" ", "-", "/", "-", ".", "dot").Replace(broken), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { failAndGoOn(t, broken) })
		})
	}
}

func failAndGoOn(t *testing.T, broken string) {
	disk := newDisk()
	var said []string
	var mu sync.Mutex
	l, err := Open(Options{Files: disk, Origin: origin, Keys: newRing(t), Say: func(s string) { mu.Lock(); said = append(said, s); mu.Unlock() }})
	must(t, err)
	first, err := l.Reserve(1000)
	must(t, err)
	second, err := l.Reserve(1000)
	must(t, err)
	disk.mu.Lock()
	disk.fail = func(call string) error {
		if strings.HasPrefix(call, broken) {
			return errDisk
		}
		return nil
	}
	disk.mu.Unlock()
	err = first.Durable(t.Context(), []byte("while the disk fails"))
	pending := strings.Contains(broken, "pending") || broken == "syncdir ."
	if pending != errors.Is(err, ErrFailed) {
		t.Errorf("whoever waited was told %v", err)
	}
	time.Sleep(3 * time.Second)
	next, err := l.Reserve(1)
	if pending != errors.Is(err, ErrFailed) {
		t.Errorf("who comes next is told %v", err)
	}
	next.Release()
	if s := l.Stats(); s.Failed != pending || (s.Problem == nil) != pending {
		t.Errorf("it is said to be well: %+v", s)
	}
	must(t, second.Commit([]byte("in line")))
	disk.mu.Lock()
	disk.fail = nil
	disk.mu.Unlock()
	time.Sleep(3 * time.Second)
	record(t, l, "after it")
	first.Release()
	second.Release()
	must(t, l.Close())
	if s := l.Stats(); s.Size != 3 || s.Synced != 3 || s.Held != 0 {
		t.Errorf("%+v", s)
	}
	if len(said) != 2 {
		t.Errorf("it said %q", said)
	}
	hold(t, disk, l.keys, []string{"while the disk fails", "in line", "after it"})
}

// TestNoRoom has Reserve refuse before anything is full.
func TestNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newDisk()
		l, err := Open(Options{Files: disk, Origin: origin, Keys: newRing(t), MaxBytes: 10_000, KeepFree: 1000})
		must(t, err)
		one, err := l.Reserve(6000)
		must(t, err)
		if _, err := l.Reserve(6000); !errors.Is(err, ErrBusy) {
			t.Errorf("more than there is in memory: %v", err)
		}
		one.Release()
		one.Release()
		disk.mu.Lock()
		disk.free = 5000
		disk.mu.Unlock()
		record(t, l, "after which the disk is measured")
		time.Sleep(3 * time.Second)
		if _, err := l.Reserve(2000); !errors.Is(err, ErrFull) {
			t.Errorf("more than there is on disk: %v", err)
		}
		disk.mu.Lock()
		disk.free = 1 << 30
		disk.mu.Unlock()
		time.Sleep(time.Second)
		three, _ := l.Reserve(2000) // may be refused, and has the disk measured
		three.Release()
		synctest.Wait()
		two, err := l.Reserve(2000)
		must(t, err)
		if err := two.Commit(make([]byte, 2000)); !errors.Is(err, ErrTicket) {
			t.Errorf("an entry that is larger than its ticket: %v", err)
		}
		must(t, l.Close())
		if err := two.Commit(nil); !errors.Is(err, ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
		if _, err := l.Reserve(1); !errors.Is(err, ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
		two.Release()
		if n := l.Stats().Held; n != 0 {
			t.Errorf("%d bytes are held for nobody", n)
		}
	})
}

// TestFolder uses a real folder: many goroutines, a second program, another start,
// a folder that cannot be written to.
func TestFolder(t *testing.T) {
	ring, dir := newRing(t), filepath.Join(t.TempDir(), "ledger")
	o := Options{Dir: dir, Origin: origin, Keys: ring, Every: time.Millisecond, KeepFree: 1}
	l, err := Open(o)
	must(t, err)
	if runtime.GOOS == "linux" {
		if _, err := Open(o); !errors.Is(err, ErrLocked) {
			t.Errorf("it was opened twice: %v", err)
		}
	}
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 100 {
				record(t, l, fmt.Sprintf("%d of %d", i, w))
			}
		})
	}
	all.Wait()
	must(t, l.Close())
	l, err = Open(o)
	must(t, err)
	if s := l.Stats(); s.Size != 800 || len(s.Repairs) != 0 {
		t.Errorf("after a clean end: %+v", s)
	}
	must(t, l.Close())
	f, err := ReadFolder(dir)
	must(t, err)
	defer f.Close()
	v, err := checkpoint.NewVerifier(l.Stats().Verifier)
	must(t, err)
	if r, err := Verify(f, Check{Verifier: v}); err != nil || r.Fault != nil || r.Checkpoint.Size != 800 || !r.Signed {
		t.Errorf("%+v, %v", r, err)
	}
	if key, err := Verifier(f); err != nil || key != l.Stats().Verifier {
		t.Errorf("the key beside the log is %q, %v", key, err)
	}
	if os.Getuid() == 0 {
		return // may write everywhere
	}
	must(t, os.Chmod(dir, 0o500))
	defer os.Chmod(dir, 0o700)
	if _, err := Open(o); err == nil {
		t.Error("a folder was opened that cannot be written to")
	}
}

// TestDurableEndsWithItsContext leaves a disk that hangs alone.
func TestDurableEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newDisk()
		l, err := Open(Options{Files: disk, Origin: origin, Keys: newRing(t)})
		must(t, err)
		disk.fail = func(call string) error {
			if strings.HasPrefix(call, "sync pending") {
				disk.mu.Unlock()
				time.Sleep(time.Hour)
				disk.mu.Lock()
			}
			return nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ticket, err := l.Reserve(1000)
		must(t, err)
		if err := ticket.Durable(ctx, []byte("a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it was told %v", err)
		}
		ticket.Release()
		must(t, l.Close())
	})
}

// TestStretch has the next key encrypt, and the last one still open.
func TestStretch(t *testing.T) {
	ring, disk := newRing(t), newDisk()
	l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
	must(t, err)
	old := l.keys.seal(nil, []byte("old"))
	must(t, l.keys.turn(disk, ring, stretch, time.Hour, nil))
	fresh := l.keys.seal(nil, []byte("new"))
	must(t, l.Close())
	l, err = Open(Options{Files: disk, Origin: origin, Keys: ring})
	must(t, err)
	defer l.Close()
	for want, sealed := range map[string][]byte{"old": old, "new": fresh} {
		if got, err := l.keys.unseal(sealed); err != nil || string(got) != want {
			t.Errorf("%q, %v", got, err)
		}
		sealed[4] ^= 3 // the number of the other key
		if _, err := l.keys.unseal(sealed); err == nil {
			t.Errorf("%s opens with the other key", want)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", l.keys, l.keys, l.keys); strings.Contains(text, "ealing") {
		t.Errorf("keys print %s", text)
	}
}

// turning is a ring of the gate that rotates.
type turning struct{ now atomic.Pointer[seal.Ring] }

func (k *turning) Seal(b []byte, at seal.At) ([]byte, error) { return k.now.Load().Seal(b, at) }
func (k *turning) Open(b []byte, at seal.At) ([]byte, error) { return k.now.Load().Open(b, at) }

// TestRotation has the ledger's own keys sealed anew when the gate's key rotates:
// while the log is open, with the next checkpoint.
func TestRotation(t *testing.T) {
	ring, disk := new(turning), newDisk()
	ring.now.Store(newRing(t))
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
		must(t, err)
		record(t, l, "one")
		time.Sleep(3 * time.Second)
		old := ring.now.Load().Newest()
		if by := l.Stats().SealedBy; by != old {
			t.Errorf("sealed by %v, not %v", by, old)
		}
		rotated, err := ring.now.Load().Rotate()
		must(t, err)
		ring.now.Store(rotated)
		record(t, l, "two")
		time.Sleep(3 * time.Second)
		if by, err := SealedBy(disk); err != nil || by != rotated.Newest() {
			t.Errorf("with the next checkpoint it is sealed by %v, not %v: %v", by, rotated.Newest(), err)
		}
		rotated, err = rotated.Rotate()
		must(t, err)
		ring.now.Store(rotated)
		must(t, l.Reseal())
		if by, err := SealedBy(disk); err != nil || by != rotated.Newest() {
			t.Errorf("at once it is sealed by %v, not %v: %v", by, rotated.Newest(), err)
		}
		rotated, err = rotated.Without(old)
		must(t, err)
		ring.now.Store(rotated)
		must(t, l.Close())
	})
	l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
	must(t, err)
	must(t, l.Close())
	hold(t, disk, l.keys, []string{"one", "two"})
}
