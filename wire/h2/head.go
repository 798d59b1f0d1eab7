package h2

import (
	"golang.org/x/net/http2/hpack"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// head is one field block: of a request, or its trailer section. Names and
// values are kept in one buffer, of which all fields are views.
type head struct {
	text   []byte
	fields []gate.Field
	size   int // as RFC 9113 section 6.5.2 counts

	method, target, scheme, host []byte
	pseudo                       uint8 // which pseudo-fields stand there
	regular                      bool  // a field that is none came
	trailer                      bool  // this is a trailer section
	hosts                        int   // Host fields
	cookies                      int   // Cookie fields
	lengths                      int   // Content-Length fields
	length                       int64
	expects                      bool

	// malformed is set where RFC 9113 section 8.1.1 wants a stream error; the
	// refusal that broken names goes before it.
	malformed bool
	broken    gate.Code // why it is refused; the first reason
}

// The pseudo-fields of a request (RFC 9113 section 8.3.1).
const (
	hasMethod = 1 << iota
	hasScheme
	hasPath
	hasAuthority
)

// reset empties h for the next block and keeps its buffers.
func (h *head) reset() {
	text, fields := h.text[:0], h.fields[:0]
	if cap(text) > 8<<10 {
		text = nil
	}
	*h = head{text: text, fields: fields}
}

// refuse notes a reason.
func (h *head) refuse(c gate.Code) {
	if h.broken == gate.Undecided {
		h.broken = c
	}
}

// malform notes what RFC 9113 calls malformed.
func (h *head) malform(c gate.Code) {
	h.malformed = true
	h.refuse(c)
}

// keep copies s, which is hpack's.
func (h *head) keep(s string) []byte {
	at := len(h.text)
	h.text = append(h.text, s...)
	return h.text[at:len(h.text):len(h.text)]
}

// add takes one field. It reports false when there is no room for more.
func (h *head) add(f *hpack.HeaderField, l *session.Limits) bool {
	if h.size += len(f.Name) + len(f.Value) + 32; h.size > l.HeadBytes || len(h.fields) >= l.Fields {
		h.refuse(gate.FieldsTooLarge)
		return false
	}
	value := h.keep(f.Value)
	if !octet.All(value, octet.Value) || edged(value) {
		h.malform(gate.Malformed)
	}
	if len(f.Name) > 0 && f.Name[0] == ':' {
		h.addPseudo(f.Name, value)
		return true
	}
	h.regular = true
	name := h.keep(f.Name)
	if !isName(name) {
		h.malform(gate.Malformed)
	}
	h.fields = append(h.fields, gate.Field{Name: name, Value: value})
	h.special(f.Name, value)
	return true
}

// isName reports whether name is a token without upper case (RFC 9113 section
// 8.2.1).
func isName(name []byte) bool {
	for _, b := range name {
		if !octet.Is(b, octet.Token) || 'A' <= b && b <= 'Z' {
			return false
		}
	}
	return len(name) > 0
}

// edged reports whether white space stands at an end of v (RFC 9113 section
// 8.2.1).
func edged(v []byte) bool {
	return len(v) > 0 && (isSpace(v[0]) || isSpace(v[len(v)-1]))
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' }

// addPseudo takes one pseudo-field: each once, before all others (RFC 9113
// section 8.3).
func (h *head) addPseudo(name string, value []byte) {
	var bit uint8
	switch name {
	case ":method":
		bit, h.method = hasMethod, value
	case ":scheme":
		bit, h.scheme = hasScheme, value
	case ":path":
		bit, h.target = hasPath, value
	case ":authority":
		bit, h.host = hasAuthority, value
	}
	if bit == 0 || h.pseudo&bit != 0 || h.regular || h.trailer {
		h.malform(gate.Malformed)
	}
	h.pseudo |= bit
}

// special reads the fields that decide about the message or the connection.
func (h *head) special(name string, value []byte) {
	switch name {
	case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
		h.malform(gate.Malformed) // RFC 9113 section 8.2.2
	case "te":
		if string(value) != "trailers" {
			h.malform(gate.Malformed)
		}
	case "content-length":
		n, ok := octet.Number(value)
		if h.lengths++; h.lengths > 1 || !ok {
			h.malform(gate.LengthConflict)
		}
		h.length = n
	case "host":
		h.hosts++
	case "cookie":
		h.cookies++
	case "expect": // RFC 9110 section 10.1.1: the one that is registered
		if !gate.EqualFold(value, "100-continue") {
			h.refuse(gate.Malformed)
		}
		h.expects = true
	}
}
