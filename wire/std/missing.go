package std

import (
	"crypto/tls"
	"errors"
	"io"
	"os"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// missing says what becomes of a head for which no byte came but err. One that
// began and is late is refused like any other bad one, so that the client and
// whoever reads events hear of it. A connection on which no head began just
// ends.
func (c *conn) missing(h *head, err error) error {
	if t, ok := c.Conn.(*tls.Conn); ok && c.begun == 0 && !t.ConnectionState().HandshakeComplete {
		c.server.handshakes.note(err)
	}
	switch {
	case c.timed && errors.Is(err, os.ErrDeadlineExceeded) && c.late():
		h.broken, h.at = gate.HeadTimeout, time.Now()
		c.begin(h)
		return nil
	case err == io.EOF && int64(c.begun) > c.ended.Load():
		return c.hold()
	}
	return err
}

// late reports whether a deadline has passed that is no call to stop: net/http
// interrupts the read that waits beside an exchange by one long ago.
func (c *conn) late() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, t := range [...]time.Time{c.own, c.theirs} {
		if !t.IsZero() && !t.Equal(longAgo) && !t.After(now) {
			return true
		}
	}
	return false
}

// hold keeps the end of the client's bytes from net/http, which takes it for
// the end of the client and breaks the exchange off. A client may end its
// sending side behind its request and still read (RFC 9293 section 3.6), but
// nothing tells it from one that has left until it is written to; so it is
// held for as long as HalfClose says, and at most until the exchange is over.
// A reset is never held.
func (c *conn) hold() error {
	c.mu.Lock()
	if c.closed.Load() || !c.theirs.IsZero() {
		c.mu.Unlock()
		return os.ErrDeadlineExceeded
	}
	wake := make(chan struct{})
	c.wake = wake
	c.mu.Unlock()
	t := time.NewTimer(c.server.limits.HalfClose)
	defer t.Stop()
	select {
	case <-wake:
		return os.ErrDeadlineExceeded
	case <-t.C:
		return io.EOF
	}
}

// wakeUp ends hold. It needs mu.
func (c *conn) wakeUp() {
	if c.wake != nil {
		close(c.wake)
		c.wake = nil
	}
}
