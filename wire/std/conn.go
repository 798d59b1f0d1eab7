package std

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/chunk"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// conn is a client's connection between the network and net/http. It reads
// request heads itself (see head) and follows the framing of bodies; net/http
// gets a head of its own making, from which it learns nothing but where the
// body ends and whether the connection stays. So there is one reader of
// heads, and a refusal of one is an exchange like any other: net/http gets a
// bodyless request in its place, whose handler finds head.broken.
//
// net/http reads from one goroutine at a time and asks for the head after the
// current one at the earliest while the current handler runs; therefore two
// heads are kept, and the handler of exchange n finds the one at n&1.
type conn struct {
	net.Conn          // plain bytes: the TLS connection where there is one
	raw      net.Conn // of the socket
	server   *Server
	peer     netip.AddrPort
	secure   bool
	state    tls.ConnectionState // set with the first head

	// Of the reading side.
	heads   [2]head
	begun   int   // heads that were passed on
	reading bool  // a head is being read
	timed   bool  // and its first byte came
	phase   phase // of the message that is read
	left    int64 // of a body with Content-Length
	body    chunk.Scanner
	out     []byte // for net/http before anything else; backed by synth
	synth   [192]byte
	rest    []byte        // read from the network and not looked at
	slack   time.Duration // that reads of the body may still wait
	err     error         // sticky

	served int          // heads that handlers took
	ended  atomic.Int64 // exchanges that are over

	mu     sync.Mutex
	own    time.Time     // our read deadline; guarded by mu
	theirs time.Time     // that of net/http; guarded by mu
	wake   chan struct{} // ends hold; guarded by mu

	touched atomic.Bool // something came
	pending atomic.Bool // there may be bytes of a request that nobody will read
	aborted atomic.Bool // the body is not wanted any more
	cut     atomic.Bool // close with a reset
	closed  atomic.Bool
}

// phase says what comes next on the connection.
type phase uint8

const (
	inHead phase = iota
	inFixed
	inChunks
	inRefused // nothing that follows is read
)

func newConn(s *Server, raw net.Conn, t *tls.Config) *conn {
	c := &conn{Conn: raw, raw: raw, server: s}
	if t != nil {
		c.Conn, c.secure = tls.Server(raw, t), true
	}
	c.meet()
	c.heads[0].secure, c.heads[1].secure = c.secure, c.secure
	return c
}

// meet takes the address of the other end.
func (c *conn) meet() {
	if a, ok := c.raw.RemoteAddr().(*net.TCPAddr); ok {
		c.peer = a.AddrPort()
		c.peer = netip.AddrPortFrom(c.peer.Addr().Unmap(), c.peer.Port())
	}
}

var (
	errAborted = errors.New("the body is not wanted any more")
	errFraming = &gate.Unavailable{Code: gate.Malformed, Cause: errors.New("the chunked coding of the body is broken")}
)

// Read gives net/http its next bytes. It never crosses the end of a message.
func (c *conn) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil {
		switch {
		case len(c.out) > 0:
			n = copy(p, c.out)
			c.out = c.out[n:]
		case c.err != nil:
			err = c.err
		case c.phase == inHead:
			err = c.readHead()
		case c.phase == inFixed:
			n, err = c.readFixed(p)
		case c.phase == inChunks:
			n, err = c.readChunks(p)
		default:
			err = c.discard()
		}
	}
	return n, err
}

// readHead takes bytes of a head until it is judged, then makes the one that
// net/http gets.
func (c *conn) readHead() error {
	h := &c.heads[c.begun&1]
	if i, ok := c.raw.(session.Introducer); ok && c.begun == 0 && !c.reading {
		if err := i.Introduce(); err != nil {
			return err
		}
		c.meet()
	}
	if !c.reading {
		h.reset(c.secure)
		c.reading, c.timed = true, false
	}
	if len(c.rest) > 0 {
		h.raw = append(h.raw, c.rest...)
		if c.rest = c.rest[:0]; cap(c.rest) > maxKept {
			c.rest = nil
		}
	} else {
		n, err := c.Conn.Read(h.room())
		h.raw = h.raw[:len(h.raw)+n]
		if n == 0 {
			return c.missing(h, err)
		}
	}
	if !c.timed {
		c.timed = true
		c.touched.Store(true)
		c.setOwn(time.Now().Add(c.server.limits.HeadTimeout))
	}
	if h.scan(&c.server.limits) {
		c.begin(h)
	}
	return nil
}

