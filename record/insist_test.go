package record

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// gated is a writer that takes what comes once it is open, and fails while it is
// broken.
type gated struct {
	open   chan struct{}
	broken atomic.Bool
	out    bytes.Buffer
}

var errBroken = errors.New("no space")

func (g *gated) Write(p []byte) (int, error) {
	<-g.open
	if g.broken.Load() {
		return 0, errBroken
	}
	return g.out.Write(p)
}

func changes(ids ...string) (list []*gate.Event) {
	for _, id := range ids {
		list = append(list, &gate.Event{Act: gate.KeyMade, On: id})
	}
	return list
}

// TestInsistWaitsForRoom: a queue that is full loses what others record, and what
// is insisted on waits and is written once, in its order.
func TestInsistWaitsForRoom(t *testing.T) {
	w := &gated{open: make(chan struct{})}
	l := NewLines(w, slog.New(slog.DiscardHandler))
	for l.Lost() == 0 {
		l.Record(&gate.Event{Method: "GET"})
	}
	done := make(chan error)
	go func() { done <- l.Insist(t.Context(), changes("first", "second")) }()
	close(w.open)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	text := w.out.String()
	first, second := strings.Index(text, `"on":"first"`), strings.Index(text, `"on":"second"`)
	if first < 0 || second < first || strings.Count(text, `"act":"key-made"`) != 2 {
		t.Errorf("first at %d and second at %d of %d bytes", first, second, len(text))
	}
}

// TestInsistTellsOfFailure: what cannot be written is told to who insists, and is
// not lost, since it comes again.
func TestInsistTellsOfFailure(t *testing.T) {
	w := &gated{open: make(chan struct{})}
	close(w.open)
	w.broken.Store(true)
	l := NewLines(w, slog.New(slog.DiscardHandler))
	for range 2 {
		if err := l.Insist(t.Context(), changes("a", "b")); !errors.Is(err, errBroken) {
			t.Fatalf("error %v", err)
		}
	}
	w.broken.Store(false)
	if err := l.Insist(t.Context(), changes("a", "b")); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if st := l.Stats(); st.Lost != 0 || st.Written != 2 || st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
	if text := w.out.String(); strings.Contains(text, `"event":"lost"`) || strings.Count(text, "\n") != 2 {
		t.Errorf("written was %s", text)
	}
}

// TestInsistGivesUp: it waits no longer than it may, for room and for the writer.
func TestInsistGivesUp(t *testing.T) {
	w := &gated{open: make(chan struct{})}
	l := NewLines(w, slog.New(slog.DiscardHandler))
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	if err := l.Insist(ctx, changes("waits for the writer")); !errors.Is(err, enough) {
		t.Errorf("error %v", err)
	}
	for l.Lost() == 0 {
		l.Record(&gate.Event{Method: "GET"})
	}
	if err := l.Insist(ctx, changes("waits for room")); !errors.Is(err, enough) {
		t.Errorf("error %v", err)
	}
	close(w.open)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if text := w.out.String(); !strings.Contains(text, "waits for the writer") {
		t.Error("what had found room was not written")
	}
}
