package upstream

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/fields"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// stream is one exchange among many on a connection, and the body of its
// answer. net/http may still read the request's body when the answer is over;
// detach keeps it from the exchange's buffers after that, since they are
// pooled.
type stream struct {
	many   *many
	x      *gate.Exchange
	ctx    context.Context // ends with its cause
	cancel context.CancelCauseFunc
	answer *http.Response
	over   sync.Once

	gone  atomic.Bool           // nothing of the exchange may be read any more
	feed  sync.Mutex            // held during a read of the request's body
	from  io.Reader             // guarded by feed
	whole []byte                // guarded by feed; what is left of a body that was read whole
	wrong atomic.Pointer[error] // why the client's body failed

	sent  atomic.Int64 // instant of the request's end; 0 before
	moved atomic.Int64 // instant of the last progress
	began instant
	heads atomic.Bool // the answer's head is there

	watching sync.Mutex
	watch    gate.Watch  // guarded by watching
	timer    *time.Timer // guarded by watching; nil when the exchange is over
}

// send sends x and takes the head of its answer.
func (m *many) send(ctx context.Context, x *gate.Exchange) error {
	s := &stream{many: m, x: x, watch: x.Watch, began: now()}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.moved.Store(int64(s.began))
	s.watching.Lock()
	s.timer = time.AfterFunc(time.Duration(slice), s.look)
	s.watching.Unlock()
	r, err := m.request(s.ctx, x)
	if err == nil {
		if s.answer, err = s.roundTrip(r); err == nil {
			err = s.take()
		}
		if err != nil {
			err = s.explain(err)
		}
	}
	if err != nil {
		m.owner.counts.failed(err)
		s.Close()
		return err
	}
	s.heads.Store(true)
	s.move()
	x.Answer.Body = s
	return nil
}

func (s *stream) move() { s.moved.Store(int64(now())) }

// body gives the request its body.
func (s *stream) body(r *http.Request) {
	x := s.x
	switch {
	case x.Intake.Mode == gate.Stream && x.Incoming != nil && x.BodyLength != 0:
		s.from, r.ContentLength = x.Incoming, x.BodyLength
		r.Body = feed{s, r.Trailer}
	case x.Intake.Mode != gate.Stream && len(x.OutBody) > 0:
		s.whole, r.ContentLength = x.OutBody, int64(len(x.OutBody))
		if r.Body = (feed{s, nil}); isIdempotent(x.Method) {
			r.GetBody = s.again
		}
	case !isIdempotent(x.Method): // with no body at all it would be sent again
		r.Body = feed{s, nil}
	default:
		s.sent.Store(int64(s.began))
	}
}

// again is asked for the body by net/http before it sends a request once more.
func (s *stream) again() (io.ReadCloser, error) {
	s.feed.Lock()
	defer s.feed.Unlock()
	if !s.gone.Load() {
		s.whole = s.x.OutBody
	}
	return feed{s, nil}, nil
}

// maxRefused bounds how often a request is sent that the API has not looked at.
const maxRefused = 3

// roundTrip sends the request. What may be performed twice net/http sends again
// by itself, also when the API has reset the stream with PROTOCOL_ERROR, which
// does not say that nothing was done. Of what must not, it says in words alone
// why it would have; only streams that the API refused or left out by GOAWAY
// were not processed (RFC 9113 section 8.7).
func (s *stream) roundTrip(r *http.Request) (a *http.Response, err error) {
	for n := 1; ; n++ {
		s.body(r)
		if a, err = s.many.transport.Load().RoundTrip(r); err == nil || isIdempotent(s.x.Method) || s.from != nil || n == maxRefused {
			return a, err
		}
		why, ok := strings.CutPrefix(err.Error(), "http2: Transport: cannot retry err [")
		if !ok || !strings.HasPrefix(why, "http2: Transport received Server's graceful shutdown GOAWAY]") && !strings.Contains(why, "; REFUSED_STREAM") {
			return nil, err
		}
	}
}

// feed is the request's body for net/http.
type feed struct {
	*stream
	trailer http.Header
}

// Read implements io.Reader.
func (f feed) Read(p []byte) (n int, err error) {
	s := f.stream
	s.feed.Lock()
	defer s.feed.Unlock()
	switch {
	case s.gone.Load():
		return 0, errDetached
	case s.from != nil:
		n, err = s.from.Read(p)
	default:
		n = copy(p, s.whole)
		if s.whole = s.whole[n:]; len(s.whole) == 0 {
			err = io.EOF
		}
	}
	s.move()
	switch {
	case err == io.EOF:
		s.x.CleanTrailers()
		for i := range s.x.Trailers {
			t := &s.x.Trailers[i]
			if name := fields.Name(t.Name); !t.Gone && hasKey(f.trailer, name) {
				f.trailer[name] = append(f.trailer[name], string(t.Value))
			}
		}
		s.sent.Store(int64(now()))
	case err != nil && !s.gone.Load():
		s.wrong.Store(&err)
		s.cancel(err) // the API must not take it for whole
	}
	return n, err
}