// begin passes a judged head on.
func (c *conn) begin(h *head) {
	c.begun++
	c.reading = false
	c.setOwn(time.Time{})
	if c.secure && c.begun == 1 {
		c.state = c.Conn.(*tls.Conn).ConnectionState()
	}
	if h.end > 0 {
		c.rest = append(c.rest[:0], h.raw[h.end:]...)
		h.raw = h.raw[:h.end]
	}
	c.slack = c.server.limits.BodyGrace
	c.pending.Store(h.broken != gate.Undecided || h.length != 0)
	switch {
	case h.broken != gate.Undecided:
		c.phase = inRefused
	case h.length > 0:
		c.phase, c.left = inFixed, h.length
	case h.length < 0:
		c.phase = inChunks
		c.body.Start()
	}
	c.out = h.appendPlain(c.synth[:0])
}

// readFixed passes on a body of known length.
func (c *conn) readFixed(p []byte) (n int, err error) {
	p = p[:min(int64(len(p)), c.left)]
	if len(c.rest) > 0 {
		n = copy(p, c.rest)
		c.rest = c.rest[:copy(c.rest, c.rest[n:])]
	} else {
		n, err = c.readBody(p)
	}
	if c.left -= int64(n); c.left == 0 {
		c.endBody()
	}
	return n, err
}

// readChunks passes on a chunked body as its scanner leaves it.
func (c *conn) readChunks(p []byte) (n int, err error) {
	src := p
	if len(c.rest) > 0 {
		src = c.rest[:min(len(c.rest), len(p))]
	} else {
		if n, err = c.readBody(p); n == 0 {
			return 0, err
		}
		src = p[:n]
	}
	in, out, ok := c.body.Scan(p, src)
	if len(c.rest) > 0 {
		c.rest = c.rest[:copy(c.rest, c.rest[in:])]
	} else if in < len(src) && ok {
		c.rest = append(c.rest[:0], src[in:]...)
	}
	if !ok {
		c.err = errFraming
	}
	if c.body.Done() {
		c.endBody()
	}
	return out, err
}

func (c *conn) endBody() {
	c.phase = inHead
	c.pending.Store(false)
	c.setOwn(time.Time{})
}

// readBody reads from the network under the least rate of a body: a body has
// BodyGrace of waiting to spend, and each byte that comes earns a part of it
// back. Time in which nobody reads is not counted.
func (c *conn) readBody(p []byte) (int, error) {
	if c.aborted.Load() {
		return 0, errAborted
	}
	began := time.Now()
	c.setOwn(began.Add(c.slack))
	if c.aborted.Load() { // abort may have come before our deadline was set
		return 0, errAborted
	}
	n, err := c.Conn.Read(p)
	c.slack += time.Duration(n)*time.Second/time.Duration(c.server.limits.BodyRate) - time.Since(began)
	c.slack = min(c.slack, c.server.limits.BodyGrace) // a fast start buys no long silence
	if n > 0 {
		err = nil // it comes again
	}
	if err != nil && c.slack <= 0 {
		c.err = err
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
		c.err = err
	}
	return n, err
}

// discard reads on behind a refused head until the client stops, so that the
// refusal is not lost in a reset of the connection (RFC 9112 section 9.6).
func (c *conn) discard() error {
	c.rest = nil
	var b [512]byte
	_, err := c.Conn.Read(b[:])
	return err
}

// take gives the head of the exchange that begins.
func (c *conn) take() *head {
	h := &c.heads[c.served&1]
	c.served++
	return h
}

// poison spoils the head that was taken last.
func (c *conn) poison() {
	raw := c.heads[(c.served-1)&1].raw
	for i := range raw {
		raw[i] = 0xDB
	}
}
