package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// edit is one change that a published document needs before it can be
// enforced. docs/real-programs.md lists them all.
type edit struct {
	why      string
	old, new string // old stands exactly times over in the document
	times    int
}

// edited writes a copy of the document with the edits made and returns its
// path. An edit that no longer fits is a failure: the document has changed.
func edited(t *testing.T, document string, edits []edit) string {
	t.Helper()
	raw, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, e := range edits {
		if e.why == "" {
			t.Fatalf("an edit has no reason: %q", e.old)
		}
		if n := strings.Count(text, e.old); n != e.times {
			t.Fatalf("%q stands %d times in %s, must stand %d times", e.old, n, document, e.times)
		}
		text = strings.ReplaceAll(text, e.old, e.new)
	}
	path := filepath.Join(t.TempDir(), filepath.Base(document))
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
