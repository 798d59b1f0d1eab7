package h2

import (
	"errors"
	"io"
	"strconv"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// copies are the buffers through which answers of unknown contents go.
var copies = sync.Pool{New: func() any { return new([copyBytes]byte) }}

const copyBytes = 32 << 10

var (
	errLonger = errors.New("the answer is longer than it says")
	errDenied = errors.New("the exchange may not go on")
)

// serve walks one exchange through the gate.
func (s *stream) serve() {
	shared := s.conn.shared
	defer shared.Recover(s.conn)
	shared.Counts.Requests.Add(1)
	s.x = shared.Gate.Acquire()
	s.fill(s.x)
	shared.Serve(s.x, s)
	shared.Gate.Release(s.x)
	s.x = nil
	if shared.Poison {
		poison(s.head.text)
		s.conn.mu.Lock()
		poison(s.body.tail.text)
		s.conn.mu.Unlock()
	}
}

func poison(b []byte) {
	b = b[:cap(b)]
	for i := range b {
		b[i] = 0xDB
	}
}

// fill makes an exchange of the head.
func (s *stream) fill(x *gate.Exchange) {
	c, h := s.conn, &s.head
	x.Context, x.Watch = s.lease, s
	x.Method, x.Target, x.Host = h.method, h.target, h.host
	x.Version, x.Secure, x.TLS, x.Hello = "HTTP/2", c.conn.TLS != nil, c.conn.TLS, c.conn.Hello
	x.Fields = append(x.Fields[:0], h.fields...)
	x.Peer, x.Listener, x.Received = c.conn.Peer, c.shared.On, s.received
	x.Broken = h.broken
	if x.Broken == gate.Undecided {
		x.Broken = c.shared.Check(c.conn, h.host)
	}
	switch x.Broken {
	case gate.Undecided:
		x.Broken = s.awaitNothing()
		s.fillBody(x)
	case gate.MethodUnknown: // RFC 9110 section 15.5.6: 405 comes with Allow
		x.Reply.Fields = append(x.Reply.Fields, gate.Field{Name: nameAllow, Value: allowed})
	}
	c.shared.Proxies.Load().Resolve(x)
}

// allowed are the registered methods that can be opened by a contract.
var (
	nameAllow = []byte("allow")
	allowed   = []byte("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
)

// awaitNothing waits for the end of a body that is stated to have no bytes, so
// that nothing goes to the API before it is known whether that is true (RFC 9113
// section 8.1.1). No other body needs it: it is read to its end before the
// request is whole.
func (s *stream) awaitNothing() gate.Code {
	s.conn.mu.Lock()
	waits := s.body.length == 0 && !s.last
	s.conn.mu.Unlock()
	if !waits {
		return gate.Undecided
	}
	var none [1]byte
	_, err := s.Read(none[:])
	u := (*gate.Unavailable)(nil)
	switch {
	case err == io.EOF:
		return gate.Undecided
	case errors.As(err, &u):
		return u.Code
	}
	return gate.Malformed
}

// fillBody says what is known of the body: all of it, when it came along.
func (s *stream) fillBody(x *gate.Exchange) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	b := &s.body
	x.BodyLength = b.length
	if s.last {
		x.BodyLength = b.got
	}
	if x.BodyLength != 0 || len(b.tail.fields) > 0 {
		x.Incoming = s
	}
}

// bodyAllowed follows RFC 9110 section 6.4.1.
func bodyAllowed(status int) bool { return status >= 200 && status != 204 && status != 304 }

// appendHead appends the field block of an answer. length is that of its body,
// -1 when nobody knows it.
func appendHead(b []byte, now time.Time, status int, fields []gate.Field, length int64) []byte {
	b = appendStatus(b, status)
	dated := false
	for i := range fields {
		f := &fields[i]
		if f.Gone || session.Framed(f.Name) {
			continue
		}
		dated = dated || len(f.Name) == 4 && gate.EqualFold(f.Name, "date")
		b = appendField(b, f.Name, f.Value)
	}
	if !dated {
		b = appendDate(b, now)
	}
	if length >= 0 && bodyAllowed(status) {
		var digits [20]byte
		b = appendField(b, nameLength, strconv.AppendInt(digits[:0], length, 10))
	}
	return b
}

var nameLength = []byte("content-length")

// Reply implements gate.Wire.
func (s *stream) Reply(x *gate.Exchange) error {
	r := &x.Reply
	switch {
	case x.Refused && x.Refusal.Code == gate.ClientGone: // nobody reads, and its status is for events
		return errGone
	case x.Refused && s.conn.shared.Cutting.Load():
		return errCut
	}
	now := x.Answered
	if now.IsZero() {
		now = x.Received
	}
	s.block = appendHead(s.block[:0], now, r.Status, r.Fields, int64(len(r.Body)))
	body := r.Body
	if !bodyAllowed(r.Status) || string(x.Method) == "HEAD" {
		body = nil
	}
	_, err := s.write(s.block, body, !s.head.malformed)
	return err
}

// Relay implements gate.Wire.
func (s *stream) Relay(x *gate.Exchange) (err error) {
	a := &x.Answer
	s.block = appendHead(s.block[:0], x.Answered, a.Status, a.Fields, a.Length)
	switch {
	case !bodyAllowed(a.Status) || string(x.Method) == "HEAD" || a.Body == nil && !x.AnswerWhole:
		_, err = s.write(s.block, nil, true)
	case x.AnswerWhole:
		var n int
		n, err = s.write(s.block, x.OutAnswer, true)
		x.AnswerBytes = int64(n)
	default:
		err = s.stream(x)
	}
	return err
}

// stream writes the answer's body as it arrives. The head goes with the first
// part of it where that is soon there.
func (s *stream) stream(x *gate.Exchange) error {
	a := &x.Answer
	buf := copies.Get().(*[copyBytes]byte)
	defer copies.Put(buf)
	head := s.block
	if a.Length < 0 && !ready(a.Body) {
		if _, err := s.write(head, nil, false); err != nil {
			return err
		}
		head = nil
	}
	trailers := x.TrailersOpen()
	checked := x.Answered
	for {
		n, err := a.Body.Read(buf[:])
		if err != nil && err != io.EOF {
			return err
		}
		if now := time.Now(); now.Sub(checked) > s.conn.shared.Limits.Recheck { // what came behind a silence is not written yet
			if checked = now; !x.Recheck() {
				return errDenied
			}
		}
		whole := a.Length >= 0 && x.AnswerBytes+int64(n) == a.Length
		switch {
		case a.Length >= 0 && x.AnswerBytes+int64(n) > a.Length:
			return errLonger
		case err == io.EOF && a.Length >= 0 && !whole:
			return io.ErrUnexpectedEOF
		}
		last := err == io.EOF || whole && n > 0
		if last && trailers {
			if err == nil { // they stand behind the end
				last = false
			} else if s.tail(a.Trailers) {
				return s.finish(x, head, buf[:n])
			}
		}
		if n > 0 || last || head != nil && a.Length == 0 {
			wrote, err := s.write(head, buf[:n], last)
			if x.AnswerBytes += int64(wrote); err != nil || last {
				return err
			}
			head = nil
		}
	}
}

// ready reports whether an answer's body knows that its next read does not
// wait.
func ready(body io.Reader) bool {
	r, ok := body.(interface{ Ready() bool })
	return ok && r.Ready()
}

// tail makes the field block of a trailer section and reports whether there is
// one.
func (s *stream) tail(list []gate.Field) bool {
	b := s.trailers[:0]
	gate.CleanTrailers(list)
	for i := range list {
		if f := &list[i]; !f.Gone && !session.Framed(f.Name) {
			b = appendField(b, f.Name, f.Value)
		}
	}
	s.trailers = b
	return len(b) > 0
}

// finish writes the last part of a body and the trailer section behind it.
func (s *stream) finish(x *gate.Exchange, head, p []byte) error {
	if len(head) > 0 || len(p) > 0 {
		n, err := s.write(head, p, false)
		if x.AnswerBytes += int64(n); err != nil {
			return err
		}
	}
	_, err := s.write(s.trailers, nil, true)
	return err
}

// write writes a field block, unless it is empty, and then p, as far as the
// client's windows allow it, and waits for the rest. With last, END_STREAM
// stands behind it. It returns how much of p was written.
func (s *stream) write(block, p []byte, last bool) (n int, err error) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(block) > 0 || len(p) > 0 || last && !s.ended {
		switch {
		case s.dead != nil:
			return n, s.dead
		case c.out.len() > maxPending:
			s.await()
		case len(block) > 0:
			s.body.expects = false // no 100 behind the answer
			c.fields(s.id, block, last && len(p) == 0)
			s.ends(last && len(p) == 0)
			block = nil
		case len(p) > 0:
			took := s.part(p, last)
			if took == 0 {
				s.await()
			}
			n, p = n+took, p[took:]
		default:
			c.frameTo(http2.FrameData, http2.FlagDataEndStream, s.id, 0)
			s.ends(true)
		}
	}
	s.stall = time.Time{}
	c.flush()
	return n, nil
}

