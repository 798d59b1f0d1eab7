package gate

import (
	"context"
	"errors"
	"io"
	"os"
)

// minRead is the least room that a body buffer offers to one read, in bytes.
const minRead = 4 << 10

// body takes the request's body as the head guards decided, and runs the body
// guards on a buffered one. The bound holds in every mode.
func (g *Gate) body(x *Exchange) bool {
	if x.replied() {
		return true
	}
	if x.BodyKept() && x.BodyLength != 0 {
		return x.mayKeepBody()
	}
	x.Guard = "gate"
	if x.WholeBody && x.Intake.Mode == Stream {
		x.Intake.Mode, x.streamed = Buffer, true
	}
	switch x.Intake.Mode {
	case Buffer:
		if c, cause := g.readBody(x, x.Intake.MaxBytes); c != Undecided {
			x.Refusal = Refusal{Code: c, In: "body", Cause: cause}
			return false
		}
	case Stream:
		if x.BodyLength > x.Intake.MaxBytes {
			return x.refuse(BodyTooLarge)
		}
		if x.Incoming != nil {
			x.bound = bounded{x: x, from: x.Incoming, left: x.Intake.MaxBytes}
			x.Incoming = &x.bound
		}
	default:
		if x.BodyLength != 0 {
			return x.refuse(BodyUnexpected)
		}
	}
	return g.judgeBody(x)
}

func (g *Gate) judgeBody(x *Exchange) bool {
	if x.Intake.Mode == Stream {
		return true
	}
	for i := range x.Operation.Steps {
		s := &x.Operation.Steps[i]
		if s.Body == nil || x.streamed && !s.Whole || x.skips(i) {
			continue
		}
		x.Guard = s.Name
		n := len(x.Edits)
		if !x.settle(i, s.Body.Body(x)) {
			return false
		}
		x.forgetEdits(s, n)
		if x.replied() {
			return true
		}
	}
	return true
}

// readBody reads the whole body into the pooled buffer. The stated length is
// only a hint: memory grows with what really arrives, and all buffers beyond
// what a pooled exchange keeps are bounded together.
func (g *Gate) readBody(x *Exchange, limit int64) (Code, error) {
	if x.BodyLength > limit {
		return BodyTooLarge, nil
	}
	if x.Incoming == nil {
		return Undecided, nil
	}
	from, stated := x.Incoming, x.BodyLength
	if x.Intake.Coding == Gzip {
		d := decode(from)
		defer d.close()
		from, stated = d, -1
	}
	c, err := g.fill(x, from, stated, limit)
	if c == Undecided && x.Intake.Coding == Gzip {
		x.BodyLength = x.BodyBytes
	}
	return c, err
}

// fill reads a body of the stated length, -1 for unknown, into the buffer.
func (g *Gate) fill(x *Exchange, from io.Reader, stated, limit int64) (Code, error) {
	b := x.buffer[:0]
	for {
		if cap(b)-len(b) < minRead {
			size := classOf(max(2*cap(b), 2*minRead))
			if int64(size) > g.maxBuffered {
				return BodyTooLarge, nil // it never will find room
			}
			if !g.reserve(x, size-cap(b), size) {
				return Overloaded, nil
			}
			b = grow(b, size)
		}
		n, err := from.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		x.buffer, x.Body, x.BodyBytes = b, b, int64(len(b))
		switch {
		case int64(len(b)) > limit:
			return BodyTooLarge, nil
		case err == io.EOF:
			if stated >= 0 && int64(len(b)) != stated {
				return BodyIncomplete, nil
			}
			return Undecided, nil
		case err != nil:
			return readCode(err), err
		}
	}
}

// reserve takes room for a buffer that grows by more bytes to size from what
// all exchanges share. Release gives it back.
func (g *Gate) reserve(x *Exchange, more, size int) bool {
	if size <= maxKept {
		return true
	}
	if g.buffered.Add(int64(more)) > g.maxBuffered {
		g.buffered.Add(-int64(more))
		return false
	}
	x.reserved += int64(more)
	return true
}

// readCode says what an error of reading the client's body means. An engine
// that knows better returns an Unavailable.
func readCode(err error) Code {
	var u *Unavailable
	switch {
	case errors.As(err, &u):
		return u.Code
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return BodyTimeout
	case errors.Is(err, context.Canceled):
		return ClientGone
	}
	return BodyIncomplete
}

// bounded passes a streamed body on and breaks it off beyond its bound.
type bounded struct {
	x    *Exchange
	from io.Reader
	left int64
}

var errTooLarge = &Unavailable{Code: BodyTooLarge, Cause: errors.New("the streamed body is larger than its bound")}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	b.x.BodyBytes += int64(n)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// Abort passes the engine's ability on to break off a Read that waits for the
// client. An Upstream asks for it by assertion.
func (b *bounded) Abort() {
	if a, ok := b.from.(interface{ Abort() }); ok {
		a.Abort()
	}
}

// Arrived is what a body can do of which an engine knows whether all of it has
// come: then no Read waits for the client, and an Upstream needs nobody beside
// it who reads the answer. It asks for it by assertion.
type Arrived interface{ Arrived() bool }

// Arrived implements Arrived where the engine's body does.
func (b *bounded) Arrived() bool {
	a, ok := b.from.(Arrived)
	return ok && a.Arrived()
}

// Splicer is what an answer's body can do whose bytes need not come into this
// process to reach the client. Splice moves at most so many of what is left of
// it to dst and returns how many it moved; none and no error means that they
// must be read. Behind an error nobody knows what of the body has left. An
// engine asks for it by assertion, when what it has read has been written.
type Splicer interface {
	Splice(dst io.ReaderFrom, most int64) (int64, error)
}
