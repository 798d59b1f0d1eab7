package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/fields"
	"github.com/gatehouse-api/gatehouse/wire/internal/forwarded"
)

// own are the fields that the transport or this package writes: what came
// under these names, from the client or a guard, is not forwarded. Fields of
// one hop the gate has removed before, and a guard those by which a client
// could deceive the API otherwise.
var own = [...]string{
	"Host", "Content-Length", "Transfer-Encoding", "Expect",
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix",
}

// lists are pooled: net/http keeps nothing of them.
var lists = sync.Pool{New: func() any { return new(fields.List) }}

// setFields gives h the exchange's fields, those of RFC 7239 and RFC 9110
// section 7.6.3 and the fixed ones. Several fields of one name keep their order.
func (u *Upstream) setFields(h http.Header, x *gate.Exchange) {
	h["User-Agent"] = nil // else the transport adds its own
	l := lists.Get().(*fields.List)
	defer lists.Put(l)
	l.Reset()
	l.AddAll(x.Fields, u.replaces)
	l.AddAll(x.OutFields, u.replaces)
	addForwarding(l, x)
	l.Begin("Via") // behind those that came
	l.Text(strings.TrimPrefix(x.Version, "HTTP/"), " ", u.pseudonym)
	l.Into(h)
	for i := range u.fixed {
		h[u.fixed[i].name] = *u.fixed[i].value
	}
	retrySafe(h)
}

// loops reports whether a Via field says that the request was sent under this
// pseudonym before (RFC 9110 section 7.6.3).
func loops(x *gate.Exchange, pseudonym string) bool {
	for i := range x.Fields {
		f := &x.Fields[i]
		if gate.EqualFold(f.Name, "Via") && bytes.Contains(f.Value, []byte(pseudonym)) {
			return true
		}
	}
	return false
}

// retrySafe renames two fields to lower case: under their usual name the
// transport takes them for the permission to send a POST twice.
func retrySafe(h http.Header) {
	for _, name := range [...]string{"Idempotency-Key", "X-Idempotency-Key"} {
		if v, ok := h[name]; ok {
			delete(h, name)
			h[strings.ToLower(name)] = v
		}
	}
}

// replaces reports whether what came under name gives way to a field of ours,
// or is the client's own word on who it is.
func (u *Upstream) replaces(name []byte) bool {
	for i := range u.fixed {
		if n := u.fixed[i].name; gate.EqualFold(name, n) || gate.Twin(name, n) {
			return true
		}
	}
	return isOwn(name) || forwarded.Claims(name)
}

func isOwn(name []byte) bool {
	for _, n := range own {
		if gate.EqualFold(name, n) || gate.Twin(name, n) {
			return true
		}
	}
	return false
}

// addForwarding says who the client is and by which trusted proxies the call
// came. Of what these sent only what they vouch for goes on: the client that
// the gate found, and not what it claimed of itself before.
func addForwarding(l *fields.List, x *gate.Exchange) {
	proto := "http"
	if x.ClientSecure || x.Secure && !x.Client.IsValid() {
		proto = "https"
	}
	host := x.Host
	if x.ClientHost != nil {
		host = x.ClientHost
	}
	addForwarded(l, x, proto, host)
	if len(host) > 0 {
		l.Add("X-Forwarded-Host", host)
	}
	addAddresses(l, x)
	if p := x.Prefix(); len(p) > 0 {
		l.Add("X-Forwarded-Prefix", p)
	}
	l.Begin("X-Forwarded-Proto")
	l.Text(proto)
}

// addForwarded adds Forwarded (RFC 7239 section 4): one element for each
// address, the first with what the client spoke, the last with what the gate
// was spoken to.
func addForwarded(l *fields.List, x *gate.Exchange, proto string, host []byte) {
	l.Begin("Forwarded")
	peer := x.Peer.Addr().Unmap().WithZone("")
	if x.Client.IsValid() && x.Client != peer {
		addElement(l, x.Client, host, proto)
		for _, hop := range x.Hops {
			l.Text(", ")
			addElement(l, hop, nil, "")
		}
		l.Text(", ")
		host, proto = x.Host, "http"
		if x.Secure {
			proto = "https"
		}
	}
	addElement(l, peer, host, proto)
}

func addElement(l *fields.List, addr netip.Addr, host []byte, proto string) {
	var buf [48]byte
	between := ""
	if addr.IsValid() {
		open, end := node(addr)
		l.Text("for=", open)
		l.Bytes(addr.AppendTo(buf[:0]))
		l.Text(end)
		between = ";"
	}
	if len(host) > 0 {
		quote := quoting(host)
		l.Text(between, "host=", quote)
		l.Bytes(host)
		l.Text(quote)
		between = ";"
	}
	if proto != "" {
		l.Text(between, "proto=", proto)
	}
}

// addAddresses adds X-Forwarded-For: the client, the hops and the peer.
func addAddresses(l *fields.List, x *gate.Exchange) {
	peer := x.Peer.Addr().Unmap().WithZone("")
	if !peer.IsValid() {
		return
	}
	var buf [48]byte
	l.Begin("X-Forwarded-For")
	if x.Client.IsValid() && x.Client != peer {
		l.Bytes(x.Client.AppendTo(buf[:0]))
		for _, hop := range x.Hops {
			l.Text(", ")
			l.Bytes(hop.AppendTo(buf[:0]))
		}
		l.Text(", ")
	}
	l.Bytes(peer.AppendTo(buf[:0]))
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

// unforwarded are the fields of an answer that end here (RFC 9110 section
// 7.6.1). The engine frames the answer anew.
var unforwarded = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Te": true, "Trailer": true,
	"Transfer-Encoding": true, "Upgrade": true, "Content-Length": true,
}

// take fills in x.Answer.
func (c *call) take(x *gate.Exchange, r *http.Response) error {
	if r.StatusCode < 200 || r.StatusCode > 999 {
		// 1xx are not forwarded; 101 was not asked for.
		return &gate.Unavailable{Code: gate.UpstreamBroken, Cause: fmt.Errorf("the API answered with status %d", r.StatusCode)}
	}
	listed := r.Header["Connection"]
	size := 0
	for name, values := range r.Header {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	c.fields = make([]byte, 0, size)
	list := x.Answer.Fields[:0]
	for name, values := range r.Header {
		if unforwarded[name] || listedIn(listed, name) {
			continue
		}
		key := c.text(name)
		for _, v := range values {
			if !validValue(v) {
				return &gate.Unavailable{Code: gate.UpstreamBroken, Cause: errors.New("the API answered with a field that holds control characters")}
			}
			list = append(list, gate.Field{Name: key, Value: c.text(v)})
		}
	}
	x.Answer = gate.Answer{Status: r.StatusCode, Fields: list, Length: r.ContentLength, Body: c}
	return nil
}

func (c *call) text(s string) []byte {
	at := len(c.fields)
	c.fields = append(c.fields, s...)
	return c.fields[at:len(c.fields):len(c.fields)]
}

// listedIn reports whether a Connection field names name.
func listedIn(connection []string, name string) bool {
	for _, line := range connection {
		for option := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(option, " \t"), name) {
				return true
			}
		}
	}
	return false
}

func validValue(v string) bool {
	for i := range len(v) {
		if c := v[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
