package std

import (
	"io"
	"net/http"
	"net/netip"
	"net/textproto"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// turn is one exchange's side of net/http. It is pooled and implements
// gate.Wire and the exchange's Incoming.
type turn struct {
	w    http.ResponseWriter
	r    *http.Request
	conn *conn       // nil in a server that is not ours
	buf  []byte      // backs what came as strings
	done atomic.Bool // Incoming reached its end
	both bool        // the answer began before that
	cut  bool        // the answer broke off
}

var (
	_ gate.Wire = (*turn)(nil)

	turns   = sync.Pool{New: func() any { return new(turn) }}
	buffers = sync.Pool{New: func() any { return new([copyBytes]byte) }}
)

// copyBytes is the most that one write to the client holds.
const copyBytes = 32 << 10

// serve walks one request through the gate.
func (t *turn) serve(g *gate.Gate, fill func(*turn, *gate.Exchange)) {
	x := g.Acquire()
	x.Context = t.r.Context()
	fill(t, x)
	g.Serve(x, t)
	g.Release(x)
	t.finish()
	cut, c := t.cut, t.conn
	t.w, t.r, t.conn, t.buf, t.both, t.cut = nil, nil, nil, t.buf[:0], false, false
	t.done.Store(false)
	turns.Put(t)
	if !cut {
		return
	}
	if c != nil {
		c.cut.Store(true)
	}
	// The sanctioned way to end an answer that net/http would otherwise
	// complete; it is not logged.
	panic(http.ErrAbortHandler)
}

// finish reads what net/http still holds of a body that the API did not wait
// for. It waits for nobody: either all of the body has come or Abort was
// called. Without this net/http would come upon the end of the body after the
// exchange, when it must not (it begins to watch the connection there).
func (t *turn) finish() {
	if !t.both {
		return
	}
	var b [512]byte
	for {
		if _, err := t.r.Body.Read(b[:]); err != nil {
			return
		}
	}
}

// fromHead fills x from the head that our own reader judged.
func fromHead(t *turn, x *gate.Exchange) {
	h := t.conn.take()
	x.Method, x.Target, x.Host = h.method, h.target, h.host
	x.Version = version(h.http10)
	x.Fields = append(x.Fields[:0], h.fields...)
	x.Peer, x.Secure = t.conn.peer, t.conn.secure
	if x.Secure {
		x.TLS = &t.conn.state
	}
	x.Received = h.at
	x.Broken = h.broken
	if x.Broken == gate.Undecided {
		t.body(x, h.length)
	}
}

func version(http10 bool) string {
	if http10 {
		return "HTTP/1.0"
	}
	return "HTTP/1.1"
}

// body makes t the exchange's body when it has one.
func (t *turn) body(x *gate.Exchange, length int64) {
	if x.BodyLength = length; length != 0 {
		x.Incoming = t
	} else {
		t.done.Store(true)
	}
}

// Read implements io.Reader: the request's body.
func (t *turn) Read(p []byte) (int, error) {
	n, err := t.r.Body.Read(p)
	switch {
	case err == io.EOF:
		t.done.Store(true)
	case err != nil && t.conn != nil && t.conn.err != nil:
		err = t.conn.err // net/http has words of its own for some
	}
	return n, err
}

// Abort ends a Read that waits for the client and makes later ones fail.
func (t *turn) Abort() {
	if t.conn != nil {
		t.conn.abort()
		return
	}
	http.NewResponseController(t.w).SetReadDeadline(longAgo)
}

// Reply implements gate.Wire.
func (t *turn) Reply(x *gate.Exchange) error {
	r := &x.Reply
	h := t.w.Header()
	addFields(h, r.Fields)
	if r.Close || x.Broken != gate.Undecided {
		h["Connection"] = closeValue
	}
	if bodyAllowed(r.Status) {
		h["Content-Length"] = []string{strconv.Itoa(len(r.Body))}
	}
	t.w.WriteHeader(r.Status)
	if len(r.Body) == 0 || !bodyAllowed(r.Status) || string(x.Method) == http.MethodHead {
		return nil
	}
	_, err := t.w.Write(r.Body)
	return err
}

var closeValue = []string{"close"}

// bodyAllowed follows RFC 9110 section 6.4.1.
func bodyAllowed(status int) bool { return status >= 200 && status != 204 && status != 304 }

func addFields(h http.Header, fields []gate.Field) {
	for i := range fields {
		if f := &fields[i]; !f.Gone {
			name := textproto.CanonicalMIMEHeaderKey(string(f.Name))
			h[name] = append(h[name], string(f.Value))
		}
	}
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // net/http would guess one
	}
}

