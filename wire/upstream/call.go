package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/spare"
	"github.com/gatehouse-api/gatehouse/wire/internal/chunk"
)

// call is one exchange with the API, and the body of its answer. It is pooled,
// and backs the fields of the answer until the gate ends the lease.
type call struct {
	spare.Mark
	owner *Upstream
	ctx   context.Context // of the exchange, which the call is a part of
	x     *gate.Exchange
	watch gate.Watch
	conn  *conn // nil before it has one and after Close

	connectBy instant      // of the TLS handshake, while it lasts
	heading   bool         // the answer's head is not there yet
	asked     instant      // when it was seen last that ctx goes on; for reads
	until     instant      // of the whole exchange
	sent      atomic.Int64 // instant of the request's last byte; 0 before
	wrote     atomic.Int64 // instant of the last progress

	// The request.
	out        []byte // its head, and a small body
	rest       []byte // of a body that was read whole
	parts      net.Buffers
	pair       [2][]byte // backs parts
	from       io.Reader // of a body that streams
	trailers   *[]gate.Field
	length     int64 // of a body that streams; -1 when it is not known
	head       bool  // it was HEAD
	upgrade    bool  // it asked for another protocol
	repeatable bool  // it may be sent twice
	intake
	pump

	// The answer.
	buf     []byte // what came: from its beginning the head, which backs the fields
	at, end int    // of buf, what is not read yet
	base    int    // of buf, behind the head
	in      []byte // what comes of a chunked body
	got     answer
	framing framing
	left    int64 // of a body with a length
	chunks  chunk.Scanner
	pieces  io.LimitedReader // of what is spliced
	over    error            // of the body: io.EOF, or why it broke off
	surplus bool             // the connection is of no use afterwards
	poison  bool
}

var calls = spare.Pool[call, *call]{New: func() *call {
	c := &call{out: make([]byte, 0, 4<<10), buf: make([]byte, 8<<10)}
	c.pump.done = make(chan struct{}, 1)
	return c
}}

var (
	errBusy = errors.New("as many requests as the limit allows are with the API")
	errLoop = errors.New("the way to the API leads back to the gate")
)

// Send implements gate.Upstream.
func (u *Upstream) Send(ctx context.Context, x *gate.Exchange) error {
	if u.busy.Add(1) > int64(u.limits.MaxInFlight) {
		u.busy.Add(-1)
		return &gate.Unavailable{Code: gate.Overloaded, Cause: errBusy}
	}
	if u.many != nil {
		return u.many.send(ctx, x)
	}
	c := calls.Get()
	c.owner, c.ctx, c.x, c.until, c.asked, c.poison = u, ctx, x, never, now(), u.limits.Poison
	if u.limits.TotalTimeout > 0 {
		c.until = c.asked + instant(u.limits.TotalTimeout)
	}
	err := c.write(x)
	if err == nil && c.from != nil {
		err = c.gather()
		c.asked = now() // the client may have taken its time
	}
	if err == nil {
		err = c.send()
	}
	if err != nil {
		u.counts.failed(err)
		c.Close()
		c.End()
		return err
	}
	x.Answer.Body, x.Answer.Lease = c, c
	if x.Answer.Status == 101 {
		c.watch = nil // the engine watches both ends
		x.Answer.Body = &tunnel{call: c, conn: c.conn}
	}
	return nil
}

// send sends the request and reads the head of its answer. It sends it again
// where that is safe: nothing of it was written, or it may be sent twice, and
// then once more and on a new connection.
func (c *call) send() error {
	fresh := false
	for before := error(nil); ; {
		if err := c.owner.connect(c, fresh); err != nil {
			if fresh { // something was sent: whoever asks must not take it for nothing
				return c.explain(before)
			}
			c.restore()
			return c.unreachable(err)
		}
		err := c.try()
		if err == nil {
			c.take()
			return nil
		}
		c.stop()
		kept, nothing := c.conn.used, c.conn.written == 0
		if kept && c.end == 0 && !isOver(err) { // it ended behind its last answer, as far as anybody can tell
			c.owner.habit.note(now() - c.conn.since)
		}
		c.forsake()
		if !kept || c.end > 0 || c.consumed || isOver(err) || !nothing && !c.repeatable {
			return c.explain(err)
		}
		fresh, before = !nothing, err
	}
}

// try sends the request on the connection and reads the answer's head.
func (c *call) try() error {
	c.at, c.end, c.base, c.over, c.surplus = 0, 0, 0, nil, false
	c.heading = true
	c.sent.Store(0)
	c.whole.Store(false)
	c.last.Store(false)
	small := len(c.rest) <= together
	var err error
	if c.from == nil && small {
		if c.asks() {
			c.end, err = c.conn.ask(c.out, c.buf)
		} else {
			err = c.conn.send(c.out, c.rest)
		}
		c.finish(err)
	} else if err = c.conn.send(c.out, nil); err == nil {
		err = c.stream()
	}
	switch {
	case err == nil:
	case isOver(err), c.broken != nil:
		return err
	default: // the API may have said why it reads no more
		if c.readHead() == nil {
			c.surplus = true
			return nil
		}
		return err
	}
	return c.readHead()
}

// asks reports whether the request is written inside of the wait for its answer.
// An API may have spoken before it was asked on a new connection, as one that
// turns it away, or have ended its side of one that was kept.
func (c *call) asks() bool {
	return c.conn.tls == nil && len(c.rest) == 0 && c.conn.used && !c.owner.habit.shows()
}

// isOver reports whether err says that the exchange has come to an end of its
// own, and not that the connection did.
func isOver(err error) bool {
	var u *gate.Unavailable // what a context ended with
	return err == errLate || err == errGone || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &u)
}

// forsake ends the connection of a call that failed.
func (c *call) forsake() {
	if c.conn != nil {
		c.conn.drop()
		c.conn = nil
	}
}

// part gives the connection back once both bodies have come to their end, if
// it can be used again. The next exchange may take it while the client still
// gets this answer.
func (c *call) part() {
	if c.conn == nil || c.over != io.EOF || !c.last.Load() && !c.whole.Load() {
		return
	}
	c.stop()
	if c.at < c.end {
		c.owner.habit.overheard()
	}
	if c.whole.Load() && !c.surplus && c.at == c.end && c.got.reusable() && !c.owner.habit.talks() {
		if c.framing == noBody || c.framing == chunked && c.end == len(c.in) {
			c.conn.unsure = true // a body that must not be, or more than one, may follow
		}
		c.owner.pool.put(c.conn)
		c.conn = nil
	}
}

// Close implements io.Closer. A connection that was not given back ends.
func (c *call) Close() error {
	if c.owner == nil {
		return nil
	}
	c.stop()
	c.part()
	c.forsake()
	c.owner.busy.Add(-1)
	c.owner, c.from, c.rest, c.gathered, c.ctx, c.watch, c.x, c.trailers = nil, nil, nil, nil, nil, nil, nil, nil
	return nil
}

// maxKept bounds the buffer that a pooled call keeps, in bytes.
const maxKept = 16 << 10

// End implements gate.Lease.
func (c *call) End() {
	c.Close()
	if c.poison {
		for i := range c.buf {
			c.buf[i] = 0xDB
		}
	}
	if cap(c.buf) > maxKept {
		c.buf = make([]byte, 8<<10)
	}
	if cap(c.out) > maxKept {
		c.out = make([]byte, 0, 4<<10)
	}
	c.parts, c.pair, c.in, c.got, c.pieces = nil, [2][]byte{}, nil, answer{}, io.LimitedReader{}
	calls.Put(c)
}
