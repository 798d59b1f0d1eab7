// Package h1 is the engine of HTTP/1.1 (RFC 9110, RFC 9112): one goroutine a
// connection reads requests strictly, walks them through the gate and writes
// the answers. Names and values are views of a pooled buffer; a connection that
// waits for its next request holds none. Whatever has two readings is refused
// and the connection ended, so that no one behind the gate finds a second
// request in it.
//
// Package wire/server hands it connections and nothing else imports it. It
// knows the gate and nothing of contracts, guards, upstreams or HTTP/2.
package h1

import (
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/internal/direct"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// New is a session.Engine.
func New(s *session.Shared, c *session.Conn) session.Session {
	n := &conn{Conn: c.Conn, peer: c, plain: c.Conn == c.Raw, server: s, limits: &s.Limits}
	n.bytes = c.Conn
	if n.plain {
		n.bytes = direct.New(c.Raw)
	}
	if s, ok := c.Raw.(syscall.Conn); ok {
		n.socket, _ = s.SyscallConn()
	}
	if n.socket != nil && releases && (n.plain || c.Under != nil) {
		n.try, n.held = n.attend, !n.plain
		n.socket.Control(func(fd uintptr) { n.tells = direct.Tell(fd) })
	}
	return n
}

// conn is one connection. What an exchange needs is in its turn.
type conn struct {
	net.Conn
	peer   *session.Conn
	bytes  io.ReadWriter // what Conn reads and writes
	plain  bool          // Conn is the socket
	server *session.Shared
	limits *session.Limits
	socket syscall.RawConn // of Raw; nil where there is none
	attention

	turn    *turn // that holds bytes of the next request; nil while there are none
	first   [1]byte
	begun   bool        // a request came
	until   time.Time   // the read deadline that is set
	writes  time.Time   // the write deadline that is set
	ended   time.Time   // when the last exchange did
	just    time.Time   // what the clock has just shown, for the next write; zero when nothing is known
	halfway time.Time   // when the client was first seen to send no more
	waiting atomic.Bool // for a request of which nothing came
	reset   bool        // close with a reset
	unread  bool        // the client may still be sending
}

// Serve implements session.Session.
func (c *conn) Serve() {
	for c.next() {
	}
	c.end()
}

// next serves one request and reports whether another one may follow.
func (c *conn) next() bool {
	t := c.turn
	c.turn = nil
	if t == nil {
		if t = c.wait(); t == nil {
			return false
		}
	}
	ready := c.ready
	if c.ready = false; !ready && !c.readHead(t) {
		t.release()
		return false
	}
	stays := t.serve()
	if stays && t.at < t.end {
		t.rewind()
		c.turn = t
	} else {
		t.release()
	}
	return stays
}

// wait parks until something of a request comes; nil when nothing will.
func (c *conn) wait() *turn {
	c.rest()
	came := c.fill()
	c.waiting.Store(false)
	if !came {
		return nil
	}
	t := c.turn
	c.turn = nil
	return t
}

// fill waits for the first bytes of a request and takes a turn for them.
func (c *conn) fill() bool {
	if c.try != nil {
		return c.socket.Read(c.try) == nil && c.failed == nil
	}
	// One byte is enough to know, and TLS keeps the others.
	n, _ := c.bytes.Read(c.first[:])
	if n == 0 {
		return false
	}
	c.turn = take(c)
	c.turn.buf[0], c.turn.end = c.first[0], 1
	return true
}

// Drain implements session.Session. A request may be on its way that was sent
// before the client could know: it has a moment to come, and its answer ends
// the connection. Otherwise nobody could stop the gate without turning a client
// away.
func (c *conn) Drain() {
	if c.waiting.Load() {
		c.Conn.SetReadDeadline(time.Now().Add(c.limits.Farewell)) // whoever reads on sets it anew
	}
}

// Cut implements session.Session. The socket is closed when nobody uses it, which
// attend does: that does not keep the caller waiting. What is tried with it
// meanwhile fails.
func (c *conn) Cut() {
	noLinger(c.peer.Raw)
	if c.try != nil {
		go c.peer.Raw.Close()
		return
	}
	c.peer.Raw.Close()
}

// end closes the connection. A client that may still be sending is listened to
// for a moment, since closing over unread bytes resets the connection and takes
// the answer away from it (RFC 9112 section 9.6). A connection that was cut is
// reset, so that nobody takes a body that ends here for a whole one.
func (c *conn) end() {
	switch {
	case c.reset || c.server.Cutting.Load():
		noLinger(c.peer.Raw)
		c.peer.Raw.Close()
		return
	case c.unread:
		c.linger()
	}
	c.Conn.Close()
}

// lingerBytes bounds what is read from a client that is not listened to any
// more.
const lingerBytes = 4 << 20

func (c *conn) linger() {
	c.peer.Raw.SetDeadline(time.Now().Add(c.limits.Linger))
	closeWrite(c.Conn)
	if !c.plain {
		closeWrite(c.peer.Raw)
	}
	buf := buffers.Get()
	defer buffers.Put(buf)
	for left := lingerBytes; left > 0; {
		n, err := c.peer.Raw.Read(buf.bytes[:])
		if left -= n; err != nil {
			return
		}
	}
}

// closeWrite ends the sending side, where it has one of its own.
func closeWrite(c any) {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		w.CloseWrite()
	}
}

// noLinger makes Close reset the connection.
func noLinger(c any) {
	if t, ok := c.(interface{ SetLinger(int) error }); ok {
		t.SetLinger(0)
	}
}

// unexpected says that the bytes ended where more were announced.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
