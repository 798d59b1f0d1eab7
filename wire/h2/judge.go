package h2

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

var (
	nameHost   = []byte("host")
	nameCookie = []byte("cookie")
)

// judge looks at the complete head of a request.
func (h *head) judge(l *session.Limits, secure bool) {
	if h.broken == gate.FieldsTooLarge { // the rest was not read
		return
	}
	const whole = hasMethod | hasScheme | hasPath
	switch {
	case string(h.method) == "CONNECT" && h.pseudo == hasMethod|hasAuthority:
	case h.pseudo&whole != whole || !octet.IsToken(h.method):
		h.malform(gate.Malformed)
	default:
		h.judgeTarget(l, secure)
	}
	if string(h.method) == "CONNECT" || string(h.method) == "TRACE" { // no contract can open these
		h.refuse(gate.MethodUnknown)
	}
	h.judgeHost()
	if h.cookies > 1 {
		h.joinCookies()
	}
}

// judgeTarget wants origin form (RFC 9113 section 8.3.1) and the scheme of the
// connection: others would take the request for one that came another way.
func (h *head) judgeTarget(l *session.Limits, secure bool) {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	t := h.target
	switch {
	case !gate.EqualFold(h.scheme, scheme):
		h.malform(gate.Malformed)
	case len(t) > l.TargetBytes:
		h.refuse(gate.TargetTooLong)
	case len(t) == 0 || !octet.All(t, octet.Target):
		h.malform(gate.Malformed)
	case t[0] != '/' && (string(t) != "*" || string(h.method) != "OPTIONS"):
		h.malform(gate.Malformed)
	}
}

// judgeHost takes the authority from its pseudo-field or from Host, and wants
// both to say the same (RFC 9113 section 8.3.1). Behind it Host stands once,
// first.
func (h *head) judgeHost() {
	if h.hosts > 0 {
		value, _ := gate.FindField(h.fields, "host")
		if h.pseudo&hasAuthority == 0 {
			h.host = value
		}
		if h.hosts > 1 || !bytes.EqualFold(h.host, value) {
			h.malform(gate.HostInvalid)
		}
		h.without(nameHost)
	}
	if !octet.IsAuthority(h.host) {
		h.refuse(gate.HostInvalid)
	}
	h.fields = append(h.fields, gate.Field{})
	copy(h.fields[1:], h.fields)
	h.fields[0] = gate.Field{Name: nameHost, Value: h.host}
}

// joinCookies makes one field of the crumbs (RFC 9113 section 8.2.3).
func (h *head) joinCookies() {
	at := len(h.text)
	for i := range h.fields {
		if f := &h.fields[i]; bytes.Equal(f.Name, nameCookie) {
			if len(h.text) > at {
				h.text = append(h.text, "; "...)
			}
			h.text = append(h.text, f.Value...)
		}
	}
	h.without(nameCookie)
	h.fields = append(h.fields, gate.Field{Name: nameCookie, Value: h.text[at:len(h.text):len(h.text)]})
}

// without removes the fields of a name.
func (h *head) without(name []byte) {
	kept := h.fields[:0]
	for _, f := range h.fields {
		if !bytes.Equal(f.Name, name) {
			kept = append(kept, f)
		}
	}
	h.fields = kept
}
