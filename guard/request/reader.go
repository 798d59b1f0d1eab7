package request

import (
	"sync"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// reader is the scratch memory of one exchange's reading. It is pooled; every
// slice in it grows once.
type reader struct {
	state  schema.State
	json   []byte     // a value as JSON text
	text   []byte     // one decoded name or value
	pairs  []pair     // of a query, a cookie string, a form or a multipart body
	slots  []chain    // by slot of the fields that are being read
	heads  []partHead // by pair, of multipart bodies
	names  []byte     // of deepObjects
	leaves []leaf     // of deepObjects
	spans  []schema.Span
	count  int // items written to the array at hand
}

// maxKept bounds the scratch memory that a pooled reader keeps, in bytes.
const maxKept = 64 << 10

var readers = sync.Pool{New: func() any { return new(reader) }}

func open() *reader { return readers.Get().(*reader) }

// close gives r back. What it held of the request is cut off.
func (r *reader) close() {
	r.state.Forget()
	if cap(r.json) > maxKept {
		r.json = nil
	}
	if cap(r.text) > maxKept {
		r.text = nil
	}
	if cap(r.names) > maxKept {
		r.names = nil
	}
	if cap(r.spans) > maxKept/16 {
		r.spans = nil
	}
	clear(r.heads) // holds views of the request
	r.json, r.text, r.pairs = r.json[:0], r.text[:0], r.pairs[:0]
	r.heads = r.heads[:0]
	readers.Put(r)
}
