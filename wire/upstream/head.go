package upstream

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/forwarded"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// own are the fields that this package writes: what came under these names,
// from the client or a guard, is not forwarded. Fields of one hop the gate has
// removed before, and a guard those by which a client could deceive the API
// otherwise.
var own = [...]string{
	"Host", "Content-Length", "Transfer-Encoding", "Expect",
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix",
}

// head is the head of a message that is being written.
type head struct {
	b     []byte
	lines int
}

func (h *head) field(name, value []byte) {
	h.b = append(h.b, name...)
	h.b = append(h.b, ": "...)
	h.b = append(h.b, value...)
	h.end()
}

// begin starts a field whose value is appended.
func (h *head) begin(name string) {
	h.b = append(h.b, name...)
	h.b = append(h.b, ": "...)
}

func (h *head) text(s string) { h.b = append(h.b, s...) }

func (h *head) end() {
	h.b = append(h.b, "\r\n"...)
	h.lines++
}

var (
	errTarget = errors.New("the method or the target cannot be forwarded unchanged")
	errLines  = errors.New("a field of the request holds the end of a line")
)

// write makes the request: its head, and behind it a small body. The fields
// are those of the exchange, of RFC 7239 and RFC 9110 section 7.6.3, and the
// fixed ones. Several fields of one name keep their order.
func (c *call) write(x *gate.Exchange) error {
	u := c.owner
	if !octet.IsToken(x.Method) || len(x.OutTarget) == 0 || !octet.All(x.OutTarget, octet.Target) {
		return &gate.Unavailable{Code: gate.PathForm, Cause: errTarget}
	}
	h := head{b: append(c.out[:0], x.Method...)}
	h.text(" ")
	h.b = append(h.b, x.OutTarget...)
	h.text(" HTTP/1.1")
	h.end()
	h.begin("Host")
	if h.b = append(h.b, x.Host...); len(x.Host) == 0 {
		h.text(u.host)
	}
	h.end()
	if !u.addFields(&h, x) {
		return &gate.Unavailable{Code: gate.Loop, Cause: errLoop}
	}
	c.ask(&h, x)
	h.end()
	if c.out = h.b; !h.sound() {
		return &gate.Unavailable{Code: gate.Internal, Cause: errLines}
	}
	if n := len(c.rest); n > 0 && n <= cap(c.out)-len(c.out) {
		c.out, c.rest = append(c.out, c.rest...), nil
	}
	c.repeatable = c.from == nil && isIdempotent(x.Method)
	return nil
}

// sound reports whether there are as many ends of lines as were written.
func (h *head) sound() bool {
	return bytes.Count(h.b, lineFeed) == h.lines && bytes.Count(h.b, carriageReturn) == h.lines && bytes.IndexByte(h.b, 0) < 0
}

var lineFeed, carriageReturn = []byte{'\n'}, []byte{'\r'}

// addFields adds all fields but those that frame: those of the exchange with a
// Via of our own behind those that came, those of RFC 7239, and the fixed ones.
// It reports false when one of these says that the request was sent
// under this pseudonym before (RFC 9110 section 7.6.3).
func (u *Upstream) addFields(h *head, x *gate.Exchange) bool {
	for i := range x.Fields {
		f := &x.Fields[i]
		if gate.EqualFold(f.Name, "Via") && bytes.Contains(f.Value, u.pseudonym) {
			return false
		}
		if !f.Gone && !u.replaces(f.Name) {
			h.field(f.Name, f.Value)
		}
	}
	h.begin("Via")
	h.text(strings.TrimPrefix(x.Version, "HTTP/"))
	h.text(" ")
	h.b = append(h.b, u.pseudonym...)
	h.end()
	for i := range x.OutFields {
		if f := &x.OutFields[i]; !f.Gone && !u.replaces(f.Name) {
			h.field(f.Name, f.Value)
		}
	}
	addForwarding(h, x)
	for i := range u.fixed {
		h.begin(u.fixed[i].name)
		h.text(*u.fixed[i].value)
		h.end()
	}
	return true
}

// ask adds the fields that frame the body and ask for another protocol, and
// notes how the request is sent.
func (c *call) ask(h *head, x *gate.Exchange) {
	c.head = string(x.Method) == "HEAD"
	c.from, c.rest, c.length, c.consumed, c.broken, c.failed = nil, nil, 0, false, nil, nil
	c.gone.Store(false)
	c.upgrade, c.trailers, c.watch = len(x.Upgrade) > 0, nil, x.Watch
	if c.upgrade { // RFC 9110 section 7.8
		h.text("Connection: Upgrade")
		h.end()
		h.begin("Upgrade")
		h.b = append(h.b, x.Upgrade...)
		h.end()
	}
	length := int64(len(x.OutBody))
	switch {
	case x.Intake.Mode != gate.Stream:
		c.rest = x.OutBody
	case x.Incoming != nil && x.BodyLength != 0:
		c.from, c.length = x.Incoming, x.BodyLength
		length = x.BodyLength
	default:
		length = 0
	}
	switch {
	case length < 0:
		if x.TrailersOpen() {
			c.trailers = &x.Trailers
		}
		h.text("Transfer-Encoding: chunked")
		h.end()
	case length > 0 || takesBody(x.Method):
		h.begin("Content-Length")
		h.b = strconv.AppendInt(h.b, length, 10)
		h.end()
	}
}

// isIdempotent reports whether a request may be performed twice (RFC 9110
// section 9.2.2).
func isIdempotent(method []byte) bool {
	switch string(method) {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}

// takesBody reports whether a method without a body says so (RFC 9110 section
// 8.6).
func takesBody(method []byte) bool {
	switch string(method) {
	case "POST", "PUT", "PATCH":
		return true
	}
	return false
}

// replaces reports whether what came under name gives way to a field of ours,
// or is the client's own word on who it is.
func (u *Upstream) replaces(name []byte) bool {
	if !u.reserved.May(name) {
		return false
	}
	for i := range u.fixed {
		if n := u.fixed[i].name; gate.EqualFold(name, n) || gate.Twin(name, n) {
			return true
		}
	}
	return isOwn(name) || forwarded.Claims(name)
}

func isOwn(name []byte) bool {
	for _, n := range own {
		if gate.EqualFold(name, n) || gate.Twin(name, n) {
			return true
		}
	}
	return false
}
