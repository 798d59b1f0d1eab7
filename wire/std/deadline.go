package std

import (
	"crypto/tls"
	"net"
	"time"
)

// abort ends reads of the body, also one that waits, and with them the
// connection. A body that has come whole is left alone.
func (c *conn) abort() {
	if c.pending.Load() {
		c.aborted.Store(true)
		c.setOwn(longAgo)
	}
}

var longAgo = time.Unix(1, 0)

// setOwn sets our read deadline beside that of net/http; the earlier one
// holds. Zero is none.
func (c *conn) setOwn(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.own.Equal(longAgo) && c.aborted.Load() || t.IsZero() && c.own.IsZero() {
		return
	}
	c.own = t
	c.arm()
}

// SetReadDeadline is for net/http.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.theirs = t
	if !t.IsZero() {
		c.wakeUp()
	}
	return c.arm()
}

// arm needs mu.
func (c *conn) arm() error {
	t := c.theirs
	if t.IsZero() || !c.own.IsZero() && c.own.Before(t) {
		t = c.own
	}
	return c.Conn.SetReadDeadline(t)
}

// Write bounds how long a client may not take what it is sent.
func (c *conn) Write(p []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(c.server.limits.WriteStall)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// SetWriteDeadline is for net/http, which would clear the deadline of Write
// after each exchange.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is not used by net/http's server.
func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// lingerBytes bounds what is read from a client that is not listened to any
// more.
const lingerBytes = 256 << 10

// Close ends the connection. A client that may still be sending is listened
// to for a moment, since closing over unread bytes resets the connection and
// takes the answer away from it (RFC 9112 section 9.6). A connection that was
// cut is reset, so that nobody takes a body that ends here for a whole one.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	defer c.server.forget(c)
	c.mu.Lock()
	c.wakeUp()
	c.mu.Unlock()
	if c.cut.Load() || c.server.cutting.Load() {
		if t, ok := c.raw.(interface{ SetLinger(int) error }); ok {
			t.SetLinger(0)
		}
		return c.raw.Close()
	}
	if c.pending.Load() {
		c.linger()
	}
	return c.Conn.Close()
}

func (c *conn) linger() {
	c.raw.SetDeadline(time.Now().Add(c.server.limits.Linger))
	if t, ok := c.Conn.(*tls.Conn); ok {
		t.CloseWrite()
	}
	if t, ok := c.raw.(interface{ CloseWrite() error }); ok {
		t.CloseWrite()
	}
	var b [4 << 10]byte
	for left := lingerBytes; left > 0; {
		n, err := c.raw.Read(b[:])
		if left -= n; err != nil {
			return
		}
	}
}
