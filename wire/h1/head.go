package h1

import (
	"bytes"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
	"github.com/gatehouse-api/gatehouse/wire/internal/target"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

var (
	space = []byte(" ")
	colon = []byte(":")
	comma = []byte(",")
)

// head is one request head as it stood on the wire. It is read line by line
// while its bytes arrive, and nothing of it goes on before its last line was
// judged. Whatever has two readings is refused and never repaired.
type head struct {
	raw  []byte // bytes that came, perhaps beyond its end; all views of the head point into it
	line int    // where the line begins that is not complete yet
	end  int    // behind the empty line; 0 while the head is incomplete

	method, target, host []byte
	http10               bool
	fields               []gate.Field
	at                   time.Time // when it was complete or refused

	length  int64 // of the body; -1 for chunked, 0 for none
	lengths int   // Content-Length fields seen
	codings int   // Transfer-Encoding fields seen
	hosts   int   // Host fields seen
	options int   // that Connection lists
	closes  bool  // Connection: close
	keeps   bool  // Connection: keep-alive
	expects bool  // Expect: 100-continue
	secure  bool  // came over TLS

	broken gate.Code // why it is refused
}

// reset empties h for the next head and keeps its list of fields.
func (h *head) reset(secure bool) { *h = head{fields: h.fields[:0], secure: secure} }

// scan looks at the lines that became complete and reports whether the head is
// at its end or broken. How the bytes were split into reads makes no
// difference to what it finds.
func (h *head) scan(l *session.Limits) (done bool) {
	for h.end == 0 && h.broken == gate.Undecided {
		n := bytes.IndexByte(h.raw[h.line:], '\n')
		if n < 0 {
			h.bound(l, len(h.raw))
			break
		}
		if h.bound(l, h.line+n); h.broken == gate.Undecided {
			h.take(l, h.raw[h.line:h.line+n+1])
		}
		h.line += n + 1
	}
	if h.broken == gate.Undecided && h.end > 0 {
		h.judge()
	}
	if h.end == 0 && h.broken == gate.Undecided {
		return false
	}
	h.at = time.Now()
	return true
}

// bound refuses a head whose current line reaches to n bytes or beyond.
func (h *head) bound(l *session.Limits, n int) {
	const aroundTarget = 64 // method, spaces, scheme and version
	switch {
	case h.method == nil && n-h.line > l.TargetBytes+aroundTarget:
		h.broken = gate.TargetTooLong
	case n > l.HeadBytes:
		h.broken = gate.FieldsTooLarge
	}
}

// take reads one line that ends in LF.
func (h *head) take(l *session.Limits, line []byte) {
	n := len(line) - 2
	if n < 0 || line[n] != '\r' {
		h.broken = gate.Malformed // a bare LF ends no line here (RFC 9112 section 2.2)
		return
	}
	line = line[:n]
	switch {
	case h.method == nil && n == 0 && h.line == 0:
		// RFC 9112 section 2.2 asks servers to pass over one empty line
		// before a request line; a second one does not stand at 0.
	case h.method == nil:
		h.broken = h.requestLine(l, line)
	case n == 0:
		h.end = h.line + 2
	case len(h.fields) >= l.Fields:
		h.broken = gate.FieldsTooLarge
	default:
		h.broken = h.field(line)
	}
}

// requestLine reads "method SP request-target SP HTTP-version" with exactly
// one space in each place (RFC 9112 section 3).
func (h *head) requestLine(l *session.Limits, line []byte) gate.Code {
	method, rest, ok := bytes.Cut(line, space)
	if !ok || !octet.IsToken(method) {
		return gate.Malformed
	}
	where, version, ok := bytes.Cut(rest, space)
	if !ok || len(where) == 0 || !octet.All(where, octet.Target) {
		return gate.Malformed
	}
	switch string(version) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		h.http10 = true
	default:
		return gate.Malformed
	}
	h.method, h.target = method, where
	if len(where) > l.TargetBytes {
		return gate.TargetTooLong
	}
	return target.RefusedMethod(method)
}

// field reads "name: value" (RFC 9112 section 5). A line that begins with
// white space (obs-fold, section 5.2) and white space before the colon
// (section 5.1) fail as names that are no tokens.
func (h *head) field(line []byte) gate.Code {
	name, value, ok := bytes.Cut(line, colon)
	if !ok || !octet.IsToken(name) {
		return gate.Malformed
	}
	if value = octet.Trim(value); !octet.IsValue(value) {
		return gate.Malformed
	}
	h.fields = append(h.fields, gate.Field{Name: name, Value: value})
	return h.framing(name, value)
}

// judge looks at the complete head.
func (h *head) judge() {
	switch {
	case h.codings > 0 && h.lengths > 0:
		h.broken = gate.LengthConflict // RFC 9112 section 6.3, item 3
	case h.codings > 0 && h.http10:
		h.broken = gate.Malformed // RFC 9112 section 6.1: faulty framing
	case h.hosts == 0: // of HTTP/1.0 too, where it may be missing: routes hang on it
		h.broken = gate.HostInvalid
	default:
		if h.codings > 0 {
			h.length = -1
		}
		h.target, h.broken = target.Origin(h.method, h.target, h.host, h.secure)
	}
}
