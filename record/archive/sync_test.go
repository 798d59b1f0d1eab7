package archive

import (
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"
)

// TestSync: every segment that was written to since the last time is brought to the
// disk, also one that ended meanwhile; what was removed is no error, and what
// cannot be synced is tried again.
func TestSync(t *testing.T) {
	a, err := Open(Options{Dir: t.TempDir(), MaxBytes: MinBytes, MaxAge: time.Hour, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var ended []string
	end := func() {
		if _, err := a.Write([]byte(`{"time":"2031-02-03T04:05:06.007Z","event":"change"}` + "\n")); err != nil {
			t.Fatal(err)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		ended = append(ended, a.live.path())
		a.endSegment()
	}
	for range maxOwed + 2 {
		end()
	}
	if !slices.Equal(a.owed, ended[2:]) {
		t.Errorf("owed are %q of %q", a.owed, ended)
	}
	if err := os.Remove(ended[4]); err != nil {
		t.Fatal(err)
	}
	if err := a.Sync(); err != nil || len(a.owed) > 0 {
		t.Errorf("%v, and owed are %q", err, a.owed)
	}
	if os.Geteuid() == 0 {
		return // may read every file
	}
	end()
	last := ended[len(ended)-1]
	if err := os.Chmod(last, 0); err != nil {
		t.Fatal(err)
	}
	if err := a.Sync(); err == nil || !slices.Equal(a.owed, []string{last}) {
		t.Errorf("%v, and owed are %q", err, a.owed)
	}
}
