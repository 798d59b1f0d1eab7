package serve

import (
	"bytes"
	"context"
	"io"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/record/ocsf"
	"github.com/gatehouse-api/gatehouse/record/sink"
)

// translation turns lines of events into those of OCSF. One goroutine uses it.
type translation struct {
	schema *ocsf.Encoder
	event  gate.Event
}

// of appends to b what lines become. Lines that are no events become nothing.
func (t *translation) of(b, lines []byte) []byte {
	for line := range bytes.Lines(lines) {
		if record.ParseEvent(line, &t.event) == nil {
			b = t.schema.Append(b, &t.event)
		}
	}
	return b
}

// translator writes lines of events in the schema of OCSF. One goroutine uses it.
type translator struct {
	translation
	to   io.Writer
	text []byte
	cut  bool // the last write ended within a line
}

// Write implements io.Writer. p is whole lines. When the writer behind takes less
// than everything, nothing counts as written, and what comes next begins with a
// line of its own.
func (t *translator) Write(p []byte) (int, error) {
	t.text = t.text[:0]
	if t.cut {
		t.text = append(t.text, '\n')
	}
	if t.text = t.of(t.text, p); len(t.text) == 0 {
		return len(p), nil
	}
	n, err := t.to.Write(t.text)
	if err != nil {
		t.cut = t.cut && n == 0 || n > 0
		return 0, err
	}
	t.cut = false
	return len(p), nil
}

// translated is a receiver that gets events in the schema of OCSF.
type translated struct {
	sink.Target
	translation
	text []byte
}

// Deliver implements sink.Target.
func (t *translated) Deliver(ctx context.Context, lines []byte, _ int) error {
	t.text = t.of(t.text[:0], lines)
	n := bytes.Count(t.text, []byte{'\n'})
	if n == 0 {
		return nil
	}
	return t.Target.Deliver(ctx, t.text, n)
}
