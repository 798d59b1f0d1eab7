package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-api/gatehouse/store"
)

// TestFileGoesAway: nothing is acknowledged, and nothing told for news, by a store
// whose file is not what was opened any more.
func TestFileGoesAway(t *testing.T) {
	for _, row := range []struct {
		name   string
		breaks func(path string) error
		mend   func(path string) error // nil for none
	}{
		{"removed", func(path string) error { return os.Rename(path, path+".away") }, func(path string) error { return os.Rename(path+".away", path) }},
		{"replaced", func(path string) error {
			text, err := os.ReadFile(path)
			return errors.Join(err, os.WriteFile(path+".other", text, 0o600), os.Rename(path, path+".away"), os.Rename(path+".other", path))
		}, func(path string) error { return os.Rename(path+".away", path) }},
		{"overwritten", func(path string) error { return os.WriteFile(path, []byte("this is no database\n"), 0o600) }, nil},
		{"emptied", func(path string) error { return os.Truncate(path, 0) }, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.db")
			s := open(t, store.Settings{SQLite: path})
			if err := s.AddKey(t.Context(), key("before")); err != nil {
				t.Fatal(err)
			}
			if err := row.breaks(path); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Key(t.Context(), "before"); !errors.Is(err, store.ErrUnavailable) {
				t.Error("it reads: ", err)
			}
			if _, err := s.Change(t.Context()); !errors.Is(err, store.ErrUnavailable) {
				t.Error("it says what changed: ", err)
			}
			if err := s.AddKey(t.Context(), key("lost")); !errors.Is(err, store.ErrUnavailable) {
				t.Error("it acknowledges what is lost: ", err)
			}
			if row.mend == nil {
				return
			}
			if err := row.mend(path); err != nil {
				t.Fatal(err)
			}
			if err := s.AddKey(t.Context(), key("after")); err != nil {
				t.Error("it does not come back: ", err)
			}
		})
	}
}
