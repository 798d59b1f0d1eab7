package h2

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"

	"github.com/gatehouse-api/gatehouse/gate"
)

// stream is one request and its answer, with the goroutine that serves it. A
// connection keeps streams for the next requests.
type stream struct {
	conn  *conn
	start chan signal // tells the goroutine to serve; closed to end it
	more  chan signal // something has come for whoever reads the body
	room  chan signal // and for whoever writes the answer

	// Set by the reader before start.
	id       uint32
	head     head
	received time.Time

	// Of the goroutine that serves.
	x        *gate.Exchange
	lease    *lease // the context of the exchange
	block    []byte // field block of the answer
	trailers []byte // and of its trailer section

	left atomic.Bool // the client has left this stream

	// Guarded by conn.mu, all that follows.
	dead   error     // why nothing more is written; nil while the stream is open
	orphan bool      // dead while its exchange runs
	ended  bool      // END_STREAM was sent
	last   bool      // END_STREAM came
	send   int64     // window for what is sent
	recv   int64     // window for what comes
	turn   uint64    // batch in which it wrote last
	spent  int       // bytes of it in that batch
	waits  bool      // is in conn.waiters
	stall  time.Time // since when it waits to write
	paid   int       // bytes written since then
	body   inbound
}

var (
	_ gate.Wire  = (*stream)(nil)
	_ gate.Watch = (*stream)(nil)

	errMisuse = &gate.Unavailable{Code: gate.Malformed, Cause: errors.New("the client broke the protocol on this stream")}
	errStall  = errors.New("the client did not take the answer in time")
)

// find returns the open stream of id. It needs mu.
func (c *conn) find(id uint32) *stream {
	i, ok := c.place(id)
	if !ok {
		return nil
	}
	return c.open[i]
}

func (c *conn) place(id uint32) (int, bool) {
	return slices.BinarySearchFunc(c.open, id, func(s *stream, id uint32) int { return int(s.id) - int(id) })
}

// get returns a stream for the reader to fill in; nil when there are too many.
func (c *conn) get() *stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.idle); n > 0 {
		s := c.idle[n-1]
		c.idle[n-1] = nil
		c.idle = c.idle[:n-1]
		return s
	}
	if c.objects >= 2*maxStreams {
		return nil
	}
	c.objects++
	s := &stream{conn: c, start: make(chan signal, 1), more: make(chan signal, 1), room: make(chan signal, 1)}
	c.workers.Go(s.work)
	return s
}

// put takes back a stream that was not opened.
func (c *conn) put(s *stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.head.reset()
	c.idle = append(c.idle, s)
}

// opens makes s one of the open streams. It needs mu.
func (c *conn) opens(s *stream) {
	if s.lease == nil {
		s.lease = &lease{base: c.shared.Base}
	}
	s.send, s.recv = c.initial, streamWindow
	c.open = append(c.open, s)
	c.running++
	c.ready = append(c.ready, s)
	if c.over != nil { // a write has failed since the reader looked
		c.kill(s, errGone)
	}
}

// tell wakes the streams whose heads came since the last call. They are not
// told at once: when the body came along it is there before anybody asks.
func (c *conn) tell() {
	for i, s := range c.ready {
		s.start <- signal{}
		c.ready[i] = nil
	}
	c.ready = c.ready[:0]
}

// closes takes s from the open streams. It needs mu.
func (c *conn) closes(s *stream) {
	if i, ok := c.place(s.id); ok {
		c.open = slices.Delete(c.open, i, i+1)
	}
}

// kill ends s for reason why, as far as its exchange still runs. It needs mu.
func (c *conn) kill(s *stream, why error) {
	c.closes(s)
	if s.dead != nil {
		return
	}
	s.dead = why
	if !s.ended {
		s.orphan = true
		c.orphans++
	}
	s.left.Store(true)
	s.body.fail(why)
	s.lease.cancel(why)
	wake(s.more)
	wake(s.room)
}

// reset ends s by RST_STREAM because of the client. It needs mu.
func (c *conn) reset(s *stream, code http2.ErrCode, why error) error {
	c.rst(s.id, code)
	c.kill(s, why)
	return c.tire()
}

// look ends s when it waited for too long. It needs mu.
func (s *stream) look(now time.Time) {
	c := s.conn
	if !s.stall.IsZero() && now.Sub(s.stall) > c.shared.Limits.WriteStall {
		c.rst(s.id, http2.ErrCodeCancel)
		c.kill(s, errStall)
		return
	}
	if s.body.late(now) {
		wake(s.more)
	}
}

// work serves one request after the other.
func (s *stream) work() {
	for range s.start {
		s.serve()
		if !s.settle() {
			return
		}
	}
}

// settle ends the stream and makes it ready for the next one. It reports false
// when there will be none.
func (s *stream) settle() bool {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.dead == nil {
		s.close()
	}
	if s.orphan {
		c.orphans--
	} else if !s.head.malformed {
		c.resets.earned.Add(resetWorth)
	}
	c.chatter.earned.Add(chatterWorth)
	c.owe(s.body.drop())
	c.running--
	c.served++
	if c.running == 0 && c.leaving == left {
		c.nudge()
	}
	c.flush()
	s.reset()
	if c.over != nil {
		c.objects--
		return false
	}
	c.idle = append(c.idle, s)
	return true
}

// close takes leave of the client on a stream that is open. It needs mu.
func (s *stream) close() {
	c := s.conn
	switch {
	case s.head.malformed: // RFC 9113 section 8.1.1
		c.rst(s.id, http2.ErrCodeProtocol)
	case !s.ended: // the answer broke off
		c.rst(s.id, http2.ErrCodeInternal)
	case !s.last: // the rest of the body is not needed (RFC 9113 section 8.1)
		c.rst(s.id, http2.ErrCodeNo)
	}
	c.closes(s)
}

// reset empties s and keeps its buffers. It needs mu.
func (s *stream) reset() {
	s.head.reset()
	s.lease = s.lease.next()
	if cap(s.block)+cap(s.trailers) > maxKept {
		s.block, s.trailers = nil, nil
	}
	s.left.Store(false)
	s.dead, s.orphan, s.ended, s.last = nil, false, false, false
	s.turn, s.spent, s.waits, s.stall = 0, 0, false, time.Time{}
	s.body.reset()
}

// Gone implements gate.Watch.
func (s *stream) Gone() bool { return s.left.Load() }

// Valid implements gate.Watch.
func (s *stream) Valid(x *gate.Exchange) gate.Code { return s.conn.shared.Check(s.conn.conn, x.Host) }
