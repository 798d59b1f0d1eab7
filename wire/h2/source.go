package h2

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/net/http2"
)

// sourceBytes is what one read of the network takes at most.
const sourceBytes = 16 << 10

// sources are pooled: a connection at rest has none.
var sources = sync.Pool{New: func() any { return new([sourceBytes]byte) }}

// source is what the Framer reads from: the network behind a buffer. Before it
// waits, everything that what came before has brought is told and written.
type source struct {
	conn  *conn
	buf   *[sourceBytes]byte // nil at rest
	few   [32]byte           // takes the first bytes after a rest
	next  []byte             // of buf or few, not read yet
	whole bool               // the last read ended a frame; reads until the next begin one
	err   error              // of the connection, sticky
}

// errRest says that the connection has nothing to do.
var errRest = errors.New("the connection rests")

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	if len(s.next) == 0 {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.next)
	s.next = s.next[n:]
	s.whole = false
	return n, nil
}

// fill waits for bytes.
func (s *source) fill() error {
	if s.err != nil {
		return s.err
	}
	c := s.conn
	for {
		if err := c.settle(); err != nil {
			s.err = err
			return err
		}
		p := s.few[:]
		if s.buf != nil {
			p = s.buf[:]
		}
		n, err := c.conn.Read(p)
		if n > 0 {
			s.next = p[:n]
			c.arrived()
			return nil
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			if err == io.ErrUnexpectedEOF || errors.Is(err, io.EOF) {
				err = io.EOF
			}
			s.err = err
			return err
		}
		switch err := c.look(); {
		case err == errRest && s.whole && s.buf != nil:
			return err
		case err != nil && err != errRest:
			s.err = err
			return err
		}
	}
}

// greet sends the server's preface and takes the client's (RFC 9113 section
// 3.4).
func (c *conn) greet() error {
	c.rise()
	c.mu.Lock()
	c.welcome()
	err := c.arm(c.now)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	var preface [len(http2.ClientPreface)]byte
	if _, err := io.ReadFull(&c.in, preface[:]); err != nil {
		if c.in.err != nil {
			return c.in.err
		}
		return err
	}
	if string(preface[:]) != http2.ClientPreface {
		return fault(http2.ErrCodeProtocol, "this is not the preface of HTTP/2")
	}
	c.in.whole = true
	return nil
}

// rise takes the buffers that a connection needs which does something.
func (c *conn) rise() {
	c.in.buf = sources.Get().(*[sourceBytes]byte)
	c.framer = http2.NewFramer(nil, &c.in)
	c.framer.SetMaxReadFrameSize(maxFrame)
	c.framer.SetReuseFrames()
}

// rest gives back whatever a connection without streams can do without, and
// waits for the next bytes.
func (c *conn) rest() error {
	sources.Put(c.in.buf)
	c.in.buf, c.in.next, c.framer, c.ready = nil, nil, nil, nil
	c.mu.Lock()
	for _, s := range c.idle {
		close(s.start)
		c.objects--
	}
	c.idle, c.atRest = nil, true
	err := c.arm(c.now)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	if err := c.in.fill(); err != nil {
		return err
	}
	c.rise()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.atRest = false
	return c.arm(c.now)
}

// arrived notes that bytes came.
func (c *conn) arrived() { c.now = time.Now() }

// settle is called before the reader waits: it wakes the streams whose heads
// came and writes what is to be written.
func (c *conn) settle() error {
	c.tell()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flush()
	for c.over == nil && c.out.len() > maxPending { // a client that asks and does not read
		c.mu.Unlock()
		<-c.room
		c.mu.Lock()
	}
	return c.over
}
