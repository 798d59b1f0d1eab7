// Package under is the connection below TLS. An engine that reads from the
// socket itself hands the bytes to TLS through it, and learns whether TLS took
// in more than it gave back.
//
// Packages wire/server and wire/h1 import it. Of TLS it knows how records are
// framed.
package under

import (
	"net"
	"os"

	"github.com/gatehouse-api/gatehouse/wire/internal/direct"
)

// Conn is a connection whose Read gives first what it was fed. Feed, Fed,
// Read, Settle and Whole belong to the goroutine that reads; everything else is that
// of the connection below.
type Conn struct {
	*direct.Conn
	fed     []byte
	held    bool // nobody may wait here: the engine has the socket
	records records
}

// New returns c with nothing fed.
func New(c net.Conn) *Conn { return &Conn{Conn: direct.New(c)} }

// Feed has p, which was read from the socket, be read next, and from then on
// whoever reads more find a deadline exceeded, which TLS takes for passing, until
// Settle. p is kept until it was read or Settle is called.
func (c *Conn) Feed(p []byte) {
	if c.held = true; len(c.fed) > 0 {
		p = append(c.fed[:len(c.fed):len(c.fed)], p...)
	}
	c.fed = p
}

// Fed reports whether some of what was fed was not read yet.
func (c *Conn) Fed() bool { return len(c.fed) > 0 }

// Settle ends what Feed began. What was not read of the bytes that were fed is
// kept aside, and room for them may be used again.
func (c *Conn) Settle() {
	c.held = false
	if len(c.fed) > 0 {
		c.fed = append([]byte(nil), c.fed...)
		return
	}
	c.fed = nil
}

// Whole reports whether p, which comes next on the wire, is one record, neither
// more nor less (RFC 8446 section 5.1).
func (c *Conn) Whole(p []byte) bool {
	return c.records.ended() && len(p) >= header && len(p) == header+lengthOf(p)
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (n int, err error) {
	switch {
	case len(c.fed) > 0:
		n = copy(p, c.fed)
		c.fed = c.fed[n:]
	case c.held:
		return 0, os.ErrDeadlineExceeded
	default:
		n, err = c.Conn.Read(p)
	}
	c.records.took(p[:n])
	return n, err
}

// header is the length of what stands before the content of a record.
const header = 5

func lengthOf(head []byte) int { return int(head[3])<<8 | int(head[4]) }

// records follows where records end.
type records struct {
	head [header]byte
	n    int // of head that came
	left int // of the content
}

func (r *records) ended() bool { return r.n == 0 && r.left == 0 }

func (r *records) took(p []byte) {
	for len(p) > 0 {
		if r.left > 0 {
			n := min(r.left, len(p))
			r.left -= n
			p = p[n:]
			continue
		}
		n := copy(r.head[r.n:], p)
		p = p[n:]
		if r.n += n; r.n == header {
			r.n, r.left = 0, lengthOf(r.head[:])
		}
	}
}
