package h2

import (
	"crypto/tls"
	"errors"
	"time"

	"golang.org/x/net/http2"
)

// leaving is how far a connection has come on the way to its end (RFC 9113
// section 6.8): first the client is told to open no more streams, and when
// what was under way must have come, which ones were taken.
type leaving uint8

const (
	staying leaving = iota
	announced
	left
)

// parted is the PING behind the announcement: its acknowledgement says that
// the client has seen it.
var parted = [8]byte{'g', 'o', 'o', 'd', ' ', 'b', 'y', 'e'}

// Drain implements session.Session.
func (c *conn) Drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drain()
}

// drain needs mu.
func (c *conn) drain() {
	if c.leaving != staying || c.over != nil {
		return
	}
	c.leaving, c.farewell = announced, time.Now().Add(c.shared.Limits.Farewell) // for a client that does not answer
	if c.greeted {
		c.announce()
	}
	c.nudge() // a connection that waits
}

// announce needs mu.
func (c *conn) announce() {
	c.bye(mostWindow, http2.ErrCodeNo)
	o := c.frameTo(http2.FramePing, 0, 0, len(parted))
	o.b = append(o.b, parted[:]...)
}

// takeGoAway takes a client at its word that it opens no more streams (RFC
// 9113 section 6.8).
func (c *conn) takeGoAway() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drain()
	return c.chat()
}

// leave says which streams are taken. The connection ends with the last of
// them. It needs mu.
func (c *conn) leave() {
	c.leaving = left
	c.bye(c.last, http2.ErrCodeNo)
	c.nudge()
}

// Cut implements session.Session. What breaks off has no END_STREAM.
func (c *conn) Cut() {
	c.mu.Lock()
	if c.over == nil {
		c.fail(errCut)
	}
	c.mu.Unlock()
	if t, ok := c.conn.Raw.(interface{ SetLinger(int) error }); ok {
		t.SetLinger(0)
	}
	c.conn.Raw.Close()
}

// lingerBytes bounds what is read from a client that is not listened to any
// more.
const lingerBytes = 1 << 20

// hangUp writes what is left and closes the connection. A client that may
// still be sending is listened to for a moment, since closing over unread bytes
// resets the connection and takes away from it what it was told.
func (c *conn) hangUp(err error) {
	defer c.conn.Close()
	if _, ok := parting(err); !ok && !errors.Is(err, errClosed) { // nobody listens
		c.conn.Raw.Close()
		return
	}
	end := time.Now().Add(c.shared.Limits.Linger)
	c.conn.SetDeadline(end)
	c.mu.Lock()
	for c.writing {
		c.mu.Unlock()
		<-c.room
		c.mu.Lock()
	}
	c.until = end.Add(c.shared.Limits.WriteStall) // the deadline stays
	c.flush()
	c.mu.Unlock()
	if t, ok := c.conn.Conn.(*tls.Conn); ok {
		t.CloseWrite()
	}
	if t, ok := c.conn.Raw.(interface{ CloseWrite() error }); ok {
		t.CloseWrite()
	}
	var b [4 << 10]byte
	for left := lingerBytes; left > 0; {
		n, err := c.conn.Raw.Read(b[:])
		if left -= n; err != nil {
			return
		}
	}
}
