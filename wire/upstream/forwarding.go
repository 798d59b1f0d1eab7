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
	between := ""
	if addr.IsValid() {
		open, end := node(addr)
		h.text("for=", open)
		h.b = addr.AppendTo(h.b)
		h.text(end)
		between = ";"
	}
	if len(host) > 0 {
		quote := quoting(host)
		h.text(between, "host=", quote)
		h.b = append(h.b, host...)
		h.text(quote)
		between = ";"
	}
	if proto != "" {
		h.text(between, "proto=", proto)
	}
}

// addAddresses adds X-Forwarded-For: the client, the hops and the peer.
func addAddresses(h *head, x *gate.Exchange) {
	peer := x.Peer.Addr().Unmap().WithZone("")
	if !peer.IsValid() {
		return
	}
	h.begin("X-Forwarded-For")
	if x.Client.IsValid() && x.Client != peer {
		h.b = x.Client.AppendTo(h.b)
		for _, hop := range x.Hops {
			h.text(", ")
			h.b = hop.AppendTo(h.b)
		}
		h.text(", ")
	}
	h.b = peer.AppendTo(h.b)
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

// node returns what stands around an address (RFC 7239 section 6).
func node(a netip.Addr) (open, end string) {
	if a.Is6() {
		return `"[`, `]"`
	}
	return "", ""
}
