package gate

import (
	"compress/gzip"
	"io"
	"sync"
)

// Coding is the content coding of a request's body (RFC 9110 section 8.4).
type Coding uint8

const (
	Identity Coding = iota
	Gzip            // decoded before it is judged, and forwarded decoded
)

// decoders are pooled: each holds some 40 KiB.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

// decoder reads a body in the coding gzip (RFC 1952).
type decoder struct {
	gzip.Reader
	from   io.Reader
	begun  bool
	broken error // of from, when that was not its end
}

// decode makes the body's reader decode. What bounds the body bounds what
// comes out of it.
func decode(from io.Reader) *decoder {
	d := decoders.Get().(*decoder)
	d.from, d.begun, d.broken = from, false, nil
	return d
}

// close gives d back.
func (d *decoder) close() {
	d.from = nil
	decoders.Put(d)
}

// Read implements io.Reader.
func (d *decoder) Read(p []byte) (int, error) {
	if !d.begun {
		if err := d.Reset(source{d}); err != nil {
			return 0, d.reason(err)
		}
		d.begun = true
	}
	n, err := d.Reader.Read(p)
	return n, d.reason(err)
}

// reason says whether the client or its gzip broke off.
func (d *decoder) reason(err error) error {
	switch {
	case err == nil, err == io.EOF && d.begun:
		return err
	case d.broken != nil:
		return d.broken
	}
	return &Unavailable{Code: BodySyntax, Cause: err}
}

// source is what comes from the client.
type source struct{ d *decoder }

// Read implements io.Reader.
func (s source) Read(p []byte) (int, error) {
	n, err := s.d.from.Read(p)
	if err != nil && err != io.EOF {
		s.d.broken = err
	}
	return n, err
}
