package upstream

import (
	"bytes"
	"net/netip"

	"github.com/gatehouse-api/gatehouse/gate"
)

// addForwarding says who the client is and by which trusted proxies the call
// came. Of what these sent only what they vouch for goes on: the client that
// the gate found, and not what it claimed of itself before.
func addForwarding(h *head, x *gate.Exchange) {
	proto := "http"
	if x.ClientSecure || x.Secure && !x.Client.IsValid() {
		proto = "https"
	}
	host := x.Host
	if x.ClientHost != nil {
		host = x.ClientHost
	}
	addForwarded(h, x, proto, host)
	if len(host) > 0 {
		h.begin("X-Forwarded-Host")
		h.b = append(h.b, host...)
		h.end()
	}
	addAddresses(h, x)
	if p := x.Prefix(); len(p) > 0 {
		h.begin("X-Forwarded-Prefix")
		h.b = append(h.b, p...)
		h.end()
	}
	h.begin("X-Forwarded-Proto")
	h.text(proto)
	h.end()
}

// addForwarded adds Forwarded (RFC 7239 section 4): one element for each
// address, the first with what the client spoke, the last with what the gate
// was spoken to.
func addForwarded(h *head, x *gate.Exchange, proto string, host []byte) {
	h.begin("Forwarded")
	peer := x.Peer.Addr().Unmap().WithZone("")
	if x.Client.IsValid() && x.Client != peer {
		addElement(h, x.Client, host, proto)
		for _, hop := range x.Hops {
			h.text(", ")
			addElement(h, hop, nil, "")
		}
		h.text(", ")
		host, proto = x.Host, "http"
		if x.Secure {
			proto = "https"
		}
	}
	addElement(h, peer, host, proto)
	h.end()
}

func addElement(h *head, addr netip.Addr, host []byte, proto string) {
	start := len(h.b)
	if addr.IsValid() {
		h.part(start, "for=")
		addNode(h, addr)
	}
	if len(host) > 0 {
		quote := quoting(host)
		h.part(start, "host=")
		h.text(quote)
		h.b = append(h.b, host...)
		h.text(quote)
	}
	if proto != "" {
		h.part(start, "proto=")
		h.text(proto)
	}
}

// part begins a part of the element that began at start.
func (h *head) part(start int, name string) {
	if len(h.b) > start {
		h.b = append(h.b, ';')
	}
	h.text(name)
}

// addNode adds an address, those of IPv6 as RFC 7239 section 6 quotes them.
func addNode(h *head, a netip.Addr) {
	if a.Is6() {
		h.text(`"[`)
		h.b = appendAddr(h.b, a)
		h.text(`]"`)
		return
	}
	h.b = appendAddr(h.b, a)
}

// addAddresses adds X-Forwarded-For: the client, the hops and the peer.
func addAddresses(h *head, x *gate.Exchange) {
	peer := x.Peer.Addr().Unmap().WithZone("")
	if !peer.IsValid() {
		return
	}
	h.begin("X-Forwarded-For")
	if x.Client.IsValid() && x.Client != peer {
		h.b = appendAddr(h.b, x.Client)
		for _, hop := range x.Hops {
			h.text(", ")
			h.b = appendAddr(h.b, hop)
		}
		h.text(", ")
	}
	h.b = appendAddr(h.b, peer)
	h.end()
}

// quoting returns the quotes that a host needs, which is what is no token in
// RFC 7239 section 4. Hosts hold neither quotes nor backslashes.
func quoting(host []byte) string {
	if bytes.ContainsAny(host, ":[]") {
		return `"`
	}
	return ""
}

// appendAddr appends a, which has no zone. Addresses of IPv6 need much of a
// stack, which a connection keeps: others must not pay for it.
func appendAddr(b []byte, a netip.Addr) []byte {
	if !a.Is4() {
		return appendWide(b, a)
	}
	for i, n := range a.As4() {
		if i > 0 {
			b = append(b, '.')
		}
		if n >= 100 {
			b = append(b, '0'+n/100)
		}
		if n >= 10 {
			b = append(b, '0'+n/10%10)
		}
		b = append(b, '0'+n%10)
	}
	return b
}

//go:noinline
func appendWide(b []byte, a netip.Addr) []byte { return a.AppendTo(b) }
