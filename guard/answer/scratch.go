package answer

import (
	"sync"

	"github.com/gatehouse-api/gatehouse/contract/markup"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// scratch is the memory of one reading. It is pooled; every slice in it grows
// once.
type scratch struct {
	style.Writer
	state  schema.State
	markup markup.State
	spans  []schema.Span
}

// maxKept bounds the memory that a pooled scratch keeps for each purpose, in
// bytes: what is left of a body of 100 KiB fits.
const maxKept = 128 << 10

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func open() *scratch { return scratches.Get().(*scratch) }

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
