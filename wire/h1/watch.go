package h1

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/direct"
)

// Gone implements gate.Watch. A client may end its sending side behind its
// request and still read (RFC 9293 section 3.6), but nothing tells it from one
// that has left until it is written to; so it is waited for as long as HalfClose
// says. A reset is never waited for.
func (t *turn) Gone() bool {
	c := t.conn
	if c.socket == nil {
		return false
	}
	var waiting, ended, gone bool
	if err := c.socket.Control(func(fd uintptr) { waiting, ended, gone = peek(fd) }); err != nil {
		return true // it was closed
	}
	if waiting && !ended && !c.plain {
		ended, gone = t.lookInside()
	}
	switch {
	case gone:
		return true
	case !c.halfway.IsZero(): // as TLS says only once
	case !ended:
		return false
	default:
		c.halfway = time.Now()
	}
	return time.Since(c.halfway) >= c.limits.HalfClose
}

// lookInside reads the byte that may come next through TLS, where the end is a
// message, too.
func (t *turn) lookInside() (ended, gone bool) {
	c := t.conn
	if !t.body.done.Load() || t.end == len(t.buf) {
		return false, false // somebody else reads, or the client goes on
	}
	if c.inside { // nobody may wait for the socket
		c.feed()
	} else {
		c.setRead(time.Now().Add(time.Millisecond))
	}
	n, err := c.bytes.Read(t.buf[t.end : t.end+1])
	t.end += n
	return err == io.EOF, err != nil && err != io.EOF && !errors.Is(err, os.ErrDeadlineExceeded)
}

// feed gives TLS some of what waits, and has attend look at what it made of that.
// There is no more of it than TLS has taken: a client that sends on while its
// exchange waits must not fill memory.
func (c *conn) feed() {
	const some = 512
	c.more, c.held = true, true
	if c.peer.Under.Fed() {
		return
	}
	p, n := make([]byte, some), 0
	c.socket.Control(func(fd uintptr) { n, _ = direct.Read(fd, p) })
	c.peer.Under.Feed(p[:n])
}

// Valid implements gate.Watch.
func (t *turn) Valid(x *gate.Exchange) gate.Code {
	return t.conn.server.Check(t.conn.peer, x.Host)
}
