package h1

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/chunk"
)

// body reads the body of a request as it arrives, without its coding. One
// goroutine at a time reads it, which need not be that of the connection: an
// upstream may still send it while its answer is relayed.
type body struct {
	turn   *turn
	left   int64 // of a body with Content-Length, that was not read
	coded  bool  // chunked
	chunks chunk.Scanner
	plain  []byte        // what came with the head, without its coding
	slack  time.Duration // that reads may still wait
	asks   bool          // the client waits for 100
	err    error         // sticky

	pending atomic.Bool // not all of it has come
	done    atomic.Bool // it was read to its end
	lost    atomic.Bool // it broke off
	aborted atomic.Bool // it is not wanted any more
}

var (
	errAborted = errors.New("the body is not wanted any more")
	errFraming = &gate.Unavailable{Code: gate.Malformed, Cause: errors.New("the chunked coding of the body is broken")}
)

// start prepares for the body that the head of t announces. What of it came
// with the head needs no network.
func (b *body) start(t *turn) {
	h := &t.head
	b.turn, b.err, b.plain, b.left, b.coded = t, nil, nil, 0, false
	b.slack, b.asks = t.conn.limits.BodyGrace, h.expects && !h.http10
	b.lost.Store(false)
	b.aborted.Store(false)
	pending := false
	switch {
	case h.broken != gate.Undecided:
	case h.length > 0:
		b.left = h.length
		pending = b.left > int64(t.end-t.at)
	case h.length < 0:
		b.coded = true
		b.chunks.StartPlain()
		from := t.buf[t.at:t.end]
		in, out, ok := b.chunks.Scan(from, from)
		t.at += in
		b.plain = from[:out]
		if !ok {
			b.err = errFraming
		}
		pending = !b.chunks.Done()
	}
	b.pending.Store(pending)
	b.done.Store(h.length == 0 || h.broken != gate.Undecided)
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (n int, err error) {
	switch {
	case len(b.plain) > 0:
		n = copy(p, b.plain)
		b.plain = b.plain[n:]
	case b.done.Load():
		return 0, io.EOF
	case b.err != nil:
		return 0, b.fail(b.err)
	case len(p) == 0:
		return 0, nil
	case b.coded:
		n, err = b.readChunks(p)
	default:
		n, err = b.readFixed(p)
	}
	if err != nil {
		return n, b.fail(err)
	}
	if len(b.plain) == 0 && b.ended() {
		b.finish()
		return n, io.EOF
	}
	return n, nil
}

// Arrived implements gate.Arrived.
func (b *body) Arrived() bool { return !b.pending.Load() && b.err == nil }

// ended reports whether all of the body was read.
func (b *body) ended() bool {
	if b.coded {
		return b.chunks.Done()
	}
	return b.left == 0
}

func (b *body) finish() {
	if b.coded {
		b.turn.x.Trailers = b.chunks.Trailers(b.turn.x.Trailers[:0])
		gate.CleanTrailers(b.turn.x.Trailers)
	}
	b.done.Store(true)
}

// fail notes that the rest of the body does not come.
func (b *body) fail(err error) error {
	b.err = err
	b.lost.Store(true)
	return err
}

func (b *body) readFixed(p []byte) (n int, err error) {
	p = p[:min(int64(len(p)), b.left)]
	if t := b.turn; t.at < t.end {
		n = copy(p, t.buf[t.at:t.end])
		t.at += n
	} else {
		n, err = b.fetch(p)
	}
	if b.left -= int64(n); b.left == 0 {
		b.pending.Store(false)
	}
	return n, err
}

// readChunks reads until there is content or the body is at its end. What came
// with the head is used up before.
func (b *body) readChunks(p []byte) (n int, err error) {
	p = p[:min(len(p), writeBytes)]
	for n == 0 && !b.chunks.Done() {
		got, err := b.fetch(p)
		if err != nil {
			return 0, err
		}
		in, out, ok := b.chunks.Scan(p, p[:got])
		if !ok {
			b.err = errFraming
			if out == 0 {
				return 0, errFraming
			}
			return out, nil
		}
		n = out
		if in < got {
			b.turn.keep(p[in:got])
		}
	}
	if b.chunks.Done() {
		b.pending.Store(false)
	}
	return n, nil
}

// keep takes what came behind a body. The head stays where it is.
func (t *turn) keep(p []byte) {
	if len(p) > len(t.buf)-t.end {
		if &t.buf[0] == &t.bytes[0] {
			t.large = buffers.Get()
			t.buf = t.large.bytes[:]
		} else {
			t.buf = make([]byte, len(p)+headRoom)
		}
		t.end = 0
	}
	t.at = t.end
	t.end += copy(t.buf[t.end:], p)
}

// fetch reads from the network under the least rate of a body: a body has
// BodyGrace of waiting to spend, and each byte that comes earns a part of it
// back. Time in which nobody reads is not counted.
func (b *body) fetch(p []byte) (int, error) {
	c := b.turn.conn
	for {
		if b.aborted.Load() {
			return 0, errAborted
		}
		if b.asks {
			b.turn.goOn()
			b.asks = false
		}
		began := time.Now()
		c.readWithin(began, b.slack)
		if b.aborted.Load() { // it may have come before our deadline was set
			return 0, errAborted
		}
		n, err := c.bytes.Read(p)
		b.slack += time.Duration(n)*time.Second/time.Duration(c.limits.BodyRate) - time.Since(began)
		b.slack = min(b.slack, c.limits.BodyGrace) // a fast start buys no long silence
		switch {
		case n > 0:
			return n, nil // an error comes again
		case b.aborted.Load():
			return 0, errAborted
		case c.server.Cutting.Load():
			return 0, context.Cause(c.server.Base)
		case errors.Is(err, os.ErrDeadlineExceeded) && b.slack > 0:
			c.until = time.Time{} // it was an earlier deadline
		default:
			return 0, unexpected(err)
		}
	}
}

// Abort ends a Read that waits for the client and makes later ones fail. A body
// that has come whole is left alone. Any goroutine may call it.
func (b *body) Abort() {
	if b.pending.Load() {
		b.aborted.Store(true)
		b.turn.conn.Conn.SetReadDeadline(longAgo)
	}
}

// skip passes over what was not read of a body that has come.
func (t *turn) skip() {
	if b := &t.body; !b.done.Load() && !b.coded {
		t.at += int(b.left)
	}
}

// begun says whether an answer has begun.
type begun struct {
	mu  sync.Mutex
	yes bool // guarded by mu
}

var continues = []byte("HTTP/1.1 100 Continue\r\n\r\n")

// goOn asks the client for the body that it announced (RFC 9110 section
// 10.1.1), unless the answer has begun. The guards have agreed by then: nobody
// reads a body before.
func (t *turn) goOn() {
	t.answer.mu.Lock()
	defer t.answer.mu.Unlock()
	if !t.answer.yes {
		t.conn.write(continues)
	}
}
