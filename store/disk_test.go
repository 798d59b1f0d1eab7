package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/store"
)

// diary keeps texts in a store and knows which of them are there.
type diary struct {
	t    *testing.T
	kept map[string][]byte // nil for those that were refused
}

// keep has a text of so many bytes kept, and returns why it was not.
func (d *diary) keep(s *store.Store, bytes int) error {
	name := fmt.Sprint("setting ", len(d.kept))
	text := fmt.Appendf(make([]byte, 0, bytes+30), "%s %s", name, strings.Repeat("x", bytes))
	err := s.SetSetting(context.Background(), name, text)
	if d.kept[name] = text; err != nil {
		d.kept[name] = nil
	}
	return err
}

// holds looks for all that was kept, and for what was not.
func (d *diary) holds(s *store.Store) {
	d.t.Helper()
	there := 0
	for name, want := range d.kept {
		got, err := s.Setting(context.Background(), name)
		if want == nil && !errors.Is(err, store.ErrNotFound) || want != nil && (err != nil || !bytes.Equal(got, want)) {
			d.t.Errorf("%s of %d bytes, as it was kept: %d bytes, %v", name, len(want), len(got), err)
		}
		if want != nil {
			there++
		}
	}
	if there == 0 || there == len(d.kept) {
		d.t.Errorf("%d of %d were kept", there, len(d.kept))
	}
}

// full demands an error that says which disk has no room, and what to do.
func full(t *testing.T, err error, path string) {
	t.Helper()
	if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "make room") {
		t.Errorf("of a full disk: %v", err)
	}
}

// TestFullDisk fills the disk of a store to its last byte, and up to places within
// what a change writes: what was acknowledged is there, what was refused is not,
// and the store goes on by itself once there is room.
func TestFullDisk(t *testing.T) {
	const rounds = 16
	began := time.Now()
	disk := testdata.NewDisk(t, 48<<20)
	path := filepath.Join(disk.Path, "a.db")
	var log testdata.Buffer
	s := open(t, store.Settings{SQLite: path, Log: slog.New(slog.NewTextHandler(&log, nil))})
	d := &diary{t, map[string][]byte{}}
	if err := d.keep(s, 100); err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		disk.Fill()
		disk.Leave(int64(round) * 25_000)
		refused := 0
		for i := range 200 {
			if err := d.keep(s, (i%4)*20_000); err != nil {
				full(t, err, path)
				if refused++; refused == 5 {
					break
				}
			}
		}
		if refused != 5 {
			t.Fatalf("round %d: a full disk refuses %d of 200", round, refused)
		}
		d.holds(s)
		disk.Empty()
		if err := d.keep(s, 40_000); err != nil {
			t.Fatalf("round %d: there is room again: %v", round, err)
		}
		if t.Failed() {
			return
		}
	}
	told, again := strings.Count(log.String(), "changes cannot be kept in the store"), strings.Count(log.String(), "changes are kept in the store again")
	if most := 1 + int(time.Since(began)/time.Minute); told < 1 || told > most || again != told {
		t.Errorf("the log tells of it %d times, and %d times that it is over", told, again)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	d.holds(open(t, store.Settings{SQLite: path}))
}

// TestFullDiskAtStart makes a store where there is no room for one, and then is.
func TestFullDiskAtStart(t *testing.T) {
	disk := testdata.NewDisk(t, 16<<20)
	path := filepath.Join(disk.Path, "a.db")
	disk.Fill()
	s, err := store.Open(store.Settings{SQLite: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	full(t, s.Prepare(t.Context()), path)
	if err := s.SetSetting(t.Context(), "a", []byte("b")); !errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
	disk.Empty()
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.SetSetting(t.Context(), "a", []byte("b")); err != nil {
		t.Error(err)
	}
}

// TestDiskTurnsReadOnly has the disk of a store fail: nothing is acknowledged any
// more, and another program finds all that was.
func TestDiskTurnsReadOnly(t *testing.T) {
	disk := testdata.NewDisk(t, 32<<20)
	path := filepath.Join(disk.Path, "a.db")
	s := open(t, store.Settings{SQLite: path})
	d := &diary{t, map[string][]byte{}}
	for range 20 {
		if err := d.keep(s, 5_000); err != nil {
			t.Fatal(err)
		}
	}
	disk.Fail()
	for range 3 {
		if err := d.keep(s, 5_000); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), path) {
			t.Errorf("a disk that fails: %v", err)
		}
	}
	d.holds(s)
	s.Close() // what it says of the disk is no news
	disk.Again("ro")
	if _, err := store.Open(store.Settings{SQLite: path}); err == nil || !strings.Contains(err.Error(), path+": read-only file system") {
		t.Errorf("a disk that is read-only: %v", err)
	}
	disk.Again()
	s = open(t, store.Settings{SQLite: path})
	d.holds(s)
	if err := d.keep(s, 5_000); err != nil {
		t.Error(err)
	}
}