// Relay implements gate.Wire.
func (t *turn) Relay(x *gate.Exchange) error {
	a := &x.Answer
	rc := http.NewResponseController(t.w)
	if !t.done.Load() {
		// The answer begins while the client still sends: without this,
		// net/http would read the rest of the body itself.
		if err := rc.EnableFullDuplex(); err != nil && t.conn != nil {
			return err
		}
		t.both = true
	}
	h := t.w.Header()
	addFields(h, a.Fields)
	delete(h, "Content-Length")
	if a.Length >= 0 && bodyAllowed(a.Status) {
		h["Content-Length"] = []string{strconv.FormatInt(a.Length, 10)}
	}
	t.w.WriteHeader(a.Status)
	var err error
	if a.Body != nil && bodyAllowed(a.Status) && string(x.Method) != http.MethodHead {
		media, _ := gate.FindField(a.Fields, "Content-Type")
		err = t.copy(x, rc, a.Length < 0 || isEventStream(media))
	}
	t.cut = err != nil
	if !t.done.Load() && x.Incoming != nil {
		t.Abort()
	}
	return err
}

// copy writes the answer's body as it arrives.
func (t *turn) copy(x *gate.Exchange, rc *http.ResponseController, flush bool) error {
	buf := buffers.Get().(*[copyBytes]byte)
	defer buffers.Put(buf)
	if flush {
		if err := rc.Flush(); err != nil {
			return err
		}
	}
	for {
		n, err := x.Answer.Body.Read(buf[:])
		if n > 0 {
			written, err := t.w.Write(buf[:n])
			x.AnswerBytes += int64(written)
			if err == nil && flush {
				err = rc.Flush()
			}
			if err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if x.Answer.Length >= 0 && x.AnswerBytes != x.Answer.Length {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func isEventStream(media []byte) bool {
	const want = "text/event-stream"
	return len(media) >= len(want) && gate.EqualFold(media[:len(want)], want)
}

// text keeps a string in the turn's buffer and returns the view.
func (t *turn) text(s string) []byte {
	at := len(t.buf)
	t.buf = append(t.buf, s...)
	return t.buf[at:len(t.buf):len(t.buf)]
}

// fromRequest fills x from what net/http made of a request in a server that
// is not ours. Of the framing only that is refused here what net/http shows.
func fromRequest(l *Limits) func(t *turn, x *gate.Exchange) {
	return func(t *turn, x *gate.Exchange) {
		r := t.r
		h := head{method: t.text(r.Method), target: t.text(r.RequestURI), host: t.text(r.Host), secure: r.TLS != nil}
		x.Version, x.Secure, x.TLS = r.Proto, r.TLS != nil, r.TLS
		x.Peer, _ = netip.ParseAddrPort(r.RemoteAddr)
		x.Received = time.Now()
		x.Fields = append(x.Fields[:0], gate.Field{Name: nameHost, Value: h.host})
		size := len(h.target)
		for name, values := range r.Header {
			for _, v := range values {
				size += len(name) + len(v)
				if size <= l.HeadBytes && len(x.Fields) <= l.Fields {
					x.Fields = append(x.Fields, gate.Field{Name: t.text(name), Value: t.text(v)})
				}
			}
		}
		x.Broken = h.fromRequest(l, r, size, len(x.Fields))
		x.Method, x.Target, x.Host = h.method, h.target, h.host
		if x.Broken == gate.Undecided {
			t.body(x, r.ContentLength)
		}
	}
}

var nameHost = []byte("Host")

// fromRequest judges what net/http shows of a head.
func (h *head) fromRequest(l *Limits, r *http.Request, size, fields int) gate.Code {
	switch {
	case len(h.target) > l.TargetBytes:
		return gate.TargetTooLong
	case size > l.HeadBytes || fields > l.Fields:
		return gate.FieldsTooLarge
	case !isToken(h.method) || len(h.target) == 0 || !all(h.target, targetByte):
		return gate.Malformed
	case len(r.TransferEncoding) > 0 && !r.ProtoAtLeast(1, 1):
		return gate.Malformed
	case len(r.TransferEncoding) > 1:
		return gate.TransferCoding
	case len(r.TransferEncoding) > 0 && r.Header["Content-Length"] != nil:
		return gate.LengthConflict
	case !isAuthority(h.host):
		return gate.HostInvalid
	}
	if c := refusedMethod(h.method); c != gate.Undecided {
		return c
	}
	return h.originForm()
}

// Handler returns the gate as a handler for a server that is not ours. Such a
// server has read the head before and repairs what Server refuses (see the
// package's comment).
func Handler(g *gate.Gate, l Limits) http.Handler {
	l = l.withDefaults()
	fill := fromRequest(&l)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := turns.Get().(*turn)
		t.w, t.r = w, r
		t.serve(g, fill)
	})
}
