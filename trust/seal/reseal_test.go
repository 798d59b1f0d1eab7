package seal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// table is a small table with one sealed column.
type table struct {
	mu     sync.Mutex
	rows   map[string][]byte // guarded by mu
	failAt int               // the transaction that fails; 0 for none
	before func()            // called before each transaction
	ran    int               // transactions
}

func at(row string) seal.At { return seal.At{Table: "t", Column: "c", Row: row} }

func filled(t testing.TB, r *seal.Ring, n int) *table {
	t.Helper()
	tab := &table{rows: map[string][]byte{}}
	for i := range n {
		id := fmt.Sprintf("%06d", i)
		tab.rows[id] = sealed(t, r, "value "+id, at(id))
	}
	return tab
}

func (tab *table) Sealed(_ context.Context, behind string, most int) (rows []seal.Row, next string, err error) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	var ids []string
	for id := range tab.rows {
		if id > behind {
			ids = append(ids, id)
		}
	}
	sort.Strings(ids)
	next = behind
	for _, id := range ids[:min(most, len(ids))] {
		rows = append(rows, seal.Row{At: at(id), Sealed: slices.Clone(tab.rows[id])})
		next = id
	}
	return rows, next, nil
}

var errDown = errors.New("the database is down")

func (tab *table) Replace(_ context.Context, changes []seal.Change) (n int, err error) {
	if tab.before != nil {
		tab.before()
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	if tab.ran++; tab.ran == tab.failAt {
		return 0, errDown
	}
	for _, c := range changes {
		if bytes.Equal(tab.rows[c.At.Row], c.Old) {
			tab.rows[c.At.Row] = c.New
			n++
		}
	}
	return n, nil
}

func (tab *table) put(t testing.TB, r *seal.Ring, id, text string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.rows[id] = sealed(t, r, text, at(id))
}

// TestReseal moves a table to the newest key while rows are written, removed
// and read, breaks off, and goes on.
func TestReseal(t *testing.T) {
	const n = 1234
	first := newRing(t)
	tab := filled(t, first, n)
	ring := rotate(t, rotate(t, first))
	tab.failAt = 5
	tab.before = func() { // somebody is quicker, with the old key: another node that has not heard yet
		tab.put(t, first, "000007", "late")
		tab.put(t, first, "001200", "late")
		tab.put(t, ring, "000450", "fresh")
		tab.mu.Lock()
		delete(tab.rows, "000451")
		tab.mu.Unlock()
	}
	var kept seal.Progress
	p, err := seal.Reseal(t.Context(), ring, tab, seal.Progress{}, func(p seal.Progress) { kept = p })
	if !errors.Is(err, errDown) || p.Done || kept.Seen != 400 || kept.Cursor == "" {
		t.Fatalf("%+v, kept %+v, %v", p, kept, err)
	}
	if p, err = seal.Reseal(t.Context(), ring, tab, kept, nil); err != nil || !p.Done || p.Seen < n-2 || p.Raced == 0 {
		t.Fatalf("%+v %v", p, err)
	}
	use, err := seal.InUse(t.Context(), tab)
	if err != nil || use[first.Newest()] == 0 {
		t.Fatal("what was written late is not counted:", use, err)
	}
	tab.before = nil
	if p, err = seal.Reseal(t.Context(), ring, tab, seal.Progress{}, nil); err != nil || p.Raced != 0 || p.Resealed == 0 {
		t.Fatalf("%+v %v", p, err)
	}
	if use, err = seal.InUse(t.Context(), tab); err != nil || len(use) != 1 || use[ring.Newest()] != n-1 {
		t.Fatal(use, err)
	}
	for id, b := range tab.rows {
		if plain, err := ring.Open(b, at(id)); err != nil || len(plain) == 0 {
			t.Fatal(id, err)
		}
	}
	if before := tab.ran; before > 0 {
		if p, err = seal.Reseal(t.Context(), ring, tab, seal.Progress{}, nil); err != nil || p.Resealed != 0 || tab.ran != before {
			t.Errorf("a walk with nothing to do: %+v %v, %d transactions", p, err, tab.ran-before)
		}
	}
}

// TestResealStops ends where a value does not open, and where it is told to.
func TestResealStops(t *testing.T) {
	first := newRing(t)
	tab := filled(t, first, 300)
	tab.rows["000150"][20] ^= 1
	p, err := seal.Reseal(t.Context(), rotate(t, first), tab, seal.Progress{}, nil)
	if !errors.Is(err, seal.ErrUnopened) || p.Done || p.Seen != 100 {
		t.Errorf("%+v %v", p, err)
	}
	if !bytes.Contains([]byte(err.Error()), []byte(`table t, column c, row "000150"`)) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	tab = filled(t, first, 300)
	p, err = seal.Reseal(ctx, rotate(t, first), tab, seal.Progress{}, func(seal.Progress) { cancel() })
	if !errors.Is(err, context.Canceled) || p.Seen != 100 {
		t.Errorf("%+v %v", p, err)
	}
	tab.rows["000000"] = []byte("no sealed value at all, but as long as one")
	if _, err := seal.InUse(t.Context(), tab); !errors.Is(err, seal.ErrUnopened) {
		t.Error(err)
	}
}

func BenchmarkReseal(b *testing.B) {
	for _, n := range []int{1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			first := newRing(b)
			ring := rotate(b, first)
			for b.Loop() {
				b.StopTimer()
				tab := filled(b, first, n)
				b.StartTimer()
				seal.Reseal(b.Context(), ring, tab, seal.Progress{}, nil)
			}
		})
	}
}
