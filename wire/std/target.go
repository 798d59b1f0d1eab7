package std

import (
	"bytes"
	"net/netip"

	"github.com/gatehouse-api/gatehouse/gate"
)

var (
	space = []byte(" ")
	colon = []byte(":")
	comma = []byte(",")
	root  = []byte("/")
	star  = []byte("*")
)

// originForm brings the target into origin form. An absolute form must name
// the scheme of the connection and the authority of Host: RFC 9112 section
// 3.2.2 says that it wins over Host, so a difference means that two readers
// would go to two places. The authority form belongs to CONNECT alone, the
// asterisk form to OPTIONS (sections 3.2.3 and 3.2.4).
func (h *head) originForm() gate.Code {
	t := h.target
	switch {
	case t[0] == '/':
		return gate.Undecided
	case len(t) == 1 && t[0] == '*':
		if string(h.method) != "OPTIONS" {
			return gate.Malformed
		}
		return gate.Undecided
	}
	scheme := "http://"
	if h.secure {
		scheme = "https://"
	}
	if len(t) <= len(scheme) || !gate.EqualFold(t[:len(scheme)], scheme) {
		return gate.Malformed
	}
	t = t[len(scheme):]
	end := bytes.IndexAny(t, "/?")
	if end < 0 {
		end = len(t)
	}
	if !bytes.EqualFold(t[:end], h.host) {
		return gate.HostInvalid
	}
	h.absolute = true
	switch t = t[end:]; {
	case len(t) > 0 && t[0] == '/':
		h.target = t
	case len(t) > 0: // "http://host?query": the path is empty, which means "/"
		h.target = append([]byte("/"), t...)
	case string(h.method) == "OPTIONS":
		h.target = star
	default:
		h.target = root
	}
	return gate.Undecided
}

// isAuthority reports whether v is a host with an optional port as the gate
// reads it: letters, digits, "-", "_", "." or an address in brackets. What
// RFC 3986 section 3.2.2 allows beyond that (percent-encoding, sub-delims,
// an empty port) names no host that anyone serves.
func isAuthority(v []byte) bool {
	if len(v) == 0 || len(v) > 261 {
		return false
	}
	if v[0] == '[' {
		end := bytes.IndexByte(v, ']')
		if end < 0 {
			return false
		}
		a, err := netip.ParseAddr(string(v[1:end]))
		return err == nil && a.Is6() && a.Zone() == "" && isPort(v[end+1:])
	}
	name, port := v, []byte(nil)
	if i := bytes.IndexByte(v, ':'); i >= 0 {
		name, port = v[:i], v[i:]
	}
	return len(name) > 0 && all(name, hostByte) && isPort(port)
}

// isPort takes nothing or ":" and a number up to 65535.
func isPort(v []byte) bool {
	if len(v) == 0 {
		return true
	}
	n, ok := number(v[1:])
	return v[0] == ':' && ok && len(v) <= 6 && n <= 65535
}

// Classes of bytes; a byte may be in several.
const (
	tokenByte  = 1 << iota // RFC 9110 section 5.6.2
	valueByte              // RFC 9110 section 5.5: no control characters but HTAB
	targetByte             // visible ASCII without "#": a fragment is never sent
	hostByte
)

var classes = func() (t [256]uint8) {
	for c := range t {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' && c < 0x80
		digit := '0' <= c && c <= '9'
		if letter || digit || bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), byte(c)) >= 0 {
			t[c] |= tokenByte
		}
		if letter || digit || c == '-' || c == '_' || c == '.' {
			t[c] |= hostByte
		}
		if 0x20 < c && c < 0x7f && c != '#' {
			t[c] |= targetByte
		}
		if c == '\t' || 0x20 <= c && c != 0x7f {
			t[c] |= valueByte
		}
	}
	return t
}()

func all(v []byte, class uint8) bool {
	for _, c := range v {
		if classes[c]&class == 0 {
			return false
		}
	}
	return true
}

func isToken(v []byte) bool { return len(v) > 0 && all(v, tokenByte) }
