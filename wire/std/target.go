package std

import (
	"bytes"
	"net/netip"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
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
	return len(name) > 0 && octet.All(name, octet.Host) && isPort(port)
}

// isPort takes nothing or ":" and a number up to 65535.
func isPort(v []byte) bool {
	if len(v) == 0 {
		return true
	}
	n, ok := octet.Number(v[1:])
	return v[0] == ':' && ok && len(v) <= 6 && n <= 65535
}
