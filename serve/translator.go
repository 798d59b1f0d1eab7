package serve

import (
	"bytes"
	"io"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/record/ocsf"
)

// translator writes lines of events in the schema of OCSF. One goroutine uses it.
type translator struct {
	to     io.Writer
	schema *ocsf.Encoder
	event  gate.Event
	text   []byte
	cut    bool // the last write ended within a line
}

// Write implements io.Writer. p is whole lines; those that are no events are left
// out. When the writer behind takes less than everything, nothing counts as
// written, and what comes next begins with a line of its own.
func (t *translator) Write(p []byte) (int, error) {
	t.text = t.text[:0]
	if t.cut {
		t.text = append(t.text, '\n')
	}
	for line := range bytes.Lines(p) {
		if record.ParseEvent(line, &t.event) == nil {
			t.text = t.schema.Append(t.text, &t.event)
		}
	}
	if len(t.text) == 0 {
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
