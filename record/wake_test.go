package record

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// announcing is a writer that says when it was written to.
type announcing struct{ written chan struct{} }

func (a announcing) Write(p []byte) (int, error) {
	a.written <- struct{}{}
	return len(p), nil
}

// busy is a writer during whose first write another event comes.
type busy struct {
	announcing
	lines *Lines
	once  sync.Once
}

func (b *busy) Write(p []byte) (int, error) {
	b.once.Do(func() { b.lines.Record(&gate.Event{Method: "GET"}) })
	return b.announcing.Write(p)
}

// TestNoEventWaitsForTheNext records an event just before the writing
// goroutine goes to sleep: it must be written although nothing comes after it.
func TestNoEventWaitsForTheNext(t *testing.T) {
	w := &busy{announcing: announcing{make(chan struct{}, 1)}}
	l := NewLines(w, slog.New(slog.DiscardHandler))
	w.lines = l
	l.Record(&gate.Event{Method: "GET"})
	<-w.written
	select {
	case <-w.written:
	case <-time.After(10 * time.Second):
		t.Error("the second event waits for a third")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// TestShutdownAlwaysWrites ends the sink right behind an event, again and
// again: whichever the writing goroutine sees first, the event is written.
func TestShutdownAlwaysWrites(t *testing.T) {
	for i := range 200 {
		var out strings.Builder
		l := NewLines(&out, slog.New(slog.DiscardHandler))
		l.Record(&gate.Event{Method: "GET"})
		if err := l.Shutdown(t.Context()); err != nil || strings.Count(out.String(), "\n") != 1 {
			t.Fatalf("round %d: error %v, written %q", i, err, out.String())
		}
	}
}

// TestShutdownCountsWhatIsMissing looks at the count of a sink whose writer
// is stuck: lines written before do not count, lines that found no room do.
func TestShutdownCountsWhatIsMissing(t *testing.T) {
	for _, row := range []struct {
		name          string
		written, sent int
	}{
		{"none-written", 0, 3},
		{"some-written", 5, 3},
		{"more-than-finds-room", 5, 2*queueSlots + 7},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := stuck{make(chan struct{}, 1), make(chan struct{})}
			first := announcing{make(chan struct{}, 1)}
			out := &switching{to: first}
			l := NewLines(out, slog.New(slog.DiscardHandler))
			for range row.written {
				l.Record(&gate.Event{Method: "GET"})
				<-first.written
			}
			for l.ended.Load() != uint64(row.written) || !l.asleep.Load() {
				runtime.Gosched()
			}
			out.to = w
			for range row.sent {
				l.Record(&gate.Event{Method: "GET"})
			}
			<-w.begun
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			want := fmt.Sprintf("%d were not taken", row.sent)
			if err := l.Shutdown(ctx); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
			close(w.free)
			<-l.done
		})
	}
}

// switching writes to another writer, which is set while nobody writes.
type switching struct{ to io.Writer }

func (s *switching) Write(p []byte) (int, error) { return s.to.Write(p) }

// TestCodeOfEveryRefusal: the zero Code is a refusal's as well, and a
// would-be refusal has none.
func TestCodeOfEveryRefusal(t *testing.T) {
	line := string(AppendEvent(nil, &gate.Event{Denied: true, Guard: "a"}))
	if !strings.Contains(line, `"code":"undecided","guard":"a"`) {
		t.Errorf("written %s", line)
	}
	if line = string(AppendEvent(nil, &gate.Event{Outcome: gate.Passed, Guard: "a"})); strings.Contains(line, `"code"`) {
		t.Errorf("written %s", line)
	}
}

func TestTimesAreUTC(t *testing.T) {
	at := time.Date(2031, 2, 3, 1, 5, 6, 78e6, time.FixedZone("", 3600))
	for name, line := range map[string][]byte{"event": AppendEvent(nil, &gate.Event{Time: at}), "lost": AppendEvent(nil, &gate.Event{Act: gate.Lost, Time: at, Number: 1})} {
		if !strings.HasPrefix(string(line), `{"time":"2031-02-03T00:05:06.078Z"`) {
			t.Errorf("%s: written %s", name, line)
		}
	}
}

func TestLongLinesAreNotKept(t *testing.T) {
	r := newRing(2)
	for _, row := range []struct{ size, kept int }{{maxLine, maxLine}, {maxLine + 1, 0}} {
		s, at := r.claim()
		s.line = make([]byte, 1, row.size)
		s.publish(at)
		if r.next() == nil {
			t.Fatal("the line is lost")
		}
		n := s.buffer
		if r.free(); cap(r.buffers[n]) != row.kept {
			t.Errorf("of a line of %d bytes %d are kept, want %d", row.size, cap(r.buffers[n]), row.kept)
		}
	}
}