// part appends one frame of DATA as large as may be, and returns how much it
// holds. It needs conn.mu.
func (s *stream) part(p []byte, last bool) int {
	c := s.conn
	if s.turn != c.batch {
		s.turn, s.spent = c.batch, 0
	}
	n := int(min(int64(len(p)), maxFrame, s.send, c.send, int64(turnBytes-s.spent)))
	if n <= 0 {
		return 0
	}
	flags := http2.Flags(0)
	if last = last && n == len(p); last {
		flags = http2.FlagDataEndStream
	}
	o := c.frameTo(http2.FrameData, flags, s.id, n)
	o.b = append(o.b, p[:n]...)
	s.send -= int64(n)
	c.send -= int64(n)
	s.spent += n
	if s.paid += n; s.paid >= copyBytes { // WriteStall is for so much
		s.paid, s.stall = 0, time.Time{}
	}
	c.chatter.earned.Add(1 + int64(n/chatterBytes))
	s.ends(last)
	return n
}

// ends notes that END_STREAM was sent. It needs conn.mu.
func (s *stream) ends(last bool) {
	if !last {
		return
	}
	if s.ended = true; s.last {
		s.conn.closes(s)
	}
}

// await waits until more can be written: for the network, or for the client's
// windows. It needs conn.mu and gives it up meanwhile.
func (s *stream) await() {
	c := s.conn
	if !c.writing && c.out.len() > 0 {
		c.flush()
		return
	}
	if s.stall.IsZero() {
		s.stall, s.paid = time.Now(), 0
	}
	c.wait(s)
}
