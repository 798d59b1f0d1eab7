package login

import (
	"bytes"
	"encoding/base64"
	"sync"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
)

// scratch is the memory of one reading. It is pooled, and overwritten before it
// goes back: passwords stood in it.
type scratch struct{ account, password, folded []byte }

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func open() *scratch { return scratches.Get().(*scratch) }

// maxKept bounds what a pooled scratch keeps, in bytes.
const maxKept = 4 << 10

func (s *scratch) close() {
	for _, b := range []*[]byte{&s.account, &s.password, &s.folded} {
		clear((*b)[:cap(*b)])
		*b = (*b)[:0]
		if cap(*b) > maxKept {
			*b = nil
		}
	}
	scratches.Put(s)
}

// member returns the text of the value that has a tag; nil when there is none.
// Where a schema stands at several places of a body, it is the one at a
// pointer.
func (s *scratch) member(x *gate.Exchange, tag schema.Tag, at string, account bool) []byte {
	into := &s.password
	if account {
		into = &s.account
	}
	found := -1
	for i := range x.Schema.Spans {
		span := &x.Schema.Spans[i]
		if span.Tag != tag || found >= 0 && x.Schema.Spans[found] == *span {
			continue
		}
		if found >= 0 { // there are several
			return s.pointed(x, tag, at, into)
		}
		found = i
	}
	if found < 0 {
		return nil
	}
	return text(into, x.BodyJSON[x.Schema.Spans[found].Start:x.Schema.Spans[found].End])
}

func (s *scratch) pointed(x *gate.Exchange, tag schema.Tag, at string, into *[]byte) []byte {
	for _, span := range x.Schema.Spans {
		if span.Tag == tag && x.Schema.Pointer(int(span.Start)) == at {
			return text(into, x.BodyJSON[span.Start:span.End])
		}
	}
	return nil
}

// text is what a JSON value means: that of a string, otherwise as it is
// written. null is none.
func text(into *[]byte, value []byte) []byte {
	switch {
	case string(value) == "null":
		return nil
	case len(value) >= 2 && value[0] == '"':
		*into = schema.Unescape((*into)[:0], value[1:len(value)-1])
	default:
		*into = append((*into)[:0], value...)
	}
	return *into
}

// basic reads the credentials of the scheme Basic (RFC 7617 section 2).
func (s *scratch) basic(value []byte) (account, password []byte, ok bool) {
	var err error
	if s.password, err = base64.StdEncoding.AppendDecode(s.password[:0], bytes.Trim(value, " ")); err != nil {
		return nil, nil, false
	}
	return bytes.Cut(s.password, []byte{':'})
}
