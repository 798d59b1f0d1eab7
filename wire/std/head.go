package std

import (
	"bytes"
	"strconv"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// head is one request head as it stood on the wire. It is read line by line
// while its bytes arrive, and nothing of it goes on before its last line was
// judged. Whatever has two readings is refused and never repaired.
type head struct {
	raw  []byte // bytes so far; all views of the head point into it
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
	closes  bool  // Connection: close
	keeps   bool  // Connection: keep-alive
	expects bool  // Expect: 100-continue
	secure  bool  // came over TLS

	broken gate.Code // why it is refused
}

// reset empties h for the next head and keeps its buffers.
func (h *head) reset(secure bool) {
	raw, fields := h.raw[:0], h.fields[:0]
	if cap(raw) > maxKept {
		raw = nil
	}
	*h = head{raw: raw, fields: fields, secure: secure}
}

// room returns free space behind the bytes so far. Views into a smaller buffer
// stay good, since that is left to them.
func (h *head) room() []byte {
	const least = 512
	if cap(h.raw)-len(h.raw) < least {
		grown := make([]byte, len(h.raw), max(2*cap(h.raw), 4*least))
		copy(grown, h.raw)
		h.raw = grown
	}
	return h.raw[len(h.raw):cap(h.raw)]
}

// appendPlain appends the head that net/http gets instead of h: only what its
// framing of bodies and connections needs, under one name for every host and
// target.
func (h *head) appendPlain(b []byte) []byte {
	method := "GET"
	if string(h.method) == "HEAD" { // whose answers have no body
		method = "HEAD"
	}
	b = append(b, method...)
	if h.http10 {
		b = append(b, " / HTTP/1.0\r\nHost: -\r\n"...)
	} else {
		b = append(b, " / HTTP/1.1\r\nHost: -\r\n"...)
	}
	switch {
	case h.broken != gate.Undecided:
		return append(b, "Connection: close\r\n\r\n"...)
	case h.length > 0:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, h.length, 10)
		b = append(b, "\r\n"...)
	case h.length < 0:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	if h.expects {
		b = append(b, "Expect: 100-continue\r\n"...)
	}
	switch {
	case h.closes:
		b = append(b, "Connection: close\r\n"...)
	case h.keeps:
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	return append(b, "\r\n"...)
}

// maxKept bounds the buffer that a connection keeps for the next head.
const maxKept = 8 << 10

// scan looks at the lines that became complete and reports whether the head is
// at its end or broken. How the bytes were split into reads makes no
// difference to what it finds.
func (h *head) scan(l *Limits) (done bool) {
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
func (h *head) bound(l *Limits, n int) {
	const aroundTarget = 64 // method, spaces, scheme and version
	switch {
	case h.method == nil && n-h.line > l.TargetBytes+aroundTarget:
		h.broken = gate.TargetTooLong
	case n > l.HeadBytes:
		h.broken = gate.FieldsTooLarge
	}
}

// take reads one line that ends in LF.
func (h *head) take(l *Limits, line []byte) {
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
func (h *head) requestLine(l *Limits, line []byte) gate.Code {
	method, rest, ok := bytes.Cut(line, space)
	if !ok || !octet.IsToken(method) {
		return gate.Malformed
	}
	target, version, ok := bytes.Cut(rest, space)
	if !ok || len(target) == 0 || !octet.All(target, octet.Target) {
		return gate.Malformed
	}
	switch string(version) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		h.http10 = true
	default:
		return gate.Malformed
	}
	h.method, h.target = method, target
	if len(target) > l.TargetBytes {
		return gate.TargetTooLong
	}
	return refusedMethod(method)
}

// refusedMethod refuses the two methods that no contract can open: a tunnel
// and an echo of credentials (RFC 9110 sections 9.3.6 and 9.3.8).
func refusedMethod(m []byte) gate.Code {
	if string(m) == "CONNECT" || string(m) == "TRACE" {
		return gate.MethodUnknown
	}
	return gate.Undecided
}

// field reads "name: value" (RFC 9112 section 5). A line that begins with
// white space (obs-fold, section 5.2) and white space before the colon
// (section 5.1) fail as names that are no tokens.
func (h *head) field(line []byte) gate.Code {
	name, value, ok := bytes.Cut(line, colon)
	if !ok || !octet.IsToken(name) {
		return gate.Malformed
	}
	value = bytes.Trim(value, " \t")
	if !octet.All(value, octet.Value) {
		return gate.Malformed
	}
	h.fields = append(h.fields, gate.Field{Name: name, Value: value})
	for i := range framing {
		if gate.EqualFold(name, framing[i].name) {
			return framing[i].read(h, value)
		}
	}
	return gate.Undecided
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
		h.broken = h.originForm()
	}
}
