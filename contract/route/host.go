package route

import (
	"bytes"
	"net/netip"
	"strings"
)

// maxHost bounds a host name without port (RFC 1035 section 2.3.4: 255).
const maxHost = 255

// hostRoot returns the node of the tree of mounts at which paths on host
// begin; 0, below which nothing is, when there is none.
func (t *Table) hostRoot(m *Match, host []byte) uint32 {
	if len(t.hosts) == 0 {
		return t.anyHost
	}
	host = cutPort(host)
	if len(host) == 0 || len(host) > maxHost {
		return t.anyHost
	}
	name := m.host[:len(host)]
	for i, c := range host {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		name[i] = c
	}
	if n, ok := t.hosts[string(name)]; ok {
		return n
	}
	return t.anyHost
}

// cutPort returns host without port (RFC 9110 section 4.2.3: uri-host
// [":" port]) and without the dot that may end an absolute name.
func cutPort(host []byte) []byte {
	if i := bytes.LastIndexByte(host, ':'); i >= 0 && i > bytes.LastIndexByte(host, ']') {
		for _, c := range host[i+1:] {
			if c < '0' || c > '9' {
				return host
			}
		}
		host = host[:i]
	}
	if n := len(host); n > 1 && host[n-1] == '.' {
		host = host[:n-1]
	}
	return host
}

// canonicalHost returns a configured host as requests are compared with it:
// a lower-case name, or an address as RFC 5952 writes it, IPv6 in brackets.
// It reports false for what no request can name.
func canonicalHost(host string) (string, bool) {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return "[" + addr.String() + "]", ok && err == nil && addr.Is6() && addr.Zone() == ""
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for _, c := range []byte(host) {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-._", rune(c)) {
			return "", false
		}
	}
	return host, host != "" && len(host) <= maxHost
}
