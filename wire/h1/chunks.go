package h1

import (
	"bytes"
	"io"
	"strconv"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// sizeRoom is what a chunk's size takes with its line end.
const sizeRoom = 8

var (
	lineEnd   = []byte("\r\n")
	lastChunk = []byte("0\r\n")
)

// streamChunks writes a body of unknown length in the chunked coding (RFC 9112
// section 7.1): one chunk for each read, at once, unless more is ready.
func (t *turn) streamChunks(x *gate.Exchange, b []byte) error {
	from := x.Answer.Body
	checks := checks{turn: t, last: x.Answered}
	for {
		if cap(b)-len(b) < minRead || len(b) > 0 && !ready(from) {
			if err := t.flush(x, b); err != nil {
				return err
			}
			b = t.out[:0]
		}
		at := len(b) + sizeRoom
		n, err := from.Read(b[at : cap(b)-sizeRoom])
		if n > 0 {
			b = appendChunk(b, at, n)
			t.unsent += n
		}
		if err == io.EOF {
			return t.flush(x, t.appendEnd(b, x))
		}
		if err != nil {
			return err
		}
		if err := checks.ask(x); err != nil {
			return err
		}
	}
}

// appendChunk makes a chunk of the n bytes that lie at b[at:], not far behind
// b. Where b is empty it begins just before them, else they move to it.
func appendChunk(b []byte, at, n int) []byte {
	var line [sizeRoom]byte
	size := append(strconv.AppendInt(line[:0], int64(n), 16), lineEnd...)
	if len(b) == 0 {
		b = b[at-len(size) : at+n]
		copy(b, size)
	} else {
		data := b[at : at+n]
		b = append(append(b, size...), data...)
	}
	return append(b, lineEnd...)
}

// takesTrailers reports whether the client says that it looks at trailer fields
// (RFC 9110 section 10.1.4). The field that says so goes no further.
func takesTrailers(fields []gate.Field) bool {
	for i := range fields {
		if !gate.EqualFold(fields[i].Name, "TE") {
			continue
		}
		for rest := fields[i].Value; len(rest) > 0; {
			var one []byte
			if one, rest, _ = bytes.Cut(rest, comma); gate.EqualFold(octet.Trim(one), "trailers") {
				return true
			}
		}
	}
	return false
}

// appendEnd ends the chunked coding, with the trailer fields where the operation
// lets them pass and the client wants them.
func (t *turn) appendEnd(b []byte, x *gate.Exchange) []byte {
	b = append(b, lastChunk...)
	if x.TrailersOpen() && takesTrailers(x.Fields) {
		gate.CleanTrailers(x.Answer.Trailers)
		for i := range x.Answer.Trailers {
			if f := &x.Answer.Trailers[i]; !f.Gone && !session.Framed(f.Name) {
				b = appendField(b, f)
			}
		}
	}
	return append(b, lineEnd...)
}
