// Package chunk follows bodies in the chunked coding without taking them
// apart, or takes the coding off. Engines and upstreams below wire import it; it knows nothing of
// connections.
package chunk

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// Scanner follows a body in the chunked coding (RFC 9112 section 7.1) byte by
// byte. What it passes on is the same body without chunk extensions and
// trailer fields, so that nothing behind it has to read either. It accepts
// CRLF alone as a line end, sizes of up to 15 hexadecimal digits without
// prefix or white space, and a bounded amount of what it drops.
type Scanner struct {
	state   state
	size    int64  // of the chunk, or what is left of it
	digits  int    // of the size
	dropped int    // bytes of extensions and trailers so far
	line    []byte // of the trailer section
	plain   bool   // the content alone is passed on
	kept    []byte // lines of the trailer section, each behind the other; of a plain body
	ends    []int  // of the lines in kept
}

type state uint8

const (
	sizeFirst state = iota // the first digit of a size
	sizeMore
	extension
	sizeLF
	data
	dataCR
	dataLF
	trailer // any byte of a trailer line, up to its CR
	trailerLF
	finished
	broken
)

// maxDropped bounds extensions and trailers together, in bytes of one body.
const maxDropped = 4 << 10

// Start makes c ready for the next body.
func (c *Scanner) Start() { *c = Scanner{line: c.line[:0], kept: c.kept[:0], ends: c.ends[:0]} }

// StartPlain is Start for a body of which the content alone is to be passed on,
// without the coding. The fields of its trailer section are kept.
func (c *Scanner) StartPlain() {
	c.Start()
	c.plain = true
}

// Trailers appends the fields of the trailer section to list; of a body that
// was passed on plain and is done. They are views, good until the next Start.
func (c *Scanner) Trailers(list []gate.Field) []gate.Field {
	at := 0
	for _, end := range c.ends {
		name, value, _ := bytes.Cut(c.kept[at:end:end], colon)
		list = append(list, gate.Field{Name: name, Value: octet.Trim(value)})
		at = end
	}
	return list
}

var colon = []byte(":")

// Scan moves what of src belongs to the body to dst, which may begin where src
// does and is at least as long. It stops behind the body's last byte; ok is
// false when the coding is broken.
func (c *Scanner) Scan(dst, src []byte) (in, out int, ok bool) {
	for in < len(src) && c.state != finished {
		if c.state == data {
			n := copy(dst[out:], src[in:min(int64(len(src)), int64(in)+c.size)])
			in, out = in+n, out+n
			if c.size -= int64(n); c.size == 0 {
				c.state = dataCR
			}
			continue
		}
		b := src[in]
		in++
		next, keep := c.step(b)
		if next == broken {
			c.state = next
			return in, out, false
		}
		if c.state = next; keep && !c.plain {
			dst[out] = b
			out++
		}
	}
	return in, out, true
}

// Done reports whether the body came to its end.
func (c *Scanner) Done() bool { return c.state == finished }

// step takes one byte that is no chunk data and says whether it is passed on.
func (c *Scanner) step(b byte) (next state, keep bool) {
	switch c.state {
	case sizeFirst, sizeMore:
		return c.sizeByte(b)
	case extension:
		return c.extensionByte(b), b == '\r'
	case sizeLF:
		c.digits = 0
		switch {
		case b != '\n':
			return broken, false
		case c.size == 0:
			return trailer, true
		}
		return data, true
	case dataCR:
		return expect(b, '\r', dataLF), true
	case dataLF:
		return expect(b, '\n', sizeFirst), true
	case trailer:
		return c.trailerByte(b)
	case trailerLF:
		return c.trailerEnd(b)
	}
	return broken, false
}

func expect(b, want byte, next state) state {
	if b != want {
		return broken
	}
	return next
}

// maxSizeDigits keeps a size within 60 bits.
const maxSizeDigits = 15

func (c *Scanner) sizeByte(b byte) (state, bool) {
	digit := unhex(b)
	switch {
	case digit >= 0 && c.digits < maxSizeDigits:
		if c.digits == 0 {
			c.size = 0
		}
		c.digits++
		c.size = c.size<<4 | int64(digit)
		return sizeMore, true
	case c.digits == 0:
		return broken, false
	case b == '\r':
		return sizeLF, true
	case b == ';':
		return extension, false
	}
	return broken, false
}

func unhex(b byte) int {
	switch {
	case '0' <= b && b <= '9':
		return int(b - '0')
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		return int(b|0x20-'a') + 10
	}
	return -1
}

// extensionByte drops chunk extensions, as RFC 9112 section 7.1.1 asks of who
// does not know them.
func (c *Scanner) extensionByte(b byte) state {
	if b == '\r' {
		return sizeLF
	}
	if c.dropped++; c.dropped > maxDropped || !octet.Is(b, octet.Value) {
		return broken
	}
	return extension
}

// trailerByte collects a line of the trailer section. The CR of the empty
// line that ends the body is passed on, other lines are not.
func (c *Scanner) trailerByte(b byte) (state, bool) {
	if b == '\r' {
		return trailerLF, len(c.line) == 0
	}
	if c.dropped++; c.dropped > maxDropped || !octet.Is(b, octet.Value) {
		return broken, false
	}
	c.line = append(c.line, b)
	return trailer, false
}

func (c *Scanner) trailerEnd(b byte) (state, bool) {
	switch {
	case b != '\n':
		return broken, false
	case len(c.line) == 0:
		return finished, true
	case !trailerField(c.line):
		return broken, false
	case c.plain:
		c.kept = append(c.kept, c.line...)
		c.ends = append(c.ends, len(c.kept))
	}
	c.line = c.line[:0]
	return trailer, false
}

// trailerField reports whether line is a field that may stand in a trailer
// section (RFC 9110 section 6.5.1): none that frames, routes, authenticates
// or changes how the content is read.
func trailerField(line []byte) bool {
	name, value, ok := bytes.Cut(line, colon)
	if !ok || !octet.IsToken(name) || !octet.IsValue(value) {
		return false
	}
	for _, n := range notInTrailers {
		if gate.EqualFold(name, n) {
			return false
		}
	}
	return true
}

var notInTrailers = [...]string{
	"Transfer-Encoding", "Content-Length", "Host", "Connection", "Trailer", "TE", "Upgrade", "Keep-Alive", "Expect",
	"Content-Encoding", "Content-Type", "Content-Range", "Authorization", "Proxy-Authorization", "Cookie", "Forwarded",
	"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Cache-Control", "Max-Forwards", "Range",
}

// Wants is how much of the content of a body follows before anything else
// does, in bytes. Whoever reads that from elsewhere tells Took.
func (c *Scanner) Wants() int64 {
	if c.state != data {
		return 0
	}
	return c.size
}

// Took notes that n bytes of what the scanner wants were taken without it.
func (c *Scanner) Took(n int) {
	if c.size -= int64(n); c.size == 0 {
		c.state = dataCR
	}
}
