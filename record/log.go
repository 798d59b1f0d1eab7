package record

import (
	"io"
	"log/slog"
	"strconv"
	"time"
)

// Log is a writer for the program's own log that never holds up whoever logs:
// a terminal that was stopped or a collector that hangs must not stop an
// exchange. Each Write is one line. Lines that find no room are lost, and the
// stream says how many.
type Log struct{ *queue }

var _ io.Writer = (*Log)(nil)

// NewLog starts a log that writes to w until Close. w is used by one goroutine
// at a time.
func NewLog(w io.Writer) *Log {
	return &Log{newQueue(w, queueSlots, "lines of the log", slog.New(slog.DiscardHandler), appendLostLog)}
}

// maxLogLine bounds one line of the log, in bytes: with the stack of a failed
// guard it can be long.
const maxLogLine = 16 << 10

// Write implements io.Writer. It keeps nothing of p and never fails; a line
// that is too long is cut.
func (l *Log) Write(p []byte) (int, error) {
	if s, at := l.claim(); s != nil {
		if s.line = append(s.line[:0], p[:min(len(p), maxLogLine)]...); len(p) > maxLogLine {
			s.line = append(s.line, "...\n"...)
		}
		l.put(s, at)
	}
	return len(p), nil
}

// appendLostLog appends a line in the form of slog's text handler.
func appendLostLog(b []byte, at time.Time, n uint64) []byte {
	b = append(b, "time="...)
	b = at.AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	b = append(b, ` level=WARN msg="lines of this log were lost" count=`...)
	return append(strconv.AppendUint(b, n, 10), '\n')
}
