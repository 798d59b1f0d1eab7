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
)

// own are the fields that the transport or this package writes, and those that
// would say the same in other words; what the client sent under these names
// is not forwarded. Nobody in front of the gate is trusted yet, so its word on
// who came before is dropped. Fields of one hop the gate has removed before.
var own = [...]string{
	"Host", "Content-Length", "Transfer-Encoding", "Expect",
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Real-IP",
}

// lists are pooled: net/http keeps nothing of them.
var lists = sync.Pool{New: func() any { return new(fields.List) }}

// setFields gives h the exchange's fields and those of RFC 7239 and RFC 9110
// section 7.6.3. Several fields of one name keep their order.
func setFields(h http.Header, x *gate.Exchange, pseudonym string) {
	h["User-Agent"] = nil // else the transport adds its own
	l := lists.Get().(*fields.List)
	defer lists.Put(l)
	l.Reset()
	l.AddAll(x.Fields, isOwn)
	l.AddAll(x.OutFields, isOwn)
	addForwarding(l, x)
	l.Begin("Via") // behind those that came
	l.Text(strings.TrimPrefix(x.Version, "HTTP/"), " ", pseudonym)
	l.Into(h)
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

func isOwn(name []byte) bool {
	for _, n := range own {
		if gate.EqualFold(name, n) || gate.Twin(name, n) {
			return true
		}
	}
	return false
}

func addForwarding(l *fields.List, x *gate.Exchange) {
	proto := "http"
	if x.Secure {
		proto = "https"
	}
	var buf [48]byte
	addr := x.Peer.Addr().Unmap().WithZone("")
	l.Begin("Forwarded") // RFC 7239 section 4
	if addr.IsValid() {
		open, end := node(addr)
		l.Text("for=", open)
		l.Bytes(addr.AppendTo(buf[:0]))
		l.Text(end, ";")
	}
	if len(x.Host) > 0 {
		quote := quoting(x.Host)
		l.Text("host=", quote)
		l.Bytes(x.Host)
		l.Text(quote, ";")
	}
	l.Text("proto=", proto)
	if len(x.Host) > 0 {
		l.Add("X-Forwarded-Host", x.Host)
	}
	if addr.IsValid() {
		l.Add("X-Forwarded-For", addr.AppendTo(buf[:0]))
	}
	l.Begin("X-Forwarded-Proto")
	l.Text(proto)
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
