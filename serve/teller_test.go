package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/store"
)

// openToldOffice opens a gate that is administered and has a file of events, and no
// ledger.
func openToldOffice(t *testing.T) *office {
	t.Helper()
	o := openRecordedOffice(t, "16MiB")
	text := o.text("gatehouse.yaml")
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
	o.write("gatehouse.yaml", strings.Replace(text, "record: {events: none, ledger: {name: test.example/gate-1, keep_free: 16MiB}}", "record: {events: events.jsonl}", 1))
	if o.text("gatehouse.yaml") == text {
		t.Fatal("the configuration has no ledger to leave out")
	}
	o.again(t)
	return o
}

// told are the events of what the command changed, in the order of the file.
func (o *office) told(t *testing.T) (list []gate.Event) {
	t.Helper()
	for line := range bytes.Lines([]byte(o.text("events.jsonl"))) {
		var e gate.Event
		if err := record.ParseEvent(line, &e); err != nil {
			t.Fatal(err)
		}
		if e.By == "the command line" {
			list = append(list, e)
		}
	}
	return list
}

// toldAll waits until events tell of what the store has.
func (o *office) toldAll(t *testing.T) {
	t.Helper()
	last := int64(0)
	if err := o.reader.keeper.Changes(t.Context(), 0, 1, func(c store.Change) error { last = c.Number; return nil }); err != nil {
		t.Fatal(err)
	}
	epoch, err := o.reader.keeper.Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := marksOf(o.live.config, "store")
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		var at storeMark
		if m.find(&at); at.Store == epoch && at.Number >= last {
			return
		} else if time.Now().After(end) {
			t.Fatalf("changes up to %d are not told: %+v\n%s", last, at, o.log.String())
		}
	}
}

// TestEventsOfChangesBeside: events tell of what was changed while no gate ran,
// once where the mark says how far they are, and again where it does not.
func TestEventsOfChangesBeside(t *testing.T) {
	o := openToldOffice(t)
	o.toldAll(t)
	m := marksOf(o.live.config, "store")
	var before storeMark
	m.find(&before)
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(m.folders[0], m.name)
	keep := func(change func(*storeMark)) func() error {
		return func() error {
			var at storeMark
			m.find(&at)
			change(&at)
			text, err := json.Marshal(at)
			if err != nil {
				return err
			}
			return os.WriteFile(name, text, 0o600)
		}
	}
	made := 0
	for _, row := range []struct {
		name    string
		changes int
		change  func() error
		again   bool // all of them
	}{
		{"as-it-was", 1, func() error { return nil }, false},
		{"many", 2*changesAtOnce + 1, func() error { return nil }, false},
		{"removed", 1, func() error { return os.Remove(name) }, true},
		{"damaged", 2, func() error { return os.WriteFile(name, []byte("{"), 0o600) }, true},
		{"killed-before-the-mark", 1, keep(func(at *storeMark) { *at = before }), true},
		{"of-another-store", 1, keep(func(at *storeMark) { at.Store += "x"; at.Number += 100 }), true},
		{"store-put-back", 1, keep(func(at *storeMark) { at.Number += 100 }), true},
		{"other-change-of-the-number", 1, keep(func(at *storeMark) { at.ID = before.ID }), true},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := row.change(); err != nil {
				t.Fatal(err)
			}
			had := o.told(t)
			o.beside(t, row.name, row.changes)
			made += row.changes
			began := time.Now()
			o.again(t)
			o.toldAll(t)
			o.said("what was changed in the store before the start is among events")
			if err := o.Stop(); err != nil {
				t.Fatal(err)
			}
			all := o.told(t)
			fresh := all[len(had):]
			want := row.changes
			if row.again {
				want = made
			}
			if len(fresh) != want || !slices.IsSortedFunc(fresh, func(a, b gate.Event) int { return int(a.Number - b.Number) }) {
				t.Errorf("%d were told, and %d are to be", len(fresh), want)
			}
			for _, e := range fresh {
				if !e.Time.Before(began) || e.TakenUp.Before(began.Truncate(time.Millisecond)) {
					t.Errorf("%s was done at %s and taken up at %s, and the gate began at %s", e.ID, e.Time, e.TakenUp, began)
				}
			}
			different := map[gate.ID]bool{}
			for _, e := range all {
				different[e.ID] = true
			}
			if len(different) != made {
				t.Errorf("%d ids for %d changes", len(different), made)
			}
		})
	}
}

