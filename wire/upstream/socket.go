package upstream

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/direct"
)

// socket is the connection below TLS, or without it the connection itself.
// Whoever reads or writes waits in slices, and between them the exchange that
// has the connection says how much longer. One goroutine may read while
// another writes.
type socket struct {
	*direct.Conn
	readBy, writeBy instant // deadlines that are set
	written         int64   // bytes of the request that left
	user            *call   // that has the connection; nil while it is kept
	dry             bool    // Read takes nothing from the system
	early           error   // of a read that ask has tried; Read returns it
}

// Read implements net.Conn.
func (s *socket) Read(p []byte) (int, error) {
	if s.dry {
		return 0, os.ErrDeadlineExceeded
	}
	if err := s.early; err != nil {
		s.early = nil
		return 0, err
	}
	began := now()
	for at := began; ; at = now() {
		left, err := s.user.readLeft(began, at)
		if err != nil {
			return 0, err
		}
		if w := wake(at, left, s.readBy); w != 0 {
			s.Conn.SetReadDeadline(w.time())
			s.readBy = w
		}
		n, err := s.Conn.Read(p)
		if n > 0 || !waited(err) {
			return n, err
		}
	}
}

// ask writes p and reads the beginning of the answer, as much of it as comes
// within a slice. Its error is one of writing. It is for a connection on which
// nothing waits: what came before is noticed late.
func (s *socket) ask(p, in []byte) (n int, err error) {
	c := s.user
	at := c.asked // a moment ago
	if err = s.armWrite(at, at); err != nil {
		return 0, err
	}
	left := min(instant(c.owner.limits.AnswerTimeout), c.until-at) // the answer may come no later
	if w := wake(at, left, s.readBy); w != 0 {
		s.Conn.SetReadDeadline(w.time())
		s.readBy = w
	}
	wrote, n, early := s.Conn.Ask(p, in)
	s.progress(int64(wrote), at)
	switch {
	case wrote < len(p):
		_, err = s.Write(p[wrote:])
	case n == 0 && early == nil: // the slice is over
		_, s.early = c.readLeft(at, now())
	default:
		s.early = early
	}
	return n, err
}

// Write implements net.Conn.
func (s *socket) Write(p []byte) (n int, err error) {
	if s.user == nil { // TLS says goodbye
		return s.Conn.Write(p)
	}
	began := now()
	for at := began; ; at = now() {
		if err := s.armWrite(began, at); err != nil {
			return n, err
		}
		m, err := s.Conn.Write(p[n:])
		s.progress(int64(m), at)
		if n += m; m > 0 {
			began = at
		}
		if !waited(err) {
			return n, err
		}
	}
}

// writeAll writes two parts with one system call where it can.
func (s *socket) writeAll(parts *net.Buffers) error {
	began := now()
	for at := began; ; at = now() {
		if err := s.armWrite(began, at); err != nil {
			return err
		}
		m, err := parts.WriteTo(s.Conn.Conn)
		if s.progress(m, at); m > 0 {
			began = at
		}
		if !waited(err) {
			return err
		}
	}
}

func (s *socket) armWrite(began, at instant) error {
	left, err := s.user.writeLeft(began, at)
	if err != nil {
		return err
	}
	if w := wake(at, left, s.writeBy); w != 0 {
		s.Conn.SetWriteDeadline(w.time())
		s.writeBy = w
	}
	return nil
}

func (s *socket) progress(n int64, at instant) {
	if n > 0 {
		s.written += n
		s.user.wrote.Store(int64(at))
	}
}

// waited reports whether err says that a slice is over.
func waited(err error) bool { return err != nil && errors.Is(err, os.ErrDeadlineExceeded) }

// readLeft says how much longer a read may wait, which began at one moment and
// now has come to another, or why no more.
func (c *call) readLeft(began, at instant) (instant, error) {
	if at-c.asked >= instant(time.Second) { // an API that sends a little at a time makes no wait long
		if c.asked = at; c.ctx.Err() != nil {
			return 0, context.Cause(c.ctx)
		}
	}
	left := never
	switch {
	case c.connectBy != 0:
		left = c.connectBy - at
	case c.heading: // while the request goes out, the writer has the limit
		if sent := c.sent.Load(); sent != 0 {
			left = instant(sent) + instant(c.owner.limits.AnswerTimeout) - at
		}
	default:
		left = max(began, instant(c.wrote.Load())) + instant(c.owner.limits.StallTimeout) - at
	}
	if c.until <= at && c.heading && c.pumping && c.sent.Load() == 0 && held(&c.mu) {
		return 0, errSlow
	}
	return c.patience(min(left, c.until-at), began, at, true)
}

// writeLeft is readLeft for a write.
func (c *call) writeLeft(began, at instant) (instant, error) {
	left := began + instant(c.owner.limits.StallTimeout) - at
	if c.connectBy != 0 {
		left = c.connectBy - at
	}
	return c.patience(min(left, c.until-at), began, at, !c.pumping)
}

// patience asks around once the first slice is over. Only the goroutine that has
// the exchange may ask for the client.
func (c *call) patience(left, began, at instant, mine bool) (instant, error) {
	if at != began {
		if c.ctx.Err() != nil {
			return 0, context.Cause(c.ctx)
		}
		if mine && c.watch != nil && at-began >= instant(time.Second) && c.watch.Gone() {
			return 0, errGone
		}
	}
	if left <= 0 {
		return 0, errLate
	}
	return left, nil
}

// held reports whether somebody waits for the client, who has mu meanwhile.
func held(mu *sync.Mutex) bool {
	if mu.TryLock() {
		mu.Unlock()
		return false
	}
	return true
}

// errSlow is a client that has not sent its body when the time for the whole
// exchange is up. The API is not to blame: it must not be left out for that.
var errSlow = &gate.Unavailable{Code: gate.BodyTimeout, Cause: errors.New("the body did not come within the time for the whole call")}

var (
	errGone = errors.New("the client went away")
	errLate = errors.New("the API took too long")
)
