// Package media reads media types, strictly and without copying, and says how
// a body of a type is read. The guards of requests and of answers import it; it
// knows nothing of exchanges.
package media

import (
	"math"
	"strings"
	"unsafe"
)

// Type is a media type as it was written: views of its text. It is small, since
// a connection's stack holds copies of it.
type Type struct {
	Main, Sub string
	text      string
	params    [maxParams]param
	n         uint8 // of params
}

// param is where a parameter stands in the text of its type; the value is
// without quotes.
type param struct{ name, nameEnd, value, valueEnd uint8 }

const (
	maxParams = 8
	maxBytes  = math.MaxUint8
)

// Tokens are the characters of a token (RFC 9110 section 5.6.2).
var Tokens = func() (t [256]bool) {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"
	for i := range len(plain) {
		t[plain[i]] = true
	}
	return t
}()

// Parse reads a media type strictly (RFC 9110 section 8.3.1): no white
// space beside "/" and "=", no backslash in quotes, no parameter twice. One
// semicolon without a parameter may end it.
func Parse(s string) (m Type, ok bool) {
	if len(s) > maxBytes {
		return m, false
	}
	m.text = s
	if m.Main, s = token(s); m.Main == "" || s == "" || s[0] != '/' {
		return m, false
	}
	if m.Sub, s = token(s[1:]); m.Sub == "" {
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
		var name, value string
		at := len(m.text) - len(s)
		if name, value, s, ok = parseParam(s); !ok || m.n == maxParams || m.Has(name) {
			return m, false
		}
		end := len(m.text) - len(s)
		if m.text[end-1] == '"' {
			end--
		}
		m.params[m.n] = param{uint8(at), uint8(at + len(name)), uint8(end - len(value)), uint8(end)}
		m.n++
	}
}

// parseParam reads name=token or name="text".
func parseParam(s string) (name, value, rest string, ok bool) {
	// A "*" would continue or re-encode another parameter for some readers
	// (RFC 2231 sections 3 and 4).
	if name, s = token(s); name == "" || s == "" || s[0] != '=' || strings.Contains(name, "*") {
		return name, "", s, false
	}
	if s = s[1:]; s == "" || s[0] != '"' {
		value, s = token(s)
		return name, value, s, value != ""
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			value = s[1:i]
			return name, value, s[i+1:], value != ""
		case c == '\\', c < 0x20 && c != '\t', c >= 0x7f:
			return name, "", s, false
		}
	}
	return name, "", s, false
}

func token(s string) (t, rest string) {
	i := 0
	for i < len(s) && Tokens[s[i]] {
		i++
	}
	return s[:i], s[i:]
}

// Param returns the value of a parameter; names compare without case.
func (m *Type) Param(name string) (value string, ok bool) {
	for _, p := range m.params[:m.n] {
		if strings.EqualFold(m.text[p.name:p.nameEnd], name) {
			return m.text[p.value:p.valueEnd], true
		}
	}
	return "", false
}

// Has reports whether m has a parameter.
func (m *Type) Has(name string) bool {
	_, ok := m.Param(name)
	return ok
}

// Is reports whether m is main/sub, without regard to parameters.
func (m *Type) Is(main, sub string) bool {
	return strings.EqualFold(m.Main, main) && strings.EqualFold(m.Sub, sub)
}

// Suffix reports whether the subtype ends with a structured syntax suffix
// (RFC 6839).
func (m *Type) Suffix(s string) bool {
	return len(m.Sub) > len(s) && strings.EqualFold(m.Sub[len(m.Sub)-len(s):], s)
}

// Kind is how bodies of a media type are read.
type Kind uint8

// The kinds of bodies.
const (
	Opaque Kind = iota // bytes that nobody here reads
	JSON
	Form
	Multipart // multipart/form-data
	Text
	XML
	Mixed // other multipart types
)

// Legible reports whether bodies of the kind are text throughout, which can be
// read even where no schema describes them.
func (k Kind) Legible() bool { return k == JSON || k == Form || k == XML || k == Text }

// Kind says how a body of type m is read.
func (m *Type) Kind() Kind {
	switch {
	case m.Is("application", "json"), m.Is("text", "json"), m.Suffix("+json"):
		return JSON
	case m.Is("application", "x-www-form-urlencoded"):
		return Form
	case m.Is("multipart", "form-data"):
		return Multipart
	case strings.EqualFold(m.Main, "multipart"):
		return Mixed
	case m.Is("application", "xml"), m.Is("text", "xml"), m.Suffix("+xml"):
		return XML
	case strings.EqualFold(m.Main, "text"):
		return Text
	}
	return Opaque
}

// Covers says how closely the declared type or range m fits other: 0 not at all,
// then "*/*", "type/*", the type itself, the type with its parameters.
func (m *Type) Covers(other *Type) int {
	for _, p := range m.params[:m.n] {
		name := m.text[p.name:p.nameEnd]
		if v, ok := other.Param(name); !ok || !sameParam(name, v, m.text[p.value:p.valueEnd]) {
			return 0
		}
	}
	switch {
	case m.Main == "*":
		return 1
	case !strings.EqualFold(m.Main, other.Main):
		return 0
	case m.Sub == "*":
		return 2
	case strings.EqualFold(m.Sub, other.Sub):
		return 3 + m.Params()
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

// Params returns how many parameters m has.
func (m *Type) Params() int { return int(m.n) }

// CharsetKnown reports whether the charset, when there is one, is UTF-8 or a
// part of it.
func (m *Type) CharsetKnown() bool {
	v, ok := m.Param("charset")
	return !ok || strings.EqualFold(v, "utf-8") || strings.EqualFold(v, "us-ascii")
}

// Read reads the value of a Content-Type field: a type, not a range.
func Read(value []byte) (m Type, ok bool) {
	if len(value) > maxBytes {
		return m, false
	}
	m, ok = Parse(View(value))
	return m, ok && m.Main != "*" && m.Sub != "*"
}

// View returns b as a string without copying it. The string must not outlive
// the exchange that b belongs to, and b does not change while it is judged.
func View(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