// TestEventsOfRestoredStore: a store that was restored goes on where the one was
// that it is a copy of, and who restored it is told.
func TestEventsOfRestoredStore(t *testing.T) {
	for _, row := range []struct {
		name          string
		behind, ahead int // changes that only the backup has, or only events
	}{{"as-it-was", 0, 0}, {"backup-of-before", 0, 3}, {"changed-since", 2, 0}} {
		t.Run(row.name, func(t *testing.T) {
			o := openToldOffice(t)
			o.beside(t, "first", 1)
			o.toldAll(t)
			var backup bytes.Buffer
			save := func() {
				if err := o.reader.keeper.Backup(t.Context(), &backup); err != nil {
					t.Fatal(err)
				}
			}
			if row.behind == 0 {
				save()
			}
			o.beside(t, "ahead", row.ahead)
			o.toldAll(t)
			if err := o.Stop(); err != nil {
				t.Fatal(err)
			}
			o.beside(t, "behind", row.behind)
			d, err := OpenDesk(filepath.Join(o.dir, "gatehouse.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			if backup.Len() == 0 {
				if err := d.Store.Backup(t.Context(), &backup); err != nil {
					t.Fatal(err)
				}
			}
			d.Close()
			had := len(o.told(t))
			files, err := filepath.Glob(filepath.Join(o.dir, "state", "gatehouse.db*"))
			if err != nil || len(files) == 0 {
				t.Fatal(files, err)
			}
			for _, f := range files {
				if err := os.Remove(f); err != nil {
					t.Fatal(err)
				}
			}
			if d, err = OpenDesk(filepath.Join(o.dir, "gatehouse.yaml")); err != nil {
				t.Fatal(err)
			}
			if err := d.Store.Restore(store.By(context.Background(), "the command line"), &backup); err != nil {
				t.Fatal(err)
			}
			d.Close()
			o.again(t)
			o.toldAll(t)
			if err := o.Stop(); err != nil {
				t.Fatal(err)
			}
			var acts []string
			for _, e := range o.told(t)[had:] {
				acts = append(acts, e.Act.String())
			}
			if want := append(slices.Repeat([]string{"revoked"}, row.behind), "restored"); !slices.Equal(acts, want) {
				t.Errorf("told was %q, and %q is to be", acts, want)
			}
		})
	}
}

// TestEventsAcrossHandover: what is changed while one gate takes over from another
// is told once, by one of them.
func TestEventsAcrossHandover(t *testing.T) {
	r := recordedHouse(t, "")
	r.write("gatehouse.yaml", strings.Replace(r.text("gatehouse.yaml"), "record: {events: none,", "record: {events: events.jsonl,", 1)+"store: {}\n")
	o := &office{house: r}
	file := filepath.Join(o.dir, "gatehouse.yaml")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const all = 60
	changed := make(chan struct{})
	first := waitingAt(t, ctx, file)
	go func() {
		defer close(changed)
		for i := range all {
			o.beside(t, "client"+strconv.Itoa(i)+"-", 1)
		}
	}()
	second := waitingAt(t, ctx, file)
	if err := <-first.ended; err != nil {
		t.Error(err)
	}
	<-changed
	o.Program = second.Program
	o.toldAll(t)
	cancel()
	if err := <-second.ended; err != nil {
		t.Error(err)
	}
	var numbers []int64
	for _, e := range o.told(t) {
		numbers = append(numbers, e.Number)
	}
	if !slices.IsSorted(numbers) || len(slices.Compact(slices.Clone(numbers))) != all || len(numbers) != all {
		t.Errorf("%d were told of %d: %d", len(numbers), all, numbers)
	}
}

// TestEventsThatWereNotWritten: the mark stays where it is while events cannot be
// written, and the next gate tells.
func TestEventsThatWereNotWritten(t *testing.T) {
	o := openToldOffice(t)
	o.toldAll(t)
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
	text := o.text("gatehouse.yaml")
	o.write("gatehouse.yaml", strings.Replace(text, "events: events.jsonl", "events: /dev/full", 1))
	o.beside(t, "while-full", 3)
	o.again(t)
	o.said("what was changed in the store is not among events, which is tried again")
	if err := o.Stop(); err == nil {
		t.Error("nothing was lost on a full disk: the test shows nothing")
	}
	o.write("gatehouse.yaml", text)
	o.again(t)
	o.toldAll(t)
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
	if list := o.told(t); len(list) != 3 {
		t.Errorf("%d of 3 were told", len(list))
	}
}
