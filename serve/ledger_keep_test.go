package serve

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// TestLedgerKeeps: a gate that runs deletes what is older than it is to keep, and
// says so; what is younger stays, and so does all where nothing is said.
func TestLedgerKeeps(t *testing.T) {
	ring, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var log testdata.Buffer
	synctest.Test(t, func(t *testing.T) {
		s := &config.Ledger{Name: "test.example/gate-1", Path: config.File(dir), Keep: 48 * time.Hour}
		b := newBook(s, ring, slog.New(slog.NewTextHandler(&log, nil)))
		if err := b.open(false); err != nil {
			t.Fatal(err)
		}
		fill := func() {
			t.Helper()
			ticket, err := b.log.Reserve(300 * (10 + ledger.Overhead))
			if err != nil {
				t.Fatal(err)
			}
			for range 300 {
				if err := ticket.Commit([]byte("0123456789")); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(24 * time.Hour)
		}
		for range 6 {
			fill()
		}
		if n := b.log.Deleted(); n != 0 {
			t.Errorf("no configuration serves that says so, and below %d entries were deleted", n)
		}
		c := &config.Config{}
		c.Record.Ledger = s
		b.settle(c)
		time.Sleep(time.Hour)
		if n := b.log.Deleted(); n < 3*256 || n > 5*300 {
			t.Errorf("of six days are to stay two, and below %d entries were deleted", n)
		}
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	if text := log.String(); !strings.Contains(text, "were deleted, as keep and max_bytes say") {
		t.Errorf("it said %s", text)
	}
}

// TestClock: a time of day that was set is noticed.
func TestClock(t *testing.T) {
	for day, want := range map[time.Duration]bool{10 * time.Minute: true, 10*time.Minute + 5*time.Second: true, 12 * time.Minute: false, -time.Hour: false, 24 * 365 * time.Hour: false} {
		if got := even(10*time.Minute, day); got != want {
			t.Errorf("ten minutes that are %v by day: %v", day, got)
		}
	}
}

// TestChangesOfAPrunedLedger: what was changed before the oldest entry that a
// ledger still has is taken for recorded, since it may have been deleted with it.
func TestChangesOfAPrunedLedger(t *testing.T) {
	ring, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	b := newBook(&config.Ledger{Name: "test.example/gate-1", Path: config.File(t.TempDir())}, ring, slog.New(slog.DiscardHandler))
	if err := b.open(false); err != nil {
		t.Fatal(err)
	}
	defer b.close()
	const made = 600
	begun := time.Unix(1_900_000_000, 0).UTC()
	n, err := b.Notes(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Release()
	list := make([]*gate.Event, made)
	for i := range list {
		at := begun.Add(time.Duration(i) * time.Second)
		list[i] = &gate.Event{Act: gate.Revoked, Time: at, ID: gate.NumberedID(at, int64(i)), Number: int64(i)}
	}
	if err := n.WriteAll(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	seen, past, err := b.recorded(t.Context(), 0)
	if err != nil || len(seen) != made || !past.IsZero() {
		t.Fatalf("%d of %d, past %v: %v", len(seen), made, past, err)
	}
	below, err := b.log.Retain(t.Context(), 300)
	if err != nil || below != 256 {
		t.Fatal(below, err)
	}
	seen, past, err = b.recorded(t.Context(), 0)
	if _, ok := seen[list[256].ID]; err != nil || len(seen) != made-256 || !ok || !past.Equal(list[256].Time) {
		t.Fatalf("%d entries, past %v: %v", len(seen), past, err)
	}
}
