package h2

import (
	"errors"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatehouse-api/gatehouse/gate"
)

// block is the field block that is being read: HEADERS and the CONTINUATION
// behind it (RFC 9113 section 4.3).
type block struct {
	conn   *conn
	stream *stream           // that it opens; nil for others
	to     *head             // takes the fields; nil when they are only to be decoded
	then   func(*conn) error // what follows when it is complete
	id     uint32
	end    bool // END_STREAM
	more   bool // CONTINUATION follows
	began  time.Time
	frames int
	bytes  int
}

// takeHeaders takes the beginning of a field block.
func (c *conn) takeHeaders(f *http2.HeadersFrame) error {
	b := &c.block
	*b = block{conn: c, id: f.StreamID, end: f.StreamEnded(), began: c.now}
	if b.id%2 == 0 {
		return fault(http2.ErrCodeProtocol, "a client opens streams with odd numbers")
	}
	if err := c.meet(f); err != nil {
		return err
	}
	c.decoder.SetEmitEnabled(b.to != nil)
	return c.fragment(f.HeaderBlockFragment(), f.HeadersEnded())
}

// takeContinuation takes the next part of one.
func (c *conn) takeContinuation(f *http2.ContinuationFrame) error {
	if c.block.frames++; c.block.frames > maxContinuations {
		return c.flooded()
	}
	return c.fragment(f.HeaderBlockFragment(), f.HeadersEnded())
}

func (c *conn) fragment(p []byte, last bool) error {
	b := &c.block
	if b.bytes += len(p); b.bytes > 2*c.shared.Limits.HeadBytes {
		return c.flooded()
	}
	if _, err := c.decoder.Write(p); err != nil {
		return fault(http2.ErrCodeCompression, "a field block cannot be decoded")
	}
	if b.more = !last; b.more {
		return nil
	}
	if err := c.decoder.Close(); err != nil {
		return fault(http2.ErrCodeCompression, "a field block ends within a field")
	}
	return b.then(c)
}

// flooded ends a connection that sends no end of fields.
func (c *conn) flooded() error {
	return &gate.Unavailable{Code: gate.FieldsTooLarge, Cause: errors.New("a field block has no end")}
}

// emit takes a field from hpack. Behind the bound they are decoded no further
// than the tables need.
func (b *block) emit(f hpack.HeaderField) {
	if !b.to.add(&f, &b.conn.shared.Limits) {
		b.conn.decoder.SetEmitEnabled(false)
	}
}

// meet decides what a field block is for.
func (c *conn) meet(f *http2.HeadersFrame) error {
	b := &c.block
	c.mu.Lock()
	s := c.find(b.id)
	gone := s == nil && b.id <= c.last && c.gone.has(b.id)
	full := len(c.open)+c.orphans >= maxStreams
	deaf := c.leaving == left
	c.mu.Unlock()
	switch {
	case s != nil && s.last:
		b.then = (*conn).closedBlock
	case s != nil:
		c.tail.reset()
		c.tail.trailer = true
		b.to, b.then = &c.tail, (*conn).trailers
	case gone:
		b.then = (*conn).chat
	case b.id == c.last:
		return fault(http2.ErrCodeStreamClosed, "HEADERS for a stream that is closed")
	case b.id < c.last:
		return fault(http2.ErrCodeProtocol, "a stream has a number below that of another one")
	case deaf: // it was told that nobody looks at this one
		b.then = (*conn).chat
	case f.HasPriority() && f.Priority.StreamDep == b.id:
		c.last, b.then = b.id, (*conn).selfish
	case full:
		c.last, b.then = b.id, (*conn).refuseStream
	default:
		c.last = b.id
		if b.stream = c.get(); b.stream == nil {
			b.then = (*conn).refuseStream
			return nil
		}
		b.to, b.then = &b.stream.head, (*conn).request
	}
	return nil
}

// request opens a stream with the head that is complete now.
func (c *conn) request() error {
	b := &c.block
	s := b.stream
	b.stream, b.to = nil, nil
	h := &s.head
	h.judge(&c.shared.Limits, c.conn.TLS != nil)
	c.mu.Lock()
	defer c.mu.Unlock()
	s.id, s.received, s.last = b.id, c.now, b.end
	s.body.length, s.body.slack, s.body.expects = -1, c.shared.Limits.BodyGrace, h.expects && !b.end
	if h.lengths > 0 {
		s.body.length = h.length
	}
	if b.end && s.body.length > 0 { // RFC 9113 section 8.1.1
		h.malform(gate.BodyIncomplete)
	}
	c.opens(s)
	return nil
}

// trailers takes the trailer section of a body (RFC 9113 section 8.1).
func (c *conn) trailers() error {
	b := &c.block
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.find(b.id)
	if s == nil { // reset meanwhile
		return c.chat()
	}
	tail := &c.tail
	if !b.end || tail.broken != gate.Undecided || tail.lengths+tail.hosts > 0 {
		return c.reset(s, http2.ErrCodeProtocol, errMisuse)
	}
	if why := s.body.against(true); why != nil {
		return c.reset(s, http2.ErrCodeProtocol, why)
	}
	c.tail, s.body.tail = s.body.tail, c.tail
	c.lastOf(s)
	wake(s.more)
	return nil
}

// closedBlock is a second head behind the end of a request.
func (c *conn) closedBlock() error { return c.misuse(c.block.id, http2.ErrCodeStreamClosed) }

// selfish is a stream that would wait for itself (RFC 7540 section 5.3.1).
func (c *conn) selfish() error { return c.misuse(c.block.id, http2.ErrCodeProtocol) }

// refuseStream refuses a stream beyond the bound: the client may send it again
// (RFC 9113 section 8.7).
func (c *conn) refuseStream() error { return c.misuse(c.block.id, http2.ErrCodeRefusedStream) }

// abandon lets the exchange of a head that never became complete be refused,
// so that whoever reads events hears of it.
func (c *conn) abandon(err error) {
	s := c.block.stream
	c.block.stream, c.block.more = nil, false
	u := (*gate.Unavailable)(nil)
	if !errors.As(err, &u) || u == errCut {
		c.put(s)
		return
	}
	s.head.refuse(u.Code)
	s.head.broken = u.Code
	c.mu.Lock()
	defer c.mu.Unlock()
	s.id, s.received = c.block.id, time.Now()
	c.opens(s)
}
