package h1

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/direct"
)

// attention is what attend knows of a connection and its socket.
type attention struct {
	try    func(fd uintptr) bool // attend; nil where bytes do not come from the socket
	failed error                 // why there is nothing more to attend to
	more   bool                  // bytes or the end may be waiting
	held   bool                  // TLS may hold bytes that it was given
	ready  bool                  // the head of what turn holds was judged
	inside bool                  // attend serves
	tells  bool                  // the system says what is behind what was read
}

// attend is called when something may have come. It serves requests for as long
// as only the next one has to be waited for, and then reports false, so that the
// wait goes on where it was. In this way the system's word that more has come is
// never forgotten between two requests, and nobody needs to look whether it has.
// It reports true when the rest is for next: the connection is over, or a
// request takes more waiting, or changes the protocol. A waiting connection has
// no turn.
func (c *conn) attend(fd uintptr) bool {
	c.more = true
	for c.more {
		t := take(c)
		came, err := c.receive(t, fd)
		switch {
		case err != nil:
			c.failed = err
			c.leave(nil) // what TLS was given lies in t
			t.release()
			return true
		case !came:
			t.release()
			continue
		}
		c.waiting.Store(false)
		if !c.sole(t) {
			return c.leave(t)
		}
		c.ready, c.inside = false, true
		stays := t.serve()
		c.inside = false
		if stays && t.at < t.end {
			t.rewind()
			return c.leave(t)
		}
		t.release()
		if !stays {
			c.failed = io.EOF
			return c.leave(nil)
		}
	}
	c.rest()
	return false
}

// leave hands t, if there is one, to next.
func (c *conn) leave(t *turn) bool {
	c.turn, c.held = t, true
	if c.peer.Under != nil {
		c.peer.Under.Settle()
	}
	return true
}

// sole judges the head of t when it is there and reports whether its request
// needs nothing from the client until it was answered.
func (c *conn) sole(t *turn) bool {
	h := &t.head
	h.reset(c.peer.TLS != nil)
	h.raw = t.buf[t.at:t.end]
	if c.ready = h.scan(c.limits); !c.ready {
		return false
	}
	c.judged(t)
	switch {
	case h.broken != gate.Undecided, h.length < 0, h.length > int64(t.end-t.at), c.held:
		return false
	}
	return h.options == 0 || h.options == 1 && (h.keeps || h.closes) // none asks for another protocol
}

// receive reads what came into t. It reports false without an error when it was
// nothing, or only a part of what TLS waits for.
func (c *conn) receive(t *turn, fd uintptr) (came bool, err error) {
	if c.plain {
		n, more, err := c.read(t, fd, t.buf)
		t.end, c.more, c.held = n, more, false
		return n > 0, ending(n, err)
	}
	sole := false
	if !c.held {
		n, more, err := c.read(t, fd, t.little[:])
		if c.more = more; n == 0 {
			return false, ending(n, err)
		}
		sole = c.peer.Under.Whole(t.little[:n])
		c.peer.Under.Feed(t.little[:n])
	} else {
		c.peer.Under.Feed(nil)
	}
	c.writeWithin() // TLS may answer by itself (RFC 8446 section 4.6.3)
	came, err = c.open(t, sole)
	c.more = c.more || !came // nobody will write and learn of a reset that came with it
	return came, err
}

// open reads what TLS makes of what it was fed, to its end, unless that is one
// record and nothing was left before.
func (c *conn) open(t *turn, sole bool) (came bool, err error) {
	for c.held = true; t.end < len(t.buf); {
		n, err := c.Conn.Read(t.buf[t.end:])
		t.end += n
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.held = false
			return t.end > 0, nil
		case err != nil && t.end > 0:
			return true, nil // it comes again
		case err != nil:
			return false, err
		case sole && t.end < len(t.buf):
			c.held = false
			return true, nil
		}
	}
	return true, nil
}

// ending says whether nothing more will come.
func ending(n int, err syscall.Errno) error {
	switch {
	case n > 0, err == syscall.EAGAIN:
		return nil
	case err != 0:
		return err
	}
	return io.EOF
}

// rest makes ready to wait for the next request.
func (c *conn) rest() {
	if c.waiting.Load() {
		return
	}
	if c.begun {
		c.readWithin(c.ended, c.limits.IdleTimeout)
	} else {
		since := c.peer.Since
		if since.IsZero() {
			since = time.Now()
		}
		c.readBy(since.Add(c.limits.HeadTimeout))
	}
	c.waiting.Store(true)
	if c.server.Draining.Load() { // Drain may have come before
		c.Drain()
	}
}

// read reads from the socket. Where the system says nothing about what is behind
// that, nothing else may come with the bytes either, as descriptors through a Unix
// socket do.
func (c *conn) read(t *turn, fd uintptr, p []byte) (n int, more bool, err syscall.Errno) {
	if c.tells {
		return t.receiver.Receive(fd, p)
	}
	n, err = direct.Read(fd, p)
	return n, err != syscall.EAGAIN, err
}
