package std

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/forwarded"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
	"github.com/gatehouse-api/gatehouse/wire/internal/target"
)

// text keeps a string in the turn's buffer and returns the view.
func (t *turn) text(s string) []byte {
	at := len(t.buf)
	t.buf = append(t.buf, s...)
	return t.buf[at:len(t.buf):len(t.buf)]
}

// fromRequest fills x from what net/http made of a request in a server that
// is not ours. Of the framing only that is refused here what net/http shows.
func fromRequest(l *Limits, proxies []netip.Prefix) func(t *turn, x *gate.Exchange) {
	trust := forwarded.New(proxies)
	return func(t *turn, x *gate.Exchange) {
		r := t.r
		t.recheck = l.Recheck
		x.Method, x.Target, x.Host = t.text(r.Method), t.text(r.RequestURI), t.text(r.Host)
		x.Version, x.Secure, x.TLS = r.Proto, r.TLS != nil, r.TLS
		x.Peer = peerOf(r.RemoteAddr)
		x.Received = time.Now()
		x.Fields = append(x.Fields[:0], gate.Field{Name: nameHost, Value: x.Host})
		size := len(x.Target)
		for name, values := range r.Header {
			for _, v := range values {
				size += len(name) + len(v)
				if size <= l.HeadBytes && len(x.Fields) <= l.Fields {
					x.Fields = append(x.Fields, gate.Field{Name: t.text(name), Value: t.text(v)})
				}
			}
		}
		t.settle(x, judge(l, x, r, size), r.ContentLength)
		trust.Resolve(x)
	}
}

var nameHost = []byte("Host")

// peerOf reads RemoteAddr, of which handlers in front that look for the client
// often leave no port.
func peerOf(remote string) netip.AddrPort {
	if peer, err := netip.ParseAddrPort(remote); err == nil {
		return peer
	}
	addr, err := netip.ParseAddr(remote)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr, 0)
}

// judge judges what net/http shows of a head, of that many bytes, and brings
// the target into origin form.
func judge(l *Limits, x *gate.Exchange, r *http.Request, size int) (broken gate.Code) {
	switch {
	case len(x.Target) > l.TargetBytes:
		return gate.TargetTooLong
	case size > l.HeadBytes || len(x.Fields) > l.Fields:
		return gate.FieldsTooLarge
	case !octet.IsToken(x.Method) || len(x.Target) == 0 || !octet.All(x.Target, octet.Target):
		return gate.Malformed
	case len(r.TransferEncoding) > 0 && !r.ProtoAtLeast(1, 1):
		return gate.Malformed
	case len(r.TransferEncoding) > 1:
		return gate.TransferCoding
	case len(r.TransferEncoding) > 0 && r.Header["Content-Length"] != nil:
		return gate.LengthConflict
	case !octet.IsAuthority(x.Host):
		return gate.HostInvalid
	}
	if c := target.RefusedMethod(x.Method); c != gate.Undecided {
		return c
	}
	x.Target, broken = target.Origin(x.Method, x.Target, x.Host, x.Secure)
	return broken
}

// Handler returns the gate as a handler for a server that is not ours, in front
// of the upstreams of its plan. Such a server has read the head before and
// repairs what package h1 refuses (see the package's comment). Proxies are those
// whose word on who the client is is taken. Programs that embed the gate stand on Protect; only tests use
// Handler.
func Handler(g *gate.Gate, l Limits, proxies ...netip.Prefix) http.Handler {
	l = l.WithDefaults()
	fill := fromRequest(&l, proxies)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := turns.Get().(*turn)
		t.w, t.r = w, r
		t.serve(g, fill)
	})
}
