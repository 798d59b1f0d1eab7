package serve

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
)

// beside revokes what clients were given, beside any gate, as the command does.
func (o *office) beside(t *testing.T, client string, n int) {
	t.Helper()
	d, err := OpenDesk(filepath.Join(o.dir, "gatehouse.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ctx := store.By(context.Background(), "the command line")
	if err := d.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := d.Store.Revoke(ctx, store.Revocation{Kind: store.RevokedClient, Value: client + strconv.Itoa(i), At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
}

// again starts the gate once more.
func (o *office) again(t *testing.T) {
	t.Helper()
	p, err := Start(Config{File: filepath.Join(o.dir, "gatehouse.yaml"), Stderr: &o.log, Poll: -1})
	if err != nil {
		t.Fatal(err)
	}
	o.Program = p
}

// stopped ends the gate and returns the numbers of changes that its ledger has, in
// the order of its entries.
func (o *office) stopped(t *testing.T) (list []int64) {
	t.Helper()
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
	for _, e := range o.changes(t, o.Program) {
		if e.By == "the command line" {
			list = append(list, e.Number)
		}
	}
	return list
}

// caughtUp waits until the ledger has what the store has.
func (o *office) caughtUp(t *testing.T) {
	t.Helper()
	last := int64(0)
	if err := o.reader.keeper.Changes(context.Background(), 0, 1, func(c store.Change) error { last = c.Number; return nil }); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if m := o.reader.book.marked(); m.From == settled && m.Number >= last {
			return
		} else if time.Now().After(end) {
			t.Fatalf("changes up to %d are not on record: %+v\n%s", last, m, o.log.String())
		}
	}
}

// TestLedgerOfChangesBeside: what was changed while no gate ran is on record once,
// whatever became of the mark that says how far the ledger is.
func TestLedgerOfChangesBeside(t *testing.T) {
	o := openRecordedOffice(t, "16MiB")
	o.caughtUp(t)
	before := o.reader.book.marked()
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
	b := o.reader.book
	marks := []struct {
		name    string
		changes int
		change  func() error
	}{
		{"as-it-was", 1, func() error { return nil }},
		{"removed", 2*changesAtOnce + 1, func() error { return os.Remove(filepath.Join(b.options.Dir, markFile)) }},
		{"damaged", 2, func() error { return os.WriteFile(filepath.Join(b.options.Dir, markFile), []byte("x"), 0o600) }},
		{"killed-before-writing", 1, func() error { m := b.marked(); m.From = 0; return b.mark(&m) }},
		{"killed-behind-writing", 1, func() error { m := before; m.From = 0; return b.mark(&m) }},
		{"of-another-store", 1, func() error { m := b.marked(); m.Store += "x"; m.Number += 100; return b.mark(&m) }},
	}
	for _, row := range marks {
		t.Run(row.name, func(t *testing.T) {
			if err := row.change(); err != nil {
				t.Fatal(err)
			}
			o.beside(t, row.name, row.changes)
			o.again(t)
			o.caughtUp(t)
			o.said("what was changed in the store before the start is on record")
			var want []int64
			if err := o.reader.keeper.ChangesSince(context.Background(), 0, 1<<20, func(c store.Change) error {
				if c.By == "the command line" {
					want = append(want, c.Number)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if got := o.stopped(t); !slices.Equal(got, want) {
				t.Errorf("on record are %d, made were %d", got, want)
			}
		})
	}
}
