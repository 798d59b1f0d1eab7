package record

import (
	"io"
	"log/slog"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

var _ gate.Sink = (*Lines)(nil)

// Lines is a sink that writes events as lines of JSON. Record never blocks:
// when the writer cannot keep up, events are lost, counted, and the count
// is written into the stream and to the log as soon as there is room.
type Lines struct{ *queue }

// NewLines starts a sink that writes to w until Close. w is used by one
// goroutine at a time. A failing w is reported to log once, and once more
// when it works again.
func NewLines(w io.Writer, log *slog.Logger) *Lines {
	return &Lines{newQueue(w, queueSlots, "events", log, appendLost)}
}

// Record implements gate.Sink.
func (l *Lines) Record(e *gate.Event) {
	if s, at := l.claim(); s != nil {
		s.line = AppendEvent(s.line[:0], e)
		l.put(s, at)
	}
}

// appendLost appends the line that says how many events were lost.
func appendLost(b []byte, at time.Time, n uint64) []byte {
	return AppendEvent(b, &gate.Event{Act: gate.Lost, Time: at, Number: int64(n)})
}
