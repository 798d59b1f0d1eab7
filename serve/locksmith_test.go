package serve

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// keyActs are the acts on the gate's own keys among events.
func keyActs(list []*gate.Event) (acts []string) {
	for _, e := range list {
		if strings.HasPrefix(e.Act.String(), "trust-") {
			acts = append(acts, e.Act.String()+" "+e.On)
		}
	}
	return acts
}

// eventsIn are the events of a file.
func (o *office) eventsIn(t *testing.T, name string) (list []*gate.Event) {
	t.Helper()
	for line := range bytes.Lines([]byte(o.text(name))) {
		e := new(gate.Event)
		if err := record.ParseEvent(line, e); err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// actsSettled waits until the ledger and events have the last act on the keys.
func (o *office) actsSettled(t *testing.T) {
	t.Helper()
	list := o.smith.acts()
	last := list[len(list)-1].ID.String()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		var entry keysEntry
		var told keysMark
		m := marksOf(o.live.config, "keys")
		if m.find(&told); o.reader.book.findMark(keysFile, &entry) && entry.From == settled && entry.ID == last && told.ID == last {
			return
		} else if time.Now().After(end) {
			t.Fatalf("act %s is not settled: %+v, %+v\n%s", last, entry, told, o.log.String())
		}
	}
}

// TestActsOnKeys: what was done to the gate's own keys is on record once, whatever
// became of the mark that says how far the ledger is, and among events at least
// once.
func TestActsOnKeys(t *testing.T) {
	o := openRecordedOffice(t, "16MiB")
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
	o.write("gatehouse.yaml", strings.Replace(o.text("gatehouse.yaml"), "record: {events: none,", "record: {events: events.jsonl,", 1))
	o.again(t)
	o.actsSettled(t)
	b := o.reader.book
	var before keysEntry
	if !b.findMark(keysFile, &before) {
		t.Fatal("there is no mark")
	}
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
	told := marksOf(o.live.config, "keys")
	unsettled := func(id string) func() error {
		return func() error { return b.keepMark(keysFile, &keysEntry{keysMark{id}, 0}) }
	}
	for _, row := range []struct {
		name   string
		change func() error
		again  bool // all are told again
	}{
		{"as-it-was", func() error { return nil }, false},
		{"ledger-mark-removed", func() error { return os.Remove(filepath.Join(b.options.Dir, keysFile)) }, false},
		{"ledger-mark-damaged", func() error { return os.WriteFile(filepath.Join(b.options.Dir, keysFile), []byte("x"), 0o600) }, false},
		{"killed-behind-writing", unsettled(before.ID), false},
		{"id-that-is-none", unsettled("01jd0000000000000000000000"), false},
		{"event-mark-removed", func() error { return os.Remove(filepath.Join(told.folders[0], told.name)) }, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			had, done := len(keyActs(o.eventsIn(t, "events.jsonl"))), len(o.smith.acts())
			ctx := keys.By(t.Context(), "the command line")
			_, problems := RotateKeys(ctx, filepath.Join(o.dir, "gatehouse.yaml"), []string{"nonces"})
			if err := errors.Join(problems.Err(), row.change()); err != nil {
				t.Fatal(err)
			}
			o.again(t)
			o.actsSettled(t)
			if err := o.Stop(); err != nil {
				t.Fatal(err)
			}
			want := keyActs(o.smith.acts())
			if got := keyActs(o.changes(t, o.Program)); !slices.Equal(got, want) {
				t.Errorf("on record is %q, done was %q", got, want)
			}
			fresh := keyActs(o.eventsIn(t, "events.jsonl"))[had:]
			if !row.again {
				want = want[done:]
			}
			if !slices.Equal(fresh, want) || len(fresh) == 0 {
				t.Errorf("told was %q, done was %q", fresh, want)
			}
		})
	}
}
