package std

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// spoolBytes is how much a handler may write ahead of whoever reads. An answer
// that fits has a length before its head is judged.
const spoolBytes = 32 << 10

// spool is the http.ResponseWriter of a protected handler, and the body of its
// answer. It may be written from one goroutine at a time, and read from
// another.
type spool struct {
	ready chan struct{} // closed when the head is there

	mu      sync.Mutex
	more    sync.Cond   // on mu: something of below changed
	fields  http.Header // the handler's
	sent    http.Header // guarded by mu; fields when the head was written
	status  int         // guarded by mu; 0 before the head was written
	buf     []byte      // guarded by mu; written and not read
	at      int         // guarded by mu; of buf, read
	isReady bool        // guarded by mu
	early   bool        // guarded by mu; the head was taken before the handler returned
	ended   bool        // guarded by mu; the handler returned
	closed  bool        // guarded by mu; nobody reads any more
	broken  error       // guarded by mu; the handler panicked
	noBody  bool        // the request is HEAD
	written int64       // guarded by mu
}

var _ http.Flusher = (*spool)(nil)

// sniffBytes is how much of an answer says what it is when its handler does
// not.
const sniffBytes = 512

func (s *spool) start(head bool) {
	s.ready, s.fields, s.noBody = make(chan struct{}), http.Header{}, head
	s.more.L = &s.mu
}

// Header implements http.ResponseWriter.
func (s *spool) Header() http.Header { return s.fields }

// WriteHeader implements http.ResponseWriter. Informational answers are not
// sent (1xx never reach clients of the gate); 101 ends them, since nobody gave
// the connection away (RFC 9110 section 15.2.2).
func (s *spool) WriteHeader(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case status <= 0: // net/http panics
		s.begin(-1)
	case status < 100, status == http.StatusSwitchingProtocols, status >= 200:
		s.begin(status)
	}
}

// begin notes the head as it is now; mu is held.
func (s *spool) begin(status int) {
	if s.status == 0 {
		s.status, s.sent = status, s.fields.Clone()
	}
}

// Write implements http.ResponseWriter.
func (s *spool) Write(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin(http.StatusOK)
	if !bodyAllowed(s.status) {
		return 0, http.ErrBodyNotAllowed
	}
	s.written += int64(len(p))
	if s.noBody {
		s.buf = append(s.buf, p[:min(len(p), sniffBytes-len(s.buf))]...)
		return len(p), nil
	}
	for n < len(p) {
		for len(s.buf) >= spoolBytes && !s.closed {
			s.announce()
			s.more.Wait()
		}
		if s.closed {
			return n, errUnread
		}
		take := min(len(p)-n, spoolBytes-len(s.buf))
		s.buf = append(s.buf, p[n:n+take]...)
		n += take
		s.more.Broadcast()
	}
	return n, nil
}

var errUnread = errors.New("the answer was refused or its client is gone")

// Flush implements http.Flusher.
func (s *spool) Flush() { s.FlushError() }

// FlushError is what http.ResponseController calls.
func (s *spool) FlushError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin(http.StatusOK)
	s.announce()
	if s.closed {
		return errUnread
	}
	return nil
}

// EnableFullDuplex is what http.ResponseController calls: what is read and what
// is written never wait for each other here.
func (*spool) EnableFullDuplex() error { return nil }

// Early reports whether the answer's head was made before its end was known:
// what is written then goes on to the client at once.
func (s *spool) Early() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.early
}

// announce makes the head known; mu is held.
func (s *spool) announce() {
	if !s.isReady {
		s.isReady = true
		close(s.ready)
	}
}

// end notes that the handler returned, or that it panicked with p.
func (s *spool) end(p any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin(http.StatusOK)
	if p != nil {
		s.broken = errPanic // also one of http.ErrAbortHandler
	}
	s.ended = true
	s.announce()
	s.more.Broadcast()
}

var errPanic = errors.New("the protected handler panicked")

// failure returns why there is no answer although the head is ready.
func (s *spool) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// close makes writes fail.
func (s *spool) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.more.Broadcast()
}

// read is the reader's side.
func (s *spool) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.buf) == s.at || s.noBody {
		switch {
		case s.broken != nil:
			return 0, s.broken
		case s.ended:
			return 0, io.EOF
		case s.closed:
			return 0, errUnread
		}
		s.more.Wait()
	}
	n := copy(p, s.buf[s.at:])
	if s.at += n; s.at == len(s.buf) {
		s.buf, s.at = s.buf[:0], 0
		s.more.Broadcast()
	}
	return n, nil
}

// head fills in the head of the answer, as a net/http server would send it.
func (s *spool) head(x *gate.Exchange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.Answer = gate.Answer{Status: s.status, Fields: x.Answer.Fields[:0], Length: -1}
	s.early = !s.ended
	if s.status < 200 || s.status > 999 {
		return fmt.Errorf("the handler answered with status %d", s.status)
	}
	if s.ended && (!s.noBody || s.written > 0) {
		x.Answer.Length = s.written
	}
	if _, said := s.sent["Content-Type"]; !said && s.sent.Get("Content-Encoding") == "" && len(s.buf) > 0 {
		s.sent["Content-Type"] = []string{http.DetectContentType(s.buf)}
	}
	for _, key := range slices.Sorted(maps.Keys(s.sent)) {
		name := http.CanonicalHeaderKey(key) // who writes to the map may write it otherwise
		for _, v := range s.sent[key] {
			switch {
			case name == "Content-Length":
				n, err := strconv.ParseInt(v, 10, 64)
				if err != nil || n < 0 {
					return errors.New("the handler's Content-Length is no number")
				}
				x.Answer.Length = n
			case endsHere[name] || strings.HasPrefix(name, http.TrailerPrefix):
			case !octet.IsToken([]byte(name)) || strings.ContainsFunc(v, isControl):
				return errors.New("the handler answered with a field that cannot be written")
			default:
				x.Answer.Fields = append(x.Answer.Fields, gate.Field{Name: []byte(name), Value: []byte(v)})
			}
		}
	}
	return nil
}

func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// endsHere are the fields that the engine writes itself or that end here (RFC
// 9110 section 7.6.1).
var endsHere = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Te": true, "Trailer": true,
	"Transfer-Encoding": true, "Upgrade": true,
}
