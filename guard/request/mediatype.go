package request

import (
	"strings"
	"unsafe"

	"github.com/gatehouse-api/gatehouse/gate"
)

// media is a media type as it was written: views of its text.
type media struct {
	main, sub string
	params    [maxMediaParams]mediaParam
	n         int // of params
}

// mediaParam is one parameter; its value stands without quotes.
type mediaParam struct{ name, value string }

const (
	maxMediaParams = 8
	maxMediaBytes  = 256
)

// tokens are the characters of a token (RFC 9110 section 5.6.2).
var tokens = func() (t [256]bool) {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"
	for i := range len(plain) {
		t[plain[i]] = true
	}
	return t
}()

// parseMedia reads a media type strictly (RFC 9110 section 8.3.1): no white
// space beside "/" and "=", no backslash in quotes, no parameter twice. One
// semicolon without a parameter may end it.
func parseMedia(s string) (m media, ok bool) {
	if len(s) > maxMediaBytes {
		return m, false
	}
	if m.main, s = token(s); m.main == "" || s == "" || s[0] != '/' {
		return m, false
	}
	if m.sub, s = token(s[1:]); m.sub == "" {
		return m, false
	}
	for {
		if s = strings.TrimLeft(s, " \t"); s == "" {
			return m, true
		}
		if s[0] != ';' {
			return m, false
		}
		if s = strings.TrimLeft(s[1:], " \t"); s == "" {
			return m, true
		}
		var p mediaParam
		if p, s, ok = parseParam(s); !ok || m.n == maxMediaParams || m.has(p.name) {
			return m, false
		}
		m.params[m.n] = p
		m.n++
	}
}

// parseParam reads name=token or name="text".
func parseParam(s string) (p mediaParam, rest string, ok bool) {
	// A "*" would continue or re-encode another parameter for some readers
	// (RFC 2231 sections 3 and 4).
	if p.name, s = token(s); p.name == "" || s == "" || s[0] != '=' || strings.Contains(p.name, "*") {
		return p, s, false
	}
	if s = s[1:]; s == "" || s[0] != '"' {
		p.value, s = token(s)
		return p, s, p.value != ""
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			p.value = s[1:i]
			return p, s[i+1:], p.value != ""
		case c == '\\', c < 0x20 && c != '\t', c >= 0x7f:
			return p, s, false
		}
	}
	return p, s, false
}

func token(s string) (t, rest string) {
	i := 0
	for i < len(s) && tokens[s[i]] {
		i++
	}
	return s[:i], s[i:]
}

// param returns the value of a parameter; names compare without case.
func (m *media) param(name string) (value string, ok bool) {
	for i := range m.params[:m.n] {
		if strings.EqualFold(m.params[i].name, name) {
			return m.params[i].value, true
		}
	}
	return "", false
}

func (m *media) has(name string) bool {
	_, ok := m.param(name)
	return ok
}

// is reports whether m is main/sub, without regard to parameters.
func (m *media) is(main, sub string) bool {
	return strings.EqualFold(m.main, main) && strings.EqualFold(m.sub, sub)
}

// suffix reports whether the subtype ends with a structured syntax suffix
// (RFC 6839).
func (m *media) suffix(s string) bool {
	return len(m.sub) > len(s) && strings.EqualFold(m.sub[len(m.sub)-len(s):], s)
}

// kind is how bodies of a media type are read.
type kind uint8

const (
	opaqueKind kind = iota // bytes that nobody here reads
	jsonKind
	formKind
	multipartKind // multipart/form-data
	textKind
	xmlKind
	mixedKind // other multipart types
)

// kind says how a body of type m is read.
func (m *media) kind() kind {
	switch {
	case m.is("application", "json"), m.is("text", "json"), m.suffix("+json"):
		return jsonKind
	case m.is("application", "x-www-form-urlencoded"):
		return formKind
	case m.is("multipart", "form-data"):
		return multipartKind
	case strings.EqualFold(m.main, "multipart"):
		return mixedKind
	case m.is("application", "xml"), m.is("text", "xml"), m.suffix("+xml"):
		return xmlKind
	case strings.EqualFold(m.main, "text"):
		return textKind
	}
	return opaqueKind
}

// covers says how closely the declared type or range m fits other: 0 not at all,
// then "*/*", "type/*", the type itself, the type with its parameters.
func (m *media) covers(other *media) int {
	for _, p := range m.params[:m.n] {
		if v, ok := other.param(p.name); !ok || !sameParam(p.name, v, p.value) {
			return 0
		}
	}
	switch {
	case m.main == "*":
		return 1
	case !strings.EqualFold(m.main, other.main):
		return 0
	case m.sub == "*":
		return 2
	case strings.EqualFold(m.sub, other.sub):
		return 3 + m.n
	}
	return 0
}

// sameParam compares values of a parameter; those of charset have no case
// (RFC 9110 section 8.3.2).
func sameParam(name, a, b string) bool {
	if strings.EqualFold(name, "charset") {
		return strings.EqualFold(a, b)
	}
	return a == b
}

// charsetKnown reports whether the charset, when there is one, is UTF-8 or a
// part of it.
func (m *media) charsetKnown() bool {
	v, ok := m.param("charset")
	return !ok || strings.EqualFold(v, "utf-8") || strings.EqualFold(v, "us-ascii")
}

// contentType reads the Content-Type of x. Repeated fields are refused, since
// servers take the first, the last or both joined.
func contentType(x *gate.Exchange) (m media, n int, ok bool) {
	value, n := x.Field("Content-Type")
	if n != 1 || len(value) > maxMediaBytes {
		return m, n, false
	}
	m, ok = parseMedia(view(value))
	return m, n, ok && m.main != "*" && m.sub != "*"
}

// view returns b as a string without copying it. The string must not outlive
// the exchange that b belongs to, and b does not change while it is judged.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
