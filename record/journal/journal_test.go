package journal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/record/journal"
	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// disk is a folder whose free room is what a test says, and which takes nothing
// while it is broken.
type disk struct {
	*ledger.Folder
	free   atomic.Int64
	broken atomic.Bool
}

var errBroken = errors.New("the disk is broken")

func (d *disk) Free() (int64, error) { return d.free.Load(), nil }

func (d *disk) Create(name string) (ledger.File, error) {
	if d.broken.Load() {
		return nil, errBroken
	}
	f, err := d.Folder.Create(name)
	return &file{f, d}, err
}

type file struct {
	ledger.File
	disk *disk
}

func (f *file) Sync() error {
	if f.disk.broken.Load() {
		return errBroken
	}
	return f.File.Sync()
}

// open opens a ledger on a disk with much room.
func open(t *testing.T) (*disk, *ledger.Log) {
	t.Helper()
	folder, err := ledger.WriteFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := &disk{Folder: folder}
	d.free.Store(1 << 40)
	k, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(ledger.Options{Files: d, Origin: "test.example/1", Keys: k.Data(), Every: time.Millisecond, MaxBytes: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); folder.Close() })
	return d, l
}

func event() *gate.Event {
	return &gate.Event{ID: gate.ID([]byte("01m8gb9t62mtjh2a1yy53rm7cw")), Time: time.Unix(0, 0), Operation: "addOrder", Method: "POST"}
}

// call has one call recorded, and says how far it came.
func call(t *testing.T, j *journal.Journal, durable bool) (begun, answered error) {
	t.Helper()
	a, err := j.Begin(t.Context(), event(), durable)
	if err != nil {
		return err, nil
	}
	gone, leave := context.WithCancel(t.Context())
	leave() // the client does not wait for the answer
	answered = a.Answered(&gate.Exchange{Context: gone}, event())
	a.End(event())
	return nil, answered
}

// TestJournal: a call has one entry, a durable one two before the client has an
// answer, and all room is given back.
func TestJournal(t *testing.T) {
	_, l := open(t)
	j := journal.New()
	j.Use(l)
	for n, durable := range []bool{false, true} {
		if begun, answered := call(t, j, durable); begun != nil || answered != nil {
			t.Fatal(begun, answered)
		}
		if durable && l.Stats().Synced < 3 { // and of the call before, one
			t.Error("durable, and not on disk:", l.Stats().Synced)
		}
		if s := j.Stats(); s != (journal.Stats{Recorded: uint64(n + 1)}) {
			t.Errorf("%+v", s)
		}
	}
	if err := l.Sync(t.Context()); err != nil || l.Stats().Synced != 4 {
		t.Error(err, l.Stats().Synced)
	}
	for n := range 4000 { // room that is not given back would be all by then
		if begun, _ := call(t, j, false); begun != nil {
			t.Fatal(begun)
		}
		if n%100 == 0 {
			if err := l.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestDurableWaits: a durable call neither begins nor is answered before the disk
// has what is said of it, and one that need not be durable waits for nothing.
func TestDurableWaits(t *testing.T) {
	for _, row := range []struct{ durable, broken bool }{{true, false}, {true, true}, {false, false}, {false, true}} {
		t.Run(fmt.Sprintf("durable-%v-broken-from-the-beginning-%v", row.durable, row.broken), func(t *testing.T) {
			d, l := open(t)
			j := journal.New()
			j.Use(l)
			d.broken.Store(row.broken)
			a, err := j.Begin(t.Context(), event(), row.durable)
			if (err != nil) != (row.durable && row.broken) {
				t.Fatal("it begins: ", err)
			}
			if err != nil {
				return
			}
			if n := l.Stats().Synced; row.durable && n != 1 {
				t.Errorf("it begins with %d entries on disk", n)
			}
			d.broken.Store(true)
			if err := a.Answered(&gate.Exchange{Context: t.Context()}, event()); (err != nil) != row.durable {
				t.Error("it is answered: ", err)
			}
			a.End(event())
			d.broken.Store(false)
		})
	}
}

// TestDeepPlace: a call that was wrong deep in its body, and was let pass, is on
// record as others are.
func TestDeepPlace(t *testing.T) {
	_, l := open(t)
	j := journal.New()
	j.Use(l)
	e := event()
	e.Pointer = strings.Repeat("/children/0", 1000)
	for _, durable := range []bool{false, true} {
		a, err := j.Begin(t.Context(), e, durable)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Answered(&gate.Exchange{Context: t.Context()}, e); err != nil {
			t.Error(err)
		}
		a.End(e)
	}
	if err := l.Sync(t.Context()); err != nil || l.Stats().Synced != 4 || j.Stats().Failed != 0 {
		t.Errorf("%v, %d entries, %+v", err, l.Stats().Synced, j.Stats())
	}
}

// TestNoRoom: where nothing can be recorded, the call is not begun.
func TestNoRoom(t *testing.T) {
	for name, spoil := range map[string]func(*disk, *ledger.Log){
		"full":   func(d *disk, l *ledger.Log) { d.free.Store(0); l.Reserve(1 << 50) },
		"broken": func(d *disk, _ *ledger.Log) { d.broken.Store(true) },
		"closed": func(_ *disk, l *ledger.Log) { l.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			d, l := open(t)
			j := journal.New()
			j.Use(l)
			if begun, answered := call(t, j, true); begun != nil || answered != nil {
				t.Fatal(begun, answered)
			}
			spoil(d, l)
			deadline := time.Now().Add(10 * time.Second) // what the disk has left is measured now and then
			for {
				begun, _ := call(t, j, true)
				if begun != nil {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("calls are begun")
				}
			}
			if s := j.Stats(); s.Refused == 0 || s.Failed > 0 && name != "closed" {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestOpening: calls wait for a ledger that another gate still has, and are
// refused when that takes too long or nobody waits for them any more.
func TestOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := journal.New()
		begin := time.Now()
		if _, err := j.Begin(t.Context(), event(), false); err == nil || time.Since(begin) < time.Second || time.Since(begin) > time.Minute {
			t.Error(err, time.Since(begin))
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := j.Begin(gone, event(), false); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if s := j.Stats(); s != (journal.Stats{Refused: 2}) {
			t.Errorf("%+v", s)
		}
	})
	_, l := open(t)
	j := journal.New()
	done := make(chan error)
	go func() {
		_, err := j.Begin(t.Context(), event(), false)
		done <- err
	}()
	j.Use(l)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
