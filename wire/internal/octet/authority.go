package octet

import (
	"bytes"
	"net/netip"
)

// IsAuthority reports whether v is a host with an optional port as the gate
// reads it: letters, digits, "-", "_", "." or an address in brackets. What
// RFC 3986 section 3.2.2 allows beyond that (percent-encoding, sub-delims,
// an empty port) names no host that anyone serves.
func IsAuthority(v []byte) bool {
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
	return len(name) > 0 && All(name, Host) && isPort(port)
}

// isPort takes nothing or ":" and a number up to 65535.
func isPort(v []byte) bool {
	if len(v) == 0 {
		return true
	}
	n, ok := Number(v[1:])
	return v[0] == ':' && ok && len(v) <= 6 && n <= 65535
}
