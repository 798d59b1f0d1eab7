package authorizer

import (
	"bytes"
	"net/netip"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
	"github.com/gatehouse-api/gatehouse/wire/internal/target"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// carried are the fields in which a protocol carries the call. Each stands once,
// or it is not known which one the proxy has set and which one its client.
type carried struct{ method, target, host, scheme, client string }

var (
	ofNginx       = carried{"X-Original-Method", "X-Original-URI", "X-Original-Host", "X-Original-Proto", "X-Original-Addr"}
	ofForwardAuth = carried{"X-Forwarded-Method", "X-Forwarded-Uri", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For"}
)

// misuse refuses a question that no proxy asks which is set up as documented.
// The client has no part in it, so it is no fault of the client's (RFC 9110
// section 15.6).
func misuse(name, keyword string) gate.Refusal {
	return gate.Refusal{Code: gate.Malformed, Status: 500, In: "header", Name: name, Keyword: keyword,
		Detail: "the proxy in front of the gate does not ask as it should: see the guide on external authorizers"}
}

// one returns the value of a field that must stand once.
func one(x *gate.Exchange, name string) (value []byte, r gate.Refusal) {
	switch value, n := gate.FindField(x.Fields, name); {
	case n == 0 || len(value) == 0:
		return nil, misuse(name, "missing")
	case n > 1:
		return nil, misuse(name, "repeated")
	default:
		return value, gate.Refusal{}
	}
}

// fill takes the call out of its fields, but for the client.
func (c *carried) fill(x *gate.Exchange) (r gate.Refusal) {
	if x.Incoming != nil {
		return misuse("Content-Length", "unexpected")
	}
	scheme := []byte(nil)
	for _, part := range [...]struct {
		name string
		at   *[]byte
	}{{c.method, &x.Method}, {c.target, &x.Target}, {c.host, &x.Host}, {c.scheme, &scheme}} {
		if *part.at, r = one(x, part.name); r.Code != gate.Undecided {
			return r
		}
	}
	x.BodyLength = -1
	return setScheme(x, scheme, c.scheme)
}

// drop takes out of x what was carried: it is no part of the call.
func drop(x *gate.Exchange, names ...string) {
	kept := x.Fields[:0]
	for _, f := range x.Fields {
		if !named(f.Name, names) {
			kept = append(kept, f)
		}
	}
	x.Fields = kept
}

func named(name []byte, names []string) bool {
	for _, n := range names {
		if gate.EqualFold(name, n) {
			return true
		}
	}
	return false
}

func (c *carried) drop(x *gate.Exchange) { drop(x, c.method, c.target, c.host, c.scheme, c.client) }

// setScheme notes how the client came. Traefik says ws and wss of a call that
// asks to switch to websocket.
func setScheme(x *gate.Exchange, scheme []byte, name string) gate.Refusal {
	switch string(bytes.ToLower(scheme)) {
	case "http", "ws":
		x.Secure = false
	case "https", "wss":
		x.Secure = true
	default:
		return misuse(name, "form")
	}
	x.ClientSecure = x.Secure
	return gate.Refusal{}
}

// readNginx reads what the documented snippet sets. nginx says itself who the
// client is, in one address.
func readNginx(_ *live, _ *session.Shared, x *gate.Exchange) gate.Refusal {
	c := &ofNginx
	if r := c.fill(x); r.Code != gate.Undecided {
		return r
	}
	value, r := one(x, c.client)
	if r.Code != gate.Undecided {
		return r
	}
	client, err := netip.ParseAddr(string(value))
	if err != nil {
		return misuse(c.client, "form")
	}
	x.Client, x.Hops = client.Unmap().WithZone(""), x.Hops[:0]
	c.drop(x)
	return gate.Refusal{}
}

// readForwardAuth reads what Caddy and Traefik set.
func readForwardAuth(_ *live, s *session.Shared, x *gate.Exchange) gate.Refusal {
	c := &ofForwardAuth
	if r := c.fill(x); r.Code != gate.Undecided {
		return r
	}
	if r := client(s, x); r.Code != gate.Undecided {
		return r
	}
	c.drop(x)
	dropOwn(x)
	return gate.Refusal{}
}

// client finds who the client is by X-Forwarded-For, which proxies make longer:
// the last one that is no trusted proxy.
func client(s *session.Shared, x *gate.Exchange) gate.Refusal {
	if _, r := one(x, ofForwardAuth.client); r.Code != gate.Undecided {
		return r
	}
	if !s.Proxies.Load().Named(x) {
		return misuse(ofForwardAuth.client, "form")
	}
	return gate.Refusal{}
}

// dropOwn takes out what Traefik sets beside: it says of the client what the
// gate knows, or names a port and a machine of its own.
func dropOwn(x *gate.Exchange) {
	drop(x, "X-Forwarded-Port", "X-Forwarded-Server")
	if v, n := gate.FindField(x.Fields, "X-Real-IP"); n == 1 {
		if a, err := netip.ParseAddr(string(v)); err == nil && a.Unmap().WithZone("") == x.Client {
			drop(x, "X-Real-IP")
		}
	}
}

// fieldHost names the field that the routes do not read and others do.
var fieldHost = []byte("Host")

// judge holds the call to what engines hold the calls of clients to.
func judge(s *session.Shared, x *gate.Exchange) gate.Refusal {
	switch {
	case !octet.IsToken(x.Method):
		return gate.Refusal{Code: gate.Malformed}
	case len(x.Target) > s.Limits.TargetBytes:
		return gate.Refusal{Code: gate.TargetTooLong}
	case !octet.All(x.Target, octet.Target):
		return gate.Refusal{Code: gate.Malformed}
	case x.Target[0] != '/' && (string(x.Target) != "*" || string(x.Method) != "OPTIONS"):
		return gate.Refusal{Code: gate.Malformed} // no proxy says more than the path (RFC 9112 section 3.2.1)
	case !octet.IsAuthority(x.Host):
		return gate.Refusal{Code: gate.HostInvalid}
	}
	if c := target.RefusedMethod(x.Method); c != gate.Undecided {
		return gate.Refusal{Code: c}
	}
	drop(x, "Host", "Content-Length")
	x.Fields = append(x.Fields, gate.Field{Name: fieldHost, Value: x.Host})
	return gate.Refusal{}
}
