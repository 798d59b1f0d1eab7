package answer

import (
	"github.com/gatehouse-api/gatehouse/contract/markup"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// scratch is the memory of one reading. It is pooled; every slice in it grows
// once.
type scratch struct {
	spare.Mark
	style.Writer
	state  schema.State
	markup markup.State
	spans  []schema.Span
}

// maxKept bounds the memory that a pooled scratch keeps for each purpose, in
// bytes: what is left of a body of 100 KiB fits.
const maxKept = 128 << 10

var scratches spare.Pool[scratch, *scratch]

func open() *scratch { return scratches.Get() }

// close gives s back. What it held of the answer is cut off.
func (s *scratch) close() {
	s.state.Forget()
	s.markup.Forget()
	if cap(s.JSON) > maxKept {
		s.JSON = nil
	}
	if cap(s.Text) > maxKept {
		s.Text = nil
	}
	if cap(s.spans) > maxKept/16 {
		s.spans = nil
	}
	s.JSON, s.Text = s.JSON[:0], s.Text[:0]
	scratches.Put(s)
}
