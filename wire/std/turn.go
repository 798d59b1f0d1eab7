package std

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/fields"
)

// turn is one exchange's side of net/http. It is pooled and implements
// gate.Wire and the exchange's Incoming.
type turn struct {
	w      http.ResponseWriter
	r      *http.Request
	buf    []byte      // backs what came as strings
	fields fields.List // of the answer
	done   atomic.Bool // Incoming reached its end
	lost   atomic.Bool // Incoming failed
	both   bool        // the answer began before that
	cut    bool        // the answer broke off
	stop   bool        // Abort was called and works

	recheck time.Duration // after which an answer that takes long is asked about; 0 for never
}

var (
	_ gate.Wire = (*turn)(nil)

	turns   = sync.Pool{New: func() any { return new(turn) }}
	longAgo = time.Unix(1, 0)
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
	cut := t.cut
	t.w, t.r, t.buf, t.both, t.cut, t.stop = nil, nil, t.buf[:0], false, false, false
	t.done.Store(false)
	t.lost.Store(false)
	turns.Put(t)
	if cut {
		// The sanctioned way to end an answer that net/http would otherwise
		// complete; it is not logged.
		panic(http.ErrAbortHandler)
	}
}

// finish reads what net/http still holds of a body that the API did not wait
// for. It waits for nobody: either all of the body has come or Abort was
// called. Without this net/http would come upon the end of the body after the
// exchange, when it must not (it begins to watch the connection there).
func (t *turn) finish() {
	if !t.both || !t.stop {
		return
	}
	var b [512]byte
	for {
		if _, err := t.r.Body.Read(b[:]); err != nil {
			return
		}
	}
}

// settle notes how the head was judged and takes the body of a good one.
func (t *turn) settle(x *gate.Exchange, broken gate.Code, length int64) {
	switch x.Broken = broken; broken {
	case gate.Undecided:
		t.body(x, length)
	case gate.MethodUnknown: // RFC 9110 section 15.5.6: 405 comes with Allow
		x.Reply.Fields = append(x.Reply.Fields, gate.Field{Name: nameAllow, Value: allowed})
	}
}

// allowed are the registered methods that can be opened by a contract.
var (
	nameAllow = []byte("Allow")
	allowed   = []byte("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
)

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
	case err != nil:
		t.lost.Store(true)
		if tooLarge(err) {
			err = &gate.Unavailable{Code: gate.BodyTooLarge, Cause: err}
		}
	}
	return n, err
}

// tooLarge reports whether a handler in front had a bound of its own for the
// body (http.MaxBytesReader).
func tooLarge(err error) bool {
	var bound *http.MaxBytesError
	return errors.As(err, &bound)
}

// Abort ends a Read that waits for the client and makes later ones fail.
func (t *turn) Abort() {
	t.stop = http.NewResponseController(t.w).SetReadDeadline(longAgo) == nil
}

// Reply implements gate.Wire.
func (t *turn) Reply(x *gate.Exchange) error {
	r := &x.Reply
	if x.Refused && x.Refusal.Code == gate.ClientGone { // nobody reads, and its status is for events
		t.cut = true
		return errGone
	}
	h := t.w.Header()
	t.length(r.Status, int64(len(r.Body)))
	t.addFields(h, r.Fields)
	if r.Close || x.Broken != gate.Undecided || t.lost.Load() {
		h["Connection"] = closeValue
	}
	t.w.WriteHeader(r.Status)
	if len(r.Body) == 0 || !bodyAllowed(r.Status) || string(x.Method) == http.MethodHead {
		return nil
	}
	_, err := t.w.Write(r.Body)
	return err
}

var (
	errGone    = errors.New("the client is gone")
	closeValue = []string{"close"}
)

// bodyAllowed follows RFC 9110 section 6.4.1.
func bodyAllowed(status int) bool { return status >= 200 && status != 204 && status != 304 }

// addFields moves fields to h, together with own ones that t.fields holds.
func (t *turn) addFields(h http.Header, list []gate.Field) {
	for _, name := range ofBody { // what a handler in front said of a body is of another one
		delete(h, name)
	}
	t.fields.AddAll(list, isLength)
	t.fields.Into(h)
	t.fields.Reset()
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // net/http would guess one
	}
}

var ofBody = [...]string{"Content-Length", "Content-Type", "Content-Encoding", "Content-Range", "Transfer-Encoding", "Trailer"}

func isLength(name []byte) bool { return gate.EqualFold(name, "Content-Length") }

// length adds a Content-Length where the status allows a body.
func (t *turn) length(status int, n int64) {
	if n >= 0 && bodyAllowed(status) {
		var b [20]byte
		t.fields.Add("Content-Length", strconv.AppendInt(b[:0], n, 10))
	}
}

// Relay implements gate.Wire.
func (t *turn) Relay(x *gate.Exchange) error {
	a := &x.Answer
	rc := http.NewResponseController(t.w)
	if !t.done.Load() {
		// The answer begins while the client still sends: without this,
		// net/http would read the rest of the body itself.
		rc.EnableFullDuplex() // a handler around ours may have hidden how
		t.both = true
		if t.leaves() {
			t.w.Header()["Connection"] = closeValue
		}
	}
	t.length(a.Status, a.Length)
	t.addFields(t.w.Header(), a.Fields)
	t.w.WriteHeader(a.Status)
	var err error
	if x.AnswerWhole {
		var n int
		n, err = t.w.Write(x.OutAnswer)
		x.AnswerBytes = int64(n)
	} else if a.Body != nil && bodyAllowed(a.Status) && string(x.Method) != http.MethodHead {
		media, _ := gate.FindField(a.Fields, "Content-Type")
		err = t.copy(x, rc, a.Length < 0 || isEventStream(media) || isEarly(a.Body))
	}
	t.cut = err != nil
	if !t.done.Load() && x.Incoming != nil {
		t.Abort()
	}
	return err
}

// leaves reports whether the connection must end with an answer that begins
// now, because the rest of the request's body may never be read. Nothing else
// keeps net/http from taking that rest for the next request, which would be
// request smuggling.
func (t *turn) leaves() bool { return t.r.ProtoMajor == 1 }

// isEarly reports whether a body is that of a handler which goes on to write.
func isEarly(body io.Reader) bool {
	e, ok := body.(interface{ Early() bool })
	return ok && e.Early()
}

// flush sends what was written. A handler around ours may have hidden how: its
// client waits longer then, and gets the same.
func (t *turn) flush(rc *http.ResponseController) error {
	if err := rc.Flush(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

var errRevoked = errors.New("the exchange may not go on")

// copy writes the answer's body as it arrives.
func (t *turn) copy(x *gate.Exchange, rc *http.ResponseController, flush bool) error {
	buf := buffers.Get().(*[copyBytes]byte)
	defer buffers.Put(buf)
	if flush {
		if err := t.flush(rc); err != nil {
			return err
		}
	}
	checked := x.Answered
	for {
		n, err := x.Answer.Body.Read(buf[:])
		if now := time.Now(); t.recheck > 0 && now.Sub(checked) > t.recheck {
			if checked = now; !x.Recheck() {
				return errRevoked
			}
		}
		if n > 0 {
			written, err := t.w.Write(buf[:n])
			x.AnswerBytes += int64(written)
			if err == nil && flush {
				err = t.flush(rc)
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
