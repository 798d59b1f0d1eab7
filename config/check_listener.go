package config

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// listeners holds every listener to the rules of its own and of all.
func (d *decoder) listeners(c *Config) {
	taken := make(doors)
	for i := range c.Listeners {
		l := &c.Listeners[i]
		d.listener(l)
		d.authorizer(l)
		if other, ok := taken.take(l.Address); ok {
			d.add("listener-twice", l.At("address").node, "give each listener an address of its own", "the listener on %s already takes this address", other)
		}
	}
	if len(c.Listeners) > 0 && !slices.ContainsFunc(c.Listeners, func(l Listener) bool { return !l.RedirectToHTTPS || l.TLS != nil }) {
		d.add("listener-all-redirect", c.Listeners[0].At("redirect_to_https").node, "add a listener with tls, such as 0.0.0.0:443", "every listener redirects to https, and none lets calls pass")
	}
	if c.Handover != "" {
		if _, ok := taken.take(unixWord + string(c.Handover)); ok {
			d.add("handover-listener", c.At("handover").node, "name another file", "clients reach the gate on this socket")
		}
	}
	if _, ok := taken.take(c.Maintenance.Address); ok {
		d.add("maintenance-listener", c.Maintenance.At("address").node, "give it a port of its own", "clients reach the gate on this address")
	}
	if c.Admin != nil {
		if _, ok := taken.take(c.Admin.Address); ok {
			d.add("admin-listener", c.Admin.At("address").node, "give it a port of its own", "the gate listens on this address for others")
		}
	}
}

// doors are the addresses that are taken: by port and then by plain host, as
// they were written; those that are no host:port under the port "".
type doors map[string]map[string]string

// take takes an address, or returns the one for which it cannot be had at the
// same time. Port 0 takes a free one.
func (taken doors) take(address string) (other string, ok bool) {
	if strings.HasPrefix(address, unixWord) || strings.HasPrefix(address, systemdWord) {
		return taken.put("", address, address)
	}
	host, port, isAddress := cutPort(address)
	if !isAddress || port == "0" {
		return "", false
	}
	host = plainHost(host)
	hosts := taken[port]
	for _, rival := range []string{host, ""} {
		if other, ok = hosts[rival]; ok {
			return other, true
		}
	}
	if host == "" && len(hosts) > 0 {
		return hosts[sortedNames(hosts)[0]], true
	}
	return taken.put(port, host, address)
}

// put takes what nothing but the same can be in the way of.
func (taken doors) put(port, host, address string) (other string, ok bool) {
	if other, ok = taken[port][host]; ok {
		return other, true
	}
	if taken[port] == nil {
		taken[port] = make(map[string]string)
	}
	taken[port][host] = address
	return "", false
}

// plainHost is one spelling for each host, "" for every address.
func plainHost(host string) string {
	a, err := netip.ParseAddr(host)
	switch {
	case err == nil && a.IsUnspecified():
		return ""
	case err == nil:
		return a.Unmap().String()
	case strings.EqualFold(host, "localhost"):
		return "127.0.0.1"
	}
	return strings.ToLower(host)
}

func (d *decoder) listener(l *Listener) {
	if l.TLS != nil {
		d.tls(l.TLS)
	}
	switch {
	case l.TLS != nil && l.RedirectToHTTPS:
		d.add("listener-redirect", l.At("redirect_to_https").node, "remove it here and add a listener without tls, such as 0.0.0.0:80, that redirects", "clients of this listener speak TLS already")
	case l.TLS != nil && l.PlainHTTP:
		d.add("listener-plain", l.At("plain_http").node, "remove it, or remove tls", "this listener speaks TLS, so plain_http has no meaning")
	}
	if l.TLS != nil && l.HTTP2 == HTTP2Plain {
		d.add("listener-http2", l.At("http2").node, "remove it", "this listener speaks TLS, where clients choose HTTP/2 in the handshake, so plain has no meaning")
	}
	if l.has("https_port") && !l.RedirectToHTTPS && !l.broken("redirect_to_https", source.Bool) {
		d.add("listener-port", l.At("https_port").node, "set redirect_to_https: true, or remove it", "https_port has no meaning without redirect_to_https")
	}
	d.notEveryone(l.TrustedProxies, l.At("trusted_proxies"))
	unix := strings.HasPrefix(l.Address, unixWord)
	if l.has("socket_access") && l.Address != "" && !unix {
		d.add("listener-access", l.At("socket_access").node, "remove it", "socket_access has no meaning where there is no Unix socket")
	}
	d.senders(l, unix)
}

// senders holds whom the gate believes in the PROXY protocol to the rules.
func (d *decoder) senders(l *Listener, unix bool) {
	p := l.ProxyProtocol
	if p == nil || p.node == nil || l.Address == "" {
		return
	}
	d.notEveryone(p.From, p.At("from"))
	nobody := !p.broken("from", source.Array) && len(p.From) == 0
	switch {
	case unix && len(p.From) > 0:
		d.add("listener-from", p.At("from").node, "remove from: whoever may connect to the socket must send the header", "clients of a Unix socket have no network")
	case !unix && nobody && !strings.HasPrefix(l.Address, systemdWord):
		d.add("listener-from", p.node, "name the networks of your load balancers: from: [10.0.0.0/8]", "from names no network, so that nobody is believed")
	}
}

// notEveryone finds networks that are everybody.
func (d *decoder) notEveryone(list []netip.Prefix, at Place) {
	for _, p := range list {
		if p.IsValid() && p.Bits() == 0 {
			d.add("listener-everyone", at.node, "name the networks of your proxies alone", "%s is everybody, so that every client could say that it is another one", p)
		}
	}
}
