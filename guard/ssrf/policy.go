package ssrf

import (
	"bytes"
	"context"
	"net/netip"
	"slices"
	"strings"
)

// Allowed are hosts and networks that are good for a field though they are not
// public.
type Allowed struct {
	Hosts    []string // in small letters; "*.example.com" is every name below
	Networks []netip.Prefix
	Only     bool // nothing else is good, public or not
}

// host reports whether a name is among a.
func (a *Allowed) host(name []byte) bool {
	if a == nil {
		return false
	}
	for _, h := range a.Hosts {
		if end, ok := strings.CutPrefix(h, "*"); ok && len(name) > len(end) && bytes.HasSuffix(name, []byte(end)) || string(name) == h {
			return true
		}
	}
	return false
}

// addr reports whether an address is good.
func (a *Allowed) addr(at netip.Addr) bool {
	if a == nil {
		return Public(at)
	}
	return within(a.Networks, at) || !a.Only && Public(at)
}

// judge says whether t may be reached for a field of c with what is allowed.
func (g *Guard) judge(ctx context.Context, t *target, c class, allow *Allowed) issue {
	switch {
	case t.relative:
		return fine
	case !g.port(t.port):
		return port
	case t.host == nil:
		if !allow.addr(t.addr) {
			return internalHost
		}
		return fine
	case allow.host(t.host):
		return fine
	case allow != nil && allow.Only && len(allow.Networks) == 0:
		return internalHost
	case internal(t.host) && (allow == nil || len(allow.Networks) == 0):
		return internalHost
	case g.resolver == nil:
		return fine
	}
	addrs, bad := g.resolver.resolve(ctx, t.host, g.wait)
	switch {
	case bad == absent && (t.file || c <= tree && !internal(t.host)):
		return fine // a path or words, not a place
	case bad == absent:
		return internalHost // whoever fetches it may have names of its own
	case bad != fine:
		return bad
	}
	for _, a := range addrs {
		if !allow.addr(a) {
			return internalHost
		}
	}
	return fine
}

// port reports whether the gate lets URLs name a port.
func (g *Guard) port(n int) bool {
	if n == 0 {
		return true
	}
	if len(g.ports) > 0 {
		return slices.Contains(g.ports, n)
	}
	return n == 80 || n == 443 || n >= 1024 && !slices.Contains(blocked, n)
}

// blocked are ports above 1023 on which no HTTP is spoken (Fetch standard, port
// blocking), and those of stores that take commands from whoever reaches them.
var blocked = []int{1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
	2375, 2376, 2379, 2380, 3306, 5432, 6379, 9042, 10250, 11211, 27017}
