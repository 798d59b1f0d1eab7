package record

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// stuck is a writer that takes nothing until it is let go.
type stuck struct{ begun, free chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	select {
	case s.begun <- struct{}{}:
	default:
	}
	<-s.free
	return len(p), nil
}

func TestShutdownDoesNotWaitForAStuckWriter(t *testing.T) {
	w := stuck{make(chan struct{}, 1), make(chan struct{})}
	l := NewLines(w, slog.New(slog.DiscardHandler))
	for range 3 {
		l.Record(&gate.Event{Method: "GET"})
	}
	<-w.begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "3 were not taken") {
		t.Errorf("error %v", err)
	}
	close(w.free)
	<-l.done
}

// TestLogNeverHoldsUp writes more than a stuck writer takes and more than may
// wait: no Write blocks, and the stream says what is missing.
func TestLogNeverHoldsUp(t *testing.T) {
	var out strings.Builder
	w := stuck{make(chan struct{}, 1), make(chan struct{})}
	l := NewLog(io.MultiWriter(w, &out))
	log := slog.New(slog.NewTextHandler(l, nil))
	for range 3 * queueSlots {
		log.Info("said")
	}
	close(w.free)
	if err := l.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	said := strings.Count(out.String(), "msg=said")
	if said < queueSlots || said > 2*queueSlots+1 || !strings.Contains(out.String(), `msg="lines of this log were lost" count=`) {
		t.Errorf("%d of %d lines", said, 3*queueSlots)
	}
}

func TestLongLogLinesAreCut(t *testing.T) {
	var out strings.Builder
	l := NewLog(&out)
	if n, err := l.Write([]byte(strings.Repeat("x", 3*maxLogLine))); n != 3*maxLogLine || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	l.Shutdown(t.Context())
	if got := out.String(); len(got) != maxLogLine+len("...\n") || !strings.HasSuffix(got, "x...\n") {
		t.Errorf("%d bytes written", len(got))
	}
}

func TestShutdownWritesWhatIsWaiting(t *testing.T) {
	var out strings.Builder
	l := NewLines(&out, slog.New(slog.DiscardHandler))
	l.Record(&gate.Event{Method: "GET"})
	if err := l.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("written %q", out.String())
	}
}
