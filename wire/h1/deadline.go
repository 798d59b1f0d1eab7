package h1

import (
	"errors"
	"os"
	"time"
)

// A deadline costs a timer. One that is near enough to the wanted one is left
// as it is: so a connection that is busy moves its deadlines every few seconds,
// and not with each request.

// readWithin sets the read deadline to limit from at, or leaves one that is
// up to an eighth earlier.
func (c *conn) readWithin(at time.Time, limit time.Duration) {
	if left := c.until.Sub(at); left > limit || left < limit-limit/8 {
		c.setRead(at.Add(limit))
	}
}

// readBy sets the read deadline to t, or leaves one that is very near.
func (c *conn) readBy(t time.Time) {
	const near = 5 * time.Millisecond
	if d := c.until.Sub(t); d > near || d < -near {
		c.setRead(t)
	}
}

func (c *conn) setRead(t time.Time) {
	c.until = t
	c.Conn.SetReadDeadline(t)
}

// writeWithin bounds how long a client may not take what it is sent.
func (c *conn) writeWithin() {
	at, limit := c.just, c.limits.WriteStall
	if c.just = (time.Time{}); at.IsZero() {
		at = time.Now()
	}
	if left := c.writes.Sub(at); left > limit || left < limit-limit/8 {
		c.writes = at.Add(limit)
		c.Conn.SetWriteDeadline(c.writes)
	}
}

// stallBytes is what a client must take at least within WriteStall.
const stallBytes = 32 << 10

// write writes all of p. A client that takes enough of it in time gets more
// time for the rest.
func (c *conn) write(p []byte) (written int, err error) {
	for {
		c.writeWithin()
		n, err := c.bytes.Write(p[written:])
		written += n
		if err == nil || n < stallBytes || !c.plain || !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
	}
}

var longAgo = time.Unix(1, 0)
