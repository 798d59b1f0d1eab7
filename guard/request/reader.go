package request

import (
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// reader is the scratch memory of one exchange's reading. It is pooled; every
// slice in it grows once.
type reader struct {
	spare.Mark
	style.Writer
	state  schema.State
	pairs  []pair     // of a query, a cookie string, a form or a multipart body
	slots  []chain    // by slot of the fields that are being read
	heads  []partHead // by pair, of multipart bodies
	names  []byte     // of deepObjects
	leaves []leaf     // of deepObjects
	spans  []schema.Span
}

// maxKept bounds the scratch memory that a pooled reader keeps, in bytes.
const maxKept = 64 << 10

var readers spare.Pool[reader, *reader]

func open() *reader { return readers.Get() }

// close gives r back. What it held of the request is cut off.
func (r *reader) close() {
	r.state.Forget()
	if cap(r.JSON) > maxKept {
		r.JSON = nil
	}
	if cap(r.Text) > maxKept {
		r.Text = nil
	}
	if cap(r.names) > maxKept {
		r.names = nil
	}
	if cap(r.spans) > maxKept/16 {
		r.spans = nil
	}
	clear(r.heads) // holds views of the request
	r.JSON, r.Text, r.pairs = r.JSON[:0], r.Text[:0], r.pairs[:0]
	r.heads = r.heads[:0]
	readers.Put(r)
}
