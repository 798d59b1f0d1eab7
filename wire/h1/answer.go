package h1

import (
	"errors"
	"io"

	"os"

	"github.com/gatehouse-api/gatehouse/gate"
)

var errGone = errors.New("the client is gone")

// Reply implements gate.Wire.
func (t *turn) Reply(x *gate.Exchange) error {
	r := &x.Reply
	switch {
	case x.Refused && x.Refusal.Code == gate.ClientGone: // nobody reads, and its status is for events
		t.cut = true
		return errGone
	case x.Refused && t.conn.server.Cutting.Load(): // the connection is closed in this moment
		t.cut = true
		return errCut
	}
	if r.Close {
		t.closes = true
	}
	now := x.Answered
	if now.IsZero() {
		now = x.Received
	}
	t.begin(r.Fields, int64(len(r.Body)))
	defer t.finish()
	b := t.appendHead(t.out[:0], now, r.Status, r.Fields, int64(len(r.Body)))
	var err error
	if len(r.Body) == 0 || !bodyAllowed(r.Status) || string(x.Method) == "HEAD" {
		_, err = t.conn.write(b)
	} else {
		_, err = t.whole(b, r.Body)
	}
	t.cut = err != nil
	return err
}

var (
	errCut    = errors.New("the gate ended before the exchange did")
	errStatus = errors.New("the answer has no status that ends an exchange")
)

// begin takes what an answer needs. No 100 is sent from here on, and when the
// rest of the request's body may never come the connection ends behind the
// answer.
func (t *turn) begin(fields []gate.Field, length int64) {
	if t.head.expects {
		t.answer.mu.Lock()
		t.answer.yes = true
		t.answer.mu.Unlock()
	}
	t.borrow(fields, length)
	if t.body.pending.Load() || t.body.lost.Load() || t.conn.server.Draining.Load() {
		t.closes = true
	}
}

// finish gives back what begin took. That an answer has begun stays: somebody
// may still read the body.
func (t *turn) finish() { t.giveBack() }

// Relay implements gate.Wire.
func (t *turn) Relay(x *gate.Exchange) (err error) {
	a := &x.Answer
	if a.Status != 101 && (a.Status < 200 || a.Status > 999) {
		t.cut = true
		return errStatus
	}
	t.begin(a.Fields, a.Length)
	defer t.finish()
	if a.Status == 101 {
		err = t.tunnel(x)
	} else {
		b := t.appendHead(t.out[:0], x.Answered, a.Status, a.Fields, a.Length)
		if x.AnswerWhole || a.Body == nil || ready(a.Body) {
			t.conn.just = x.Answered
		}
		var n int
		switch {
		case x.AnswerWhole && bodyAllowed(a.Status) && string(x.Method) != "HEAD":
			n, err = t.whole(b, x.OutAnswer)
			x.AnswerBytes = int64(n)
		case !x.AnswerWhole && a.Body != nil && bodyAllowed(a.Status) && string(x.Method) != "HEAD":
			err = t.stream(x, b)
		default:
			_, err = t.conn.write(b)
		}
	}
	t.cut = err != nil
	if !t.body.done.Load() {
		t.body.Abort()
	}
	return err
}

// whole writes a head and a body at once and returns how much of the body was
// written.
func (t *turn) whole(head, body []byte) (n int, err error) {
	c := t.conn
	if c.plain && len(head)+len(body) > cap(head) {
		return t.gather(head, body)
	}
	for b := head; ; b = t.out[:0] {
		took := min(len(body), cap(b)-len(b))
		b = append(b, body[:took]...)
		body = body[took:]
		w, err := c.write(b)
		n += max(w-(len(b)-took), 0)
		if err != nil || len(body) == 0 {
			return n, err
		}
	}
}

// gather writes a head and a body in one system call, without copying them.
func (t *turn) gather(head, body []byte) (n int, err error) {
	c := t.conn
	t.parts = [2][]byte{head, body}
	t.vector = t.parts[:]
	for {
		c.writeWithin()
		w, err := t.vector.WriteTo(c.Conn)
		n += int(w)
		if err == nil || w < stallBytes || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.parts, t.vector = [2][]byte{}, nil
			return max(n-len(head), 0), err
		}
	}
}

// stream writes the answer's body as it arrives.
func (t *turn) stream(x *gate.Exchange, head []byte) error {
	a := &x.Answer
	media, _ := gate.FindField(a.Fields, "Content-Type")
	events := isEventStream(media)
	if events {
		if err := t.flush(x, head); err != nil {
			return err
		}
		t.shrink()
		head = t.out[:0]
	}
	switch {
	case a.Length < 0 && !t.head.http10:
		return t.streamChunks(x, head)
	case a.Length < 0, events:
		return t.streamParts(x, head)
	}
	return t.streamFull(x, head)
}

func isEventStream(media []byte) bool {
	const want = "text/event-stream"
	return len(media) >= len(want) && gate.EqualFold(media[:len(want)], want)
}

// streamFull writes a body of known length in as few writes as it takes.
func (t *turn) streamFull(x *gate.Exchange, b []byte) error {
	left, from := x.Answer.Length, x.Answer.Body
	checks := checks{turn: t, last: x.Answered}
	for {
		if cap(b)-len(b) < minRead {
			if err := t.flush(x, b); err != nil {
				return err
			}
			if err := checks.ask(x); err != nil {
				return err
			}
			b = t.out[:0]
		}
		n, err := from.Read(b[len(b):cap(b)])
		if left -= int64(n); left < 0 {
			return errLonger
		}
		b = b[:len(b)+n]
		t.unsent += n
		switch {
		case err == io.EOF && left > 0:
			return io.ErrUnexpectedEOF
		case err == io.EOF:
			return t.flush(x, b)
		case err != nil:
			return err
		}
		if left >= leastSplice && !ready(from) && t.splices(from) {
			if err := t.flush(x, b); err != nil {
				return err
			}
			b = t.out[:0]
			moved, err := t.splice(x, &checks, left)
			if left -= moved; err != nil {
				return err
			}
		}
	}
}

// minRead is the least room that is offered to a read.
const minRead = 2 << 10

var errLonger = errors.New("the answer is longer than it says")

// flush writes b, in which t.unsent bytes are of the body.
func (t *turn) flush(x *gate.Exchange, b []byte) error {
	n, err := t.conn.write(b)
	x.AnswerBytes += int64(max(n-(len(b)-t.unsent), 0))
	t.unsent = 0
	return err
}

// streamParts writes what each read gives at once: the head, too.
func (t *turn) streamParts(x *gate.Exchange, b []byte) error {
	left, from := x.Answer.Length, x.Answer.Body
	checks := checks{turn: t, last: x.Answered}
	for {
		if cap(b)-len(b) < minRead || len(b) > 0 && !ready(from) {
			if err := t.flush(x, b); err != nil {
				return err
			}
			b = t.out[:0]
		}
		n, err := from.Read(b[len(b):cap(b)])
		if left >= 0 {
			if left -= int64(n); left < 0 {
				return errLonger
			}
		}
		b = b[:len(b)+n]
		t.unsent += n
		switch {
		case err == io.EOF && left > 0:
			return io.ErrUnexpectedEOF
		case err == io.EOF:
			return t.flush(x, b)
		case err != nil:
			return err
		}
		if err := checks.ask(x); err != nil {
			return err
		}
	}
}

// ready reports whether an answer's body knows that its next read does not
// wait. What was read before then waits for it.
func ready(body io.Reader) bool {
	r, ok := body.(interface{ Ready() bool })
	return ok && r.Ready()
}