func hasKey(h http.Header, name string) bool {
	_, ok := h[name]
	return ok
}

// Close implements io.Closer. The engine closes its own body.
func (feed) Close() error { return nil }

// take fills in the answer. What ends at the gate is left out (RFC 9110
// section 7.6.1).
func (s *stream) take() error {
	a := &s.x.Answer
	a.Status, a.Length, a.Fields = s.answer.StatusCode, s.answer.ContentLength, a.Fields[:0]
	if a.Status < 200 || a.Status > 999 {
		return errHead
	}
	var err error
	a.Fields, err = appendHeader(a.Fields, s.answer.Header)
	return err
}

// appendHeader appends what goes on of a header, in the order of its names.
func appendHeader(list []gate.Field, h http.Header) ([]gate.Field, error) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		key := []byte(name)
		a := answer{length: -1}
		for _, v := range h[name] {
			value := []byte(v)
			if !octet.IsToken(key) || !octet.All(value, octet.Value) {
				return list, errControl
			}
			if done, err := a.ours(key, value); err != nil {
				return list, err
			} else if !done {
				list = append(list, gate.Field{Name: key, Value: value})
			}
		}
	}
	return list, nil
}

// Read implements io.Reader: the answer's body.
func (s *stream) Read(p []byte) (int, error) {
	s.move()
	n, err := s.answer.Body.Read(p)
	s.move()
	switch {
	case err == io.EOF:
		var wrong error
		if s.x.Answer.Trailers, wrong = appendHeader(s.x.Answer.Trailers[:0], s.answer.Trailer); wrong != nil {
			return n, s.explain(wrong)
		}
		gate.CleanTrailers(s.x.Answer.Trailers)
	case err != nil:
		err = s.explain(err)
	}
	return n, err
}

// Close implements io.Closer.
func (s *stream) Close() error {
	s.over.Do(func() {
		s.watching.Lock()
		s.timer.Stop()
		s.timer, s.watch = nil, nil
		s.watching.Unlock()
		s.cancel(errDetached)
		if s.answer != nil {
			s.answer.Body.Close()
		}
		s.detach()
		s.many.owner.busy.Add(-1)
	})
	return nil
}

// detach waits until nobody reads from the exchange and keeps it so. It breaks
// off a read that waits for the client.
func (s *stream) detach() {
	s.gone.Store(true)
	if !s.feed.TryLock() {
		if a, ok := s.x.Incoming.(interface{ Abort() }); ok {
			a.Abort()
		}
		s.feed.Lock()
	}
	s.from, s.whole = nil, nil
	s.feed.Unlock()
}

// look asks now and then whether the exchange may go on.
func (s *stream) look() {
	s.watching.Lock()
	defer s.watching.Unlock()
	if s.timer == nil {
		return
	}
	if err := s.due(now()); err != nil {
		s.cancel(err)
		return
	}
	s.timer.Reset(time.Duration(slice))
}

// due says why an exchange may take no longer; watching is held.
func (s *stream) due(at instant) error {
	l := &s.many.owner.limits
	sent := instant(s.sent.Load())
	switch {
	case l.TotalTimeout > 0 && at-s.began >= instant(l.TotalTimeout) && sent == 0 && held(&s.feed):
		return errSlow
	case l.TotalTimeout > 0 && at-s.began >= instant(l.TotalTimeout),
		!s.heads.Load() && sent != 0 && at-sent >= instant(l.AnswerTimeout),
		at-instant(s.moved.Load()) >= instant(l.StallTimeout):
		return errLate
	case s.watch != nil && at-s.began >= instant(time.Second) && s.watch.Gone():
		return errGone
	}
	return nil
}

// tooManyFields is how net/http names a head that is larger than the API's
// SETTINGS allow, in an error that it does not export. It is the client's.
const tooManyFields = "larger than peer's advertised limit"

// explain says which refusal an error is; see call.explain.
func (s *stream) explain(err error) error {
	var wrong error
	if p := s.wrong.Load(); p != nil {
		wrong = *p
	}
	var refusal *gate.Unavailable
	var dial unreached
	cause := context.Cause(s.ctx)
	code := gate.UpstreamBroken
	switch {
	case errors.As(wrong, &refusal), errors.As(cause, &refusal):
		return refusal
	case errors.Is(wrong, os.ErrDeadlineExceeded):
		code, err = gate.BodyTimeout, wrong
	case wrong != nil:
		code, err = gate.BodyIncomplete, wrong
	case errors.Is(cause, errLate):
		code, err = gate.UpstreamTimeout, cause
	case cause != nil:
		code, err = gate.ClientGone, cause
	case errors.As(err, &dial):
		code = gate.UpstreamUnreachable
	case err != nil && strings.Contains(err.Error(), tooManyFields):
		code = gate.FieldsTooLarge
	}
	return &gate.Unavailable{Code: code, Cause: err}
}
