package h2

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/net/http2"

	"github.com/gatehouse-api/gatehouse/gate"
)

// inbound is the body of a request between the reader and whoever reads it.
// conn.mu guards it.
type inbound struct {
	buf     []byte        // came and was not read; at most streamWindow
	at      int           // what was read of buf
	length  int64         // as stated; -1 when it is not
	got     int64         // so far
	err     error         // why no more can be read
	expects bool          // the client waits to be asked for the body
	stopped bool          // nobody wants the rest
	owed    int64         // bytes to give back to the client's window of the stream
	slack   time.Duration // that reads may still wait
	since   time.Time     // since when one waits; zero while none does
	tail    head          // the trailer section
}

var (
	errAborted = errors.New("the body is not wanted any more")
	errSlow    = &gate.Unavailable{Code: gate.BodyTimeout, Cause: os.ErrDeadlineExceeded}
	errShort   = &gate.Unavailable{Code: gate.BodyIncomplete, Cause: errors.New("the body is shorter than its stated length")}
	errLong    = &gate.Unavailable{Code: gate.Malformed, Cause: errors.New("the body is longer than its stated length")}
)

// takeData takes a part of a body (RFC 9113 section 6.1).
func (c *conn) takeData(f *http2.DataFrame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, data := int64(f.Length), f.Data()
	if c.recv -= n; c.recv < 0 {
		return fault(http2.ErrCodeFlowControl, "DATA beyond the window of the connection")
	}
	s := c.find(f.StreamID)
	switch {
	case s == nil:
		c.owe(n)
		return c.stray(f.StreamID)
	case s.last:
		c.owe(n)
		return c.reset(s, http2.ErrCodeStreamClosed, errMisuse)
	}
	if s.recv -= n; s.recv < 0 {
		c.owe(n)
		return c.reset(s, http2.ErrCodeFlowControl, errMisuse)
	}
	b := &s.body
	b.got += int64(len(data))
	b.expects = b.expects && len(data) == 0
	end := f.StreamEnded()
	if why := b.against(end); why != nil { // RFC 9113 section 8.1.1
		c.owe(n)
		return c.reset(s, http2.ErrCodeProtocol, why)
	}
	padding := n - int64(len(data))
	c.owe(padding)
	b.owed += padding
	b.add(data)
	if end {
		c.lastOf(s)
	}
	wake(s.more)
	if len(data) == 0 && !end {
		return c.chat()
	}
	c.chatter.earned.Add(1 + int64(len(data)/chatterBytes))
	return nil
}

// stray is a frame for a stream that is not open. It needs mu.
func (c *conn) stray(id uint32) error {
	switch {
	case c.unopened(id):
		return fault(http2.ErrCodeProtocol, "a frame for a stream that was not opened")
	case c.gone.has(id), id > c.last:
		return c.chat()
	}
	return fault(http2.ErrCodeStreamClosed, "a frame for a stream that is closed")
}

// unopened reports whether id is of a stream that the client did not open. Of
// those behind a GOAWAY nothing is known. It needs mu.
func (c *conn) unopened(id uint32) bool { return id%2 == 0 || id > c.last && c.leaving != left }

// lastOf notes that the request of s is complete. It needs mu.
func (c *conn) lastOf(s *stream) {
	if s.last = true; s.ended {
		c.closes(s)
	}
}

// owe gives bytes back to the client's window of the connection. It needs mu.
func (c *conn) owe(n int64) {
	if c.owed += n; c.owed >= connWindow/4 {
		c.windowUpdate(0, c.owed)
		c.recv += c.owed
		c.owed = 0
	}
}

// against says why the length of the body so far is not the stated one.
func (b *inbound) against(end bool) error {
	switch {
	case b.length < 0:
	case b.got > b.length:
		return errLong
	case end && b.got < b.length:
		return errShort
	}
	return nil
}

func (b *inbound) add(data []byte) {
	if b.at > 0 && cap(b.buf)-len(b.buf) < len(data) {
		b.buf = b.buf[:copy(b.buf, b.buf[b.at:])]
		b.at = 0
	}
	b.buf = append(b.buf, data...)
}

// fail makes reads fail.
func (b *inbound) fail(why error) {
	if b.err == nil {
		b.err = why
	}
}

// late ends a read that has waited for too long.
func (b *inbound) late(now time.Time) bool {
	if b.since.IsZero() || now.Sub(b.since) <= b.slack {
		return false
	}
	b.fail(errSlow)
	return true
}

// drop forgets what was not read and returns how much it was.
func (b *inbound) drop() int64 {
	n := len(b.buf) - b.at
	b.buf, b.at = b.buf[:0], 0
	return int64(n)
}

// reset makes b ready for the next body.
func (b *inbound) reset() {
	buf, tail := b.buf[:0], b.tail
	if cap(buf) > maxFrame {
		buf = nil
	}
	tail.reset()
	*b = inbound{buf: buf, tail: tail}
}

// Read implements io.Reader: the body of the request. It waits under the least
// rate of a body: a body has BodyGrace of waiting to spend, and each byte that
// comes earns a part of it back.
func (s *stream) Read(p []byte) (int, error) {
	c, b := s.conn, &s.body
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case b.err != nil:
			return 0, b.err
		case b.stopped:
			return 0, errAborted
		case b.at < len(b.buf):
			return s.consume(p), nil
		case s.last:
			s.giveTrailers()
			return 0, io.EOF
		}
		if b.expects {
			b.expects = false
			c.fields(s.id, continues, false)
			c.flush()
			continue
		}
		if b.since.IsZero() {
			b.since = time.Now()
		}
		c.mu.Unlock()
		<-s.more
		c.mu.Lock()
	}
}

// Arrived implements gate.Arrived.
func (s *stream) Arrived() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.last && s.body.err == nil
}

// continues is the field block of ":status: 100" (RFC 9110 section 15.2.1).
var continues = appendStatus(nil, 100)

// consume needs mu.
func (s *stream) consume(p []byte) int {
	c, b := s.conn, &s.body
	n := copy(p, b.buf[b.at:])
	if b.at += n; b.at == len(b.buf) {
		b.buf, b.at = b.buf[:0], 0
	}
	l := &c.shared.Limits
	if !b.since.IsZero() {
		b.slack -= time.Since(b.since)
		b.since = time.Time{}
	}
	b.slack = min(b.slack+time.Duration(n)*time.Second/time.Duration(l.BodyRate), l.BodyGrace) // a fast start buys no long silence
	c.owe(int64(n))
	if b.owed += int64(n); !s.last && b.owed >= streamWindow/4 {
		c.windowUpdate(s.id, b.owed)
		s.recv += b.owed
		b.owed = 0
	}
	c.flush()
	return n
}

// giveTrailers needs mu.
func (s *stream) giveTrailers() {
	if s.x != nil && len(s.x.Trailers) == 0 && len(s.body.tail.fields) > 0 {
		s.x.Trailers = append(s.x.Trailers, s.body.tail.fields...)
		gate.CleanTrailers(s.x.Trailers)
	}
}

// Abort ends a Read that waits for the client and makes later ones fail.
func (s *stream) Abort() {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	s.body.stopped = true
	wake(s.more)
}
