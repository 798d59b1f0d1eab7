package file

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func deliver(t *testing.T, to *Target, text string) {
	t.Helper()
	if err := to.Deliver(context.Background(), []byte(text), strings.Count(text, "\n")); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestSize puts files aside when they are full, and keeps some of them.
func TestSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	to := New(Options{Path: path, MaxBytes: 25, Keep: 3})
	defer to.Close()
	for n := range 20 {
		deliver(t, to, fmt.Sprintf("line %04d\n", n))
	}
	if got := read(t, path); got != "line 0018\nline 0019\n" {
		t.Errorf("%q", got)
	}
	list, err := to.aside()
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	for i, name := range list {
		if got, want := read(t, name), fmt.Sprintf("line %04d\nline %04d\n", 12+2*i, 13+2*i); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Error("everybody may read it: ", info.Mode(), err)
	}
}

// TestAge begins a file each day.
func TestAge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	synctest.Test(t, func(t *testing.T) {
		to := New(Options{Path: path, MaxAge: 24 * time.Hour})
		defer to.Close()
		deliver(t, to, "today\n")
		time.Sleep(time.Hour)
		deliver(t, to, "today as well\n")
		time.Sleep(24 * time.Hour)
		deliver(t, to, "tomorrow\n")
		if got := read(t, path); got != "tomorrow\n" {
			t.Errorf("%q", got)
		}
	})
}

// TestOthers leaves a file that was renamed, and ends a line that was cut.
func TestOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	to := New(Options{Path: path})
	defer to.Close()
	deliver(t, to, "a\n")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	deliver(t, to, "b\n")
	if got := read(t, path); got != "b\n" {
		t.Errorf("%q", got)
	}
	if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	next := New(Options{Path: path})
	defer next.Close()
	deliver(t, next, "c\n")
	if got := read(t, path); got != "half\nc\n" {
		t.Errorf("%q", got)
	}
	if err := New(Options{Path: filepath.Dir(path)}).Deliver(context.Background(), []byte("x\n"), 1); err == nil {
		t.Error("a folder was appended to")
	}
}
