package flock

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestTake: one holds it at a time, and closing gives it free.
func TestTake(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		t.Helper()
		f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	first, second := open(), open()
	if err := Take(first); err != nil {
		t.Fatal(err)
	}
	if err := Take(second); !errors.Is(err, ErrHeld) {
		t.Errorf("two hold it: %v", err)
	}
	first.Close()
	if err := Take(second); err != nil {
		t.Error(err)
	}
}
