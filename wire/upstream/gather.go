package upstream

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// intake takes in a small body that streams, before there is a connection to
// the API: then it leaves with the head in one write, and a client that is slow
// or breaks off costs the API nothing. No goroutine waits beside it; a timer
// breaks off the read when the exchange may go on no longer.
type intake struct {
	gathered []byte // it leaves with the head

	waiting sync.Mutex
	awaited io.Reader   // guarded by waiting; the body while it is read
	ended   error       // guarded by waiting; why it was not waited for any more
	alarm   *time.Timer // guarded by waiting; made once for a pooled call
}

// gatherBytes is the largest body that is taken in: with a usual head it fits
// the buffer that a pooled call keeps.
const gatherBytes = 8 << 10

// gather takes in a body that is small and says so. The client has the time
// that its engine gives it, and that of the whole exchange.
func (c *call) gather() error {
	if c.from == nil || c.length < 0 || c.length > gatherBytes {
		return nil
	}
	at := len(c.out)
	c.out = slices.Grow(c.out, int(c.length)+1) // one more is too much
	b := c.out[at : at+int(c.length)+1]
	var ended error
	waits := !hasCome(c.from)
	if waits {
		c.await()
	}
	n, err := c.fill(b)
	if waits {
		ended = c.cease()
	}
	switch {
	case ended != nil:
		return c.explain(ended)
	case err == io.EOF && int64(n) == c.length:
		c.out, c.gathered, c.from = c.out[:at+n], b[:n], nil
		c.repeatable = isIdempotent(c.x.Method) // its body is at hand now
		return nil
	case err == nil || err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	c.broken = err
	return c.explain(err)
}

// hasCome reports whether no read of a body waits for the client.
func hasCome(body io.Reader) bool {
	a, ok := body.(gate.Arrived)
	return ok && a.Arrived()
}

// fill reads the body into b, up to its end or that of b.
func (c *call) fill(b []byte) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = defect(p)
		}
	}()
	for err == nil && n < len(b) {
		var m int
		m, err = c.from.Read(b[n:])
		n += m
	}
	return n, err
}

// await has somebody look now and then whether the body may be waited for.
func (c *call) await() {
	c.waiting.Lock()
	defer c.waiting.Unlock()
	c.awaited, c.ended = c.from, nil
	if c.alarm == nil {
		c.alarm = time.AfterFunc(time.Hour, c.lookAround)
	}
	c.alarm.Reset(c.nextLook())
}

func (c *call) nextLook() time.Duration { return time.Duration(min(slice, c.until-now())) }

// cease ends that, and says why the body was not waited for any more.
func (c *call) cease() error {
	c.waiting.Lock()
	defer c.waiting.Unlock()
	c.alarm.Stop() // if it is late for that, it finds nothing to do
	c.awaited = nil
	return c.ended
}

// lookAround breaks off the read of a body when the exchange has come to its
// end or its time is up.
func (c *call) lookAround() {
	c.waiting.Lock()
	defer c.waiting.Unlock()
	switch {
	case c.awaited == nil || c.ended != nil:
		return
	case c.ctx.Err() != nil:
		c.ended = context.Cause(c.ctx)
	case c.until <= now():
		c.ended = errSlow
	default:
		c.alarm.Reset(c.nextLook())
		return
	}
	if a, ok := c.awaited.(interface{ Abort() }); ok {
		a.Abort()
	}
}

// restore gives the exchange back a body that was gathered and not sent.
func (c *call) restore() {
	if c.gathered != nil {
		c.x.Incoming = bytes.NewReader(bytes.Clone(c.gathered))
	}
}
