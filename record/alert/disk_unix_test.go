//go:build unix

package alert_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/record/alert"
	"github.com/gatehouse-api/gatehouse/record/tap"
)

// hanging makes a file of a rule that answers nothing until it is let go, as one on
// a disk that hangs.
func hanging(t *testing.T, folder alert.Folder, rule string) (let func()) {
	t.Helper()
	name := filepath.Join(folder.Path, rule+".seen")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		if f, err := os.OpenFile(name, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			f.Close()
		}
	}
}

func past() context.Context {
	ctx, end := context.WithCancel(context.Background())
	end()
	return ctx
}

// TestWatchOfADiskThatHangs: nobody waits for it longer than he says, events are
// judged meanwhile, and it is said once.
func TestWatchOfADiskThatHangs(t *testing.T) {
	folder := alert.Folder{Path: t.TempDir()}
	let := hanging(t, folder, "stranger")
	var open tap.Tap
	var log testdata.Buffer
	told := make(chan string, 1)
	w := alert.NewWatch(&open, func(e *gate.Event) { told <- e.Alert.Name }, slog.New(slog.NewTextHandler(&log, nil)))
	l, err := w.Load(past(), []alert.Rule{stranger, {Name: "any", Threshold: &alert.Threshold{Count: 1, Window: time.Minute}}}, folder)
	if !errors.Is(err, alert.ErrDisk) {
		t.Fatal(err)
	}
	if _, err := w.Load(t.Context(), []alert.Rule{stranger}, folder); !errors.Is(err, alert.ErrDisk) {
		t.Fatalf("another one waits: %v", err)
	}
	if l2, err := w.Load(t.Context(), []alert.Rule{{Name: "other", Absence: &alert.Absence{Window: time.Hour}}}, folder); err != nil || l2 == nil {
		t.Fatalf("rules that remember nothing: %v", err)
	}
	w.Use(past(), l) // which begins anew
	open.See(call(1), nil)
	if got := <-told; got != "any" {
		t.Errorf("told of %s", got)
	}
	w.Close(past()) // which has begun to write, and reads before
	w.Close(past())
	let()
	for end := time.Now().Add(time.Minute); strings.Count(log.String(), "cannot be kept") != 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it said %s", log.String())
		}
	}
	for end := time.Now().Add(time.Minute); !strings.Contains(log.String(), "is kept again"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it said %s", log.String())
		}
		let() // whoever still reads
	}
	if n := strings.Count(log.String(), "cannot be kept"); n != 1 {
		t.Errorf("said %d times: %s", n, log.String())
	}
}
