package h1

import (
	"net"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/spare"
	"github.com/gatehouse-api/gatehouse/wire/internal/direct"
)

// turn is one exchange's side of its connection, with the bytes of the request.
// It is pooled and implements gate.Wire and gate.Watch.
type turn struct {
	spare.Mark
	conn *conn
	head head
	body body

	buf     []byte  // room, or what large holds
	at, end int     // buf[at:end] came and was not taken
	large   *buffer // a head that does not fit into room
	bytes   [roomBytes]byte
	little  [littleBytes]byte // of a small answer; what came of TLS before that

	receiver direct.Receiver

	x      *gate.Exchange
	out    []byte      // room for what is written; nil between answers
	lent   any         // that out is of, unless it is little
	unsent int         // bytes of the answer's body in it
	parts  [2][]byte   // that vector holds
	vector net.Buffers // what is written at once
	closes bool        // the connection ends behind the answer
	cut    bool        // the answer broke off
	answer begun       // so that no 100 comes behind the answer
}

var (
	_ gate.Wire  = (*turn)(nil)
	_ gate.Watch = (*turn)(nil)

	turns   spare.Pool[turn, *turn]
	buffers spare.Pool[buffer, *buffer]
)

const (
	roomBytes  = 4 << 10  // of a request that is held without more
	writeBytes = 32 << 10 // of an answer's body in one write
	headRoom   = 4 << 10  // beside it, for the answer's head
)

// buffer holds the longest head by default, with something behind it, or one
// write.
type buffer struct {
	spare.Mark
	bytes [writeBytes + headRoom]byte
}

// take returns an empty turn for c.
func take(c *conn) *turn {
	t := turns.Get()
	t.conn, t.buf, t.at, t.end = c, t.bytes[:], 0, 0
	return t
}

// release gives t back, with all that it holds.
func (t *turn) release() {
	t.dropLarge()
	t.conn, t.buf = nil, nil
	turns.Put(t)
}

func (t *turn) dropLarge() {
	if t.large != nil {
		buffers.Put(t.large)
		t.large = nil
	}
}

// rewind keeps what came behind the request for the next one.
func (t *turn) rewind() {
	if rest := t.buf[t.at:t.end]; &t.buf[0] != &t.bytes[0] && len(rest) <= roomBytes/2 {
		t.end = copy(t.bytes[:], rest)
		t.at, t.buf = 0, t.bytes[:]
		t.dropLarge()
	}
}

// makeRoom makes room for more of a head. When the bytes move the head is read
// again from its beginning, since its views are gone.
func (t *turn) makeRoom() {
	if t.end < len(t.buf) {
		return
	}
	if t.at == 0 {
		t.grow()
	} else {
		t.end = copy(t.buf, t.buf[t.at:t.end])
		t.at = 0
	}
	t.head.reset(t.conn.peer.TLS != nil)
}

// grow takes a larger buffer. The head's bound ends heads that do not fit. What
// came is copied before the buffer that holds it goes back, since others may
// write to it from then on.
func (t *turn) grow() {
	from, before := t.buf[:t.end], t.large
	if need := t.conn.limits.HeadBytes + headRoom; need > len(buffer{}.bytes) {
		t.buf, t.large = make([]byte, need), nil
	} else {
		t.large = buffers.Get()
		t.buf = t.large.bytes[:]
	}
	copy(t.buf, from)
	if before != nil {
		buffers.Put(before)
	}
}

// serve walks the request through the gate and reports whether the connection
// stays.
func (t *turn) serve() bool {
	c, s := t.conn, t.conn.server
	x := s.Gate.Acquire()
	t.fill(x)
	s.Serve(x, t)
	c.ended = x.Ended
	s.Gate.Release(x)
	t.x = nil
	if s.Poison {
		t.poison()
	}
	if t.body.aborted.Load() {
		c.until = time.Time{} // another one is set
	}
	c.reset = t.cut
	c.unread = t.body.pending.Load() || t.head.broken != gate.Undecided
	if t.cut || t.closes || c.unread {
		return false
	}
	t.skip()
	return true
}

// fill fills x in from the head that was judged.
//
// It is not taken into its caller, on whose stack the exchange waits: idle
// connections keep stacks of 4 KiB.
//
//go:noinline
func (t *turn) fill(x *gate.Exchange) {
	h, c, s := &t.head, t.conn.peer, t.conn.server
	t.unsent, t.answer.yes = 0, false
	t.x, t.closes, t.cut = x, h.closes || h.http10 && !h.keeps || h.broken != gate.Undecided, false
	s.Counts.Requests.Add(1)
	x.Context = s.Base
	x.Method, x.Target, x.Host = h.method, h.target, h.host
	x.Version = "HTTP/1.1"
	if h.http10 {
		x.Version = "HTTP/1.0"
	}
	x.Fields, h.fields = h.fields, x.Fields
	x.Peer, x.Secure, x.TLS, x.Hello = c.Peer, c.TLS != nil, c.TLS, c.Hello
	x.Received, x.Listener, x.Watch = h.at, s.On, t
	if x.Broken = h.broken; x.Broken == gate.Undecided {
		x.Broken = s.Check(c, x.Host)
	}
	t.body.start(t)
	switch {
	case x.Broken == gate.MethodUnknown: // RFC 9110 section 15.5.6: 405 comes with Allow
		x.Reply.Fields = append(x.Reply.Fields, gate.Field{Name: nameAllow, Value: allowed})
	case x.Broken == gate.Undecided && h.length != 0:
		x.BodyLength, x.Incoming = h.length, &t.body
	}
	s.Proxies.Load().Resolve(x)
}

// allowed are the registered methods that can be opened by a contract.
var (
	nameAllow = []byte("Allow")
	allowed   = []byte("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
)

// poison spoils the head.
func (t *turn) poison() {
	for i := range t.head.raw[:max(t.head.end, t.head.line)] {
		t.head.raw[i] = 0xDB
	}
}
