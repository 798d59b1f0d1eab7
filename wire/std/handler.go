package std

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/forwarded"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
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
		h := head{method: t.text(r.Method), target: t.text(r.RequestURI), host: t.text(r.Host), secure: r.TLS != nil}
		x.Version, x.Secure, x.TLS = r.Proto, r.TLS != nil, r.TLS
		x.Peer = peerOf(r.RemoteAddr)
		x.Received = time.Now()
		x.Fields = append(x.Fields[:0], gate.Field{Name: nameHost, Value: h.host})
		size := len(h.target)
		for name, values := range r.Header {
			for _, v := range values {
				size += len(name) + len(v)
				if size <= l.HeadBytes && len(x.Fields) <= l.Fields {
					x.Fields = append(x.Fields, gate.Field{Name: t.text(name), Value: t.text(v)})
				}
			}
		}
		broken := h.fromRequest(l, r, size, len(x.Fields))
		x.Method, x.Target, x.Host = h.method, h.target, h.host
		t.settle(x, broken, r.ContentLength)
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

// fromRequest judges what net/http shows of a head.
func (h *head) fromRequest(l *Limits, r *http.Request, size, fields int) gate.Code {
	switch {
	case len(h.target) > l.TargetBytes:
		return gate.TargetTooLong
	case size > l.HeadBytes || fields > l.Fields:
		return gate.FieldsTooLarge
	case !octet.IsToken(h.method) || len(h.target) == 0 || !octet.All(h.target, octet.Target):
		return gate.Malformed
	case len(r.TransferEncoding) > 0 && !r.ProtoAtLeast(1, 1):
		return gate.Malformed
	case len(r.TransferEncoding) > 1:
		return gate.TransferCoding
	case len(r.TransferEncoding) > 0 && r.Header["Content-Length"] != nil:
		return gate.LengthConflict
	case !octet.IsAuthority(h.host):
		return gate.HostInvalid
	}
	if c := refusedMethod(h.method); c != gate.Undecided {
		return c
	}
	return h.originForm()
}

// Handler returns the gate as a handler for a server that is not ours, in front
// of the upstreams of its plan. Such a server has read the head before and
// repairs what Server refuses (see the package's comment). Proxies are those of
// Options. Programs that embed the gate stand on Protect; only tests use
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
