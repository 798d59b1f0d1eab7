package binding

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/percent"
)

// sameTarget reports whether htu, of a proof, is where x was sent to, as the
// client sees it: without query and fragment, by syntax and by scheme (RFC 9449
// section 4.3 point 9; RFC 3986 sections 6.2.2 and 6.2.3).
func sameTarget(x *gate.Exchange, htu string) bool {
	secure, authority, path, ok := split([]byte(htu))
	if !ok || secure != x.ClientSecure {
		return false
	}
	own := x.Host
	if x.ClientHost != nil {
		own = x.ClientHost
	}
	if !bytes.EqualFold(trimPort(authority, secure), trimPort(own, secure)) {
		return false
	}
	a, okA := normal(nil, path)
	b, okB := normal(nil, x.Path)
	return okA && okB && bytes.Equal(a, b)
}

// split takes an absolute URI of http or https apart. One with user information
// or without a host is none.
func split(uri []byte) (secure bool, authority, path []byte, ok bool) {
	i := bytes.Index(uri, []byte("://"))
	if i < 0 {
		return false, nil, nil, false
	}
	switch {
	case gate.EqualFold(uri[:i], "https"):
		secure = true
	case !gate.EqualFold(uri[:i], "http"):
		return false, nil, nil, false
	}
	rest := uri[i+3:]
	if n := bytes.IndexAny(rest, "?#"); n >= 0 {
		rest = rest[:n]
	}
	authority = rest
	if n := bytes.IndexByte(rest, '/'); n >= 0 {
		authority, path = rest[:n], rest[n:]
	}
	ok = len(authority) > 0 && !bytes.ContainsAny(authority, "@\\ ")
	return secure, authority, path, ok
}

// trimPort removes the port that the scheme implies, or an empty one (RFC 3986
// section 6.2.3).
func trimPort(authority []byte, secure bool) []byte {
	port := ":80"
	if secure {
		port = ":443"
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(authority, []byte(port)), []byte(":"))
}

// normal appends path as RFC 3986 section 6.2.2 writes it: characters that need
// no escape are decoded, escapes are in upper case, dot segments are resolved. A
// broken escape has no normal form.
func normal(out, path []byte) ([]byte, bool) {
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c != '%' {
			out = append(out, c)
			continue
		}
		c, ok := percent.Octet(path, i)
		if !ok {
			return nil, false
		}
		if isUnreserved(c) {
			out = append(out, c)
		} else {
			out = append(out, '%', hex[c>>4], hex[c&15])
		}
		i += 2
	}
	if out = resolve(out); len(out) == 0 { // RFC 9110 section 4.2.3
		out = append(out, '/')
	}
	return out, true
}

// resolve removes dot segments in place (RFC 3986 section 5.2.4).
func resolve(path []byte) []byte {
	out := path[:0]
	for len(path) > 0 {
		end := bytes.IndexByte(path[1:], '/') + 1
		if end == 0 {
			end = len(path)
		}
		segment, last := path[:end], end == len(path)
		path = path[end:]
		switch string(segment) {
		case "/.":
		case "/..":
			out = out[:max(bytes.LastIndexByte(out, '/'), 0)]
		default:
			out = append(out, segment...)
			last = false
		}
		if last {
			out = append(out, '/')
		}
	}
	return out
}

const hex = "0123456789ABCDEF"

// isUnreserved is RFC 3986 section 2.3.
func isUnreserved(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '-' || c == '.' || c == '_' || c == '~'
}
