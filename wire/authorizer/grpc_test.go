package authorizer_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/netip"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/authorizer"
)

// part is a field of a message: a number with text, other parts, or a number.
type part struct {
	number protowire.Number
	value  any // string, []part or int64
}

func encode(parts []part) (b []byte) {
	for _, p := range parts {
		switch v := p.value.(type) {
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, p.number, protowire.BytesType), v)
		case []part:
			b = protowire.AppendBytes(protowire.AppendTag(b, p.number, protowire.BytesType), encode(v))
		case int64:
			b = protowire.AppendVarint(protowire.AppendTag(b, p.number, protowire.VarintType), uint64(v))
		}
	}
	return b
}

func header(name, value string) part { return part{3, []part{{1, name}, {2, value}}} }

// call is the HttpRequest of an honest question.
func call(more ...part) []part {
	return append([]part{{1, "7"}, {2, "GET"}, {4, "/get?a=%41"}, {5, "api.test"}, {6, "https"}, {10, "HTTP/2"},
		header(":method", "GET"), header(":path", "/get?a=%41"), header(":authority", "api.test"), header(":scheme", "https"),
		header("authorization", "Bearer x"), header("accept", "*/*"), header("x-forwarded-for", "192.0.2.9"), header("x-forwarded-proto", "https")}, more...)
}

// without leaves the fields of some numbers out.
func without(parts []part, numbers ...protowire.Number) (kept []part) {
	for _, p := range parts {
		if !strings.ContainsRune(string(runes(numbers)), rune(p.number)) {
			kept = append(kept, p)
		}
	}
	return kept
}

func runes(numbers []protowire.Number) (list []rune) {
	for _, n := range numbers {
		list = append(list, rune(n))
	}
	return list
}

func checkRequest(http []part) []part {
	source := part{1, []part{{1, []part{{1, []part{{2, "203.0.113.7"}, {3, int64(5000)}}}}}}}
	return []part{{1, []part{source, {4, []part{{2, http}}}, {10, []part{{1, "a"}, {2, "b"}}}}}}
}

func framed(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// answered is a CheckResponse as Envoy reads it.
type answered struct {
	code, status int64
	set, client  map[string]string
	remove       []string
	body         string
	trailer      string
}

func decode(t testing.TB, b []byte, f func(n protowire.Number, text []byte, value int64)) {
	for len(b) > 0 {
		n, kind, l := protowire.ConsumeTag(b)
		if l < 0 {
			t.Fatal("no message")
		}
		b = b[l:]
		if kind == protowire.VarintType {
			v, l := protowire.ConsumeVarint(b)
			f(n, nil, int64(v))
			b = b[l:]
			continue
		}
		v, l := protowire.ConsumeBytes(b)
		if l < 0 {
			t.Fatal("no message")
		}
		f(n, v, 0)
		b = b[l:]
	}
}

func (a *answered) Reply(*gate.Exchange) error { panic("gRPC is answered with a body and trailers") }

// Relay reads what is sent as Envoy does.
func (a *answered) Relay(x *gate.Exchange) error {
	if !x.TrailersOpen() || x.Answer.Status != 200 {
		panic("no answer of gRPC")
	}
	for _, list := range [][]gate.Field{x.Answer.Fields, x.Answer.Trailers} {
		for _, f := range list {
			if string(f.Name) == "grpc-status" {
				a.trailer = string(f.Value)
			}
		}
	}
	a.code, a.set, a.client = -1, map[string]string{}, map[string]string{}
	if x.Answer.Body == nil {
		return nil
	}
	b, _ := io.ReadAll(x.Answer.Body)
	if len(b) < 5 || int(binary.BigEndian.Uint32(b[1:])) != len(b)-5 {
		panic("no frame")
	}
	option := func(into map[string]string) func(protowire.Number, []byte, int64) {
		return func(n protowire.Number, text []byte, _ int64) {
			if n != 1 {
				return
			}
			var name, value string
			decode(nil, text, func(n protowire.Number, text []byte, _ int64) {
				if n == 1 {
					name = string(text)
				} else {
					value = string(text)
				}
			})
			into[name] = value
		}
	}
	decode(nil, b[5:], func(n protowire.Number, text []byte, _ int64) {
		switch n {
		case 1:
			decode(nil, text, func(_ protowire.Number, _ []byte, v int64) { a.code = v })
		case 2:
			decode(nil, text, func(n protowire.Number, text []byte, _ int64) {
				switch n {
				case 1:
					decode(nil, text, func(_ protowire.Number, _ []byte, v int64) { a.status = v })
				case 2:
					decode(nil, text, option(a.client))
				case 3:
					a.body = string(text)
				}
			})
		case 3:
			a.status = 200
			decode(nil, text, func(n protowire.Number, text []byte, _ int64) {
				switch n {
				case 2:
					decode(nil, text, option(a.set))
				case 5:
					a.remove = append(a.remove, string(text))
				case 6:
					decode(nil, text, option(a.client))
				}
			})
		}
	})
	return nil
}

// askGRPC sends bytes to the method, or to another one.
func (d *desk) askGRPC(peer, target string, body []byte) *answered {
	x, a := d.Gate.Acquire(), &answered{}
	x.Method, x.Target, x.Host, x.Version = []byte("POST"), []byte(target), []byte("gate.test"), "HTTP/2"
	x.Peer = netip.MustParseAddrPort(peer)
	x.Fields = append(x.Fields, gate.Field{Name: []byte("content-type"), Value: []byte("application/grpc")})
	if body != nil {
		x.Incoming, x.BodyLength = bytes.NewReader(body), -1
	}
	d.seen = ""
	d.asker.Ask(d.shared, x, a)
	d.Gate.Release(x)
	return a
}

const check = "/envoy.service.auth.v3.Authorization/Check"

// TestGRPC asks as Envoy does.
func TestGRPC(t *testing.T) {
	d := open(t, authorizer.Settings{Protocol: authorizer.EnvoyGRPC})
	a := d.askGRPC(proxy, check, framed(encode(checkRequest(call()))))
	if want := "GET api.test/get?a=%41 203.0.113.7 tls accept=*/*"; d.seen != want {
		t.Errorf("the guards saw %q, want %q", d.seen, want)
	}
	if a.code != 0 || a.status != 200 || a.set["X-Caller"] != "alice" || len(a.remove) != 1 || a.remove[0] != "authorization" || a.trailer != "0" {
		t.Errorf("%+v", a)
	}
	if e := d.Event(0); e.Asked != "envoy_grpc" || e.Outcome != gate.Replied || e.Client.String() != "203.0.113.0/24" || !e.Secure {
		t.Errorf("event %+v", e)
	}
	private := append(without(call(), 3, 4), part{4, "/private"})
	if a := d.askGRPC(proxy, check, framed(encode(checkRequest(private)))); a.code != 7 || a.status != 401 || !strings.Contains(a.body, "credential-missing") || len(a.set) > 0 {
		t.Errorf("%+v", a)
	}
	raw := append(without(call(), 3), part{13, []part{{1, []part{{1, "accept"}, {3, "text/html"}}}, {1, []part{{1, "accept"}, {2, "*/*"}}}}})
	if a := d.askGRPC(proxy, check, framed(encode(checkRequest(raw)))); a.status != 200 || !strings.HasSuffix(d.seen, " accept=text/html accept=*/*") {
		t.Errorf("raw headers: %+v, the guards saw %q", a, d.seen)
	}
}

// TestGRPCHostile asks as no Envoy does. Nothing of it is granted.
func TestGRPCHostile(t *testing.T) {
	d := open(t, authorizer.Settings{Protocol: authorizer.EnvoyGRPC})
	honest := encode(checkRequest(call()))
	of := func(parts []part) []byte { return framed(encode(checkRequest(parts))) }
	with := func(number protowire.Number, value any) []byte {
		return of(append(without(call(), 3, number), part{number, value}))
	}
	for _, row := range []struct {
		name   string
		body   []byte
		status int64
	}{
		{"nothing", nil, 500},
		{"empty", []byte{}, 500},
		{"half-a-frame", []byte{0, 0, 0}, 500},
		{"compressed", append([]byte{1}, framed(honest)[1:]...), 500},
		{"longer-than-it-is", framed(honest)[:20], 500},
		{"two-messages", append(framed(honest), framed(honest)...), 500},
		{"huge", []byte{0, 0xff, 0xff, 0xff, 0xff, 1}, 500},
		{"no-message", framed([]byte("GET / HTTP/1.1")), 500},
		{"no-attributes", framed(nil), 500},
		{"attributes-twice", framed(append(bytes.Clone(honest), honest...)), 500},
		{"group", framed([]byte{0x0b, 0x08, 0x01}), 500},
		{"no-source", framed(encode([]part{{1, []part{{4, []part{{2, call()}}}}}})), 500},
		{"pipe", framed(encode([]part{{1, []part{{1, []part{{1, []part{{2, []part{{1, "/run/a.sock"}}}}}}}, {4, []part{{2, call()}}}}}})), 500},
		{"no-method", of(without(call(), 2, 3)), 500},
		{"no-path", of(without(call(), 4, 3)), 500},
		{"no-host", of(without(call(), 5, 3)), 500},
		{"no-scheme", of(without(call(), 6)), 500},
		{"two-methods", of(call(part{2, "GET"})), 500},
		{"two-paths", of(call(part{4, "/get"})), 500},
		{"two-hosts", of(call(part{5, "api.test"})), 500},
		{"another-path-in-the-headers", with(4, "/get?a=%42"), 200}, // without headers nothing contradicts
		{"path-against-header", of(append(without(call(), 4), part{4, "/get"})), 500},
		{"method-against-header", of(append(without(call(), 2), part{2, "HEAD"})), 500},
		{"host-against-header", of(append(without(call(), 5), part{5, "other.test"})), 500},
		{"a-header-twice", of(call(header("accept", "*/*"))), 500},
		{"a-header-twice-in-another-case", of(call(header("Accept", "*/*"))), 500},
		{"both-kinds-of-headers", of(call(part{13, []part{{1, []part{{1, "a"}, {2, "b"}}}}})), 500},
		{"two-values-of-a-header", of(append(without(call(), 3), part{13, []part{{1, []part{{1, "a"}, {2, "b"}, {3, "c"}}}}})), 500},
		{"name-with-a-space", of(call(header("a b", "c"))), 400},
		{"no-name", of(call(header("", "c"))), 400},
		{"line-end-in-a-value", of(call(header("a", "b\r\nc: d"))), 400},
		{"large-header", of(call(header("a", strings.Repeat("b", 40<<10)))), 431},
		{"unknown-method", with(2, "BREW"), 405},
		{"tunnel", with(2, "CONNECT"), 405},
		{"absolute", with(4, "http://api.test/get"), 400},
		{"encoded-slash", with(4, "/%2fget"), 400},
		{"dots", with(4, "/private/../get"), 400},
		{"line-end", with(4, "/get\r\nX: y"), 400},
		{"long", with(4, "/get?a="+strings.Repeat("b", 9<<10)), 414},
		{"host-with-path", with(5, "api.test/get"), 400},
		{"unasked-body", of(call(part{11, "{}"})), 500},
		{"size-below", of(call(part{9, int64(-2)})), 500},
		{"two-sizes", of(call(part{9, int64(0)}, part{9, int64(1)})), 500},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := d.Events()
			a := d.askGRPC(proxy, check, row.body)
			if a.status != row.status || (a.code == 0) != (row.status == 200) || a.trailer != "0" {
				t.Errorf("%+v; the guards saw %q", a, d.seen)
			}
			if e := d.Event(n); e.Asked != "envoy_grpc" || e.Denied != (row.status != 200) {
				t.Errorf("event %+v", e)
			}
		})
	}
	if a := d.askGRPC(proxy, "/grpc.health.v1.Health/Check", framed(nil)); a.trailer != "12" || a.status != 0 {
		t.Errorf("another method: %+v", a)
	}
	if a := d.askGRPC("203.0.113.7:1", check, framed(honest)); a.status != 403 || a.code != 7 {
		t.Errorf("a stranger: %+v", a)
	}
	if h := d.question(t, proxy, honestEnvoy, ""); h.status != 500 {
		t.Errorf("HTTP/1.1: %+v", h)
	}
}

// TestGRPCBody judges a body that comes along.
func TestGRPCBody(t *testing.T) {
	d := open(t, authorizer.Settings{Protocol: authorizer.EnvoyGRPC, Body: true})
	post := func(partial string, more ...part) []byte {
		parts := append(without(call(), 2, 3, 4), part{2, "POST"}, part{4, "/buffer"})
		if partial != "" {
			parts = append(parts, header("x-envoy-auth-partial-body", partial))
		}
		return framed(encode(checkRequest(append(parts, more...))))
	}
	for name, row := range map[string]struct {
		body   []byte
		status int64
	}{
		"text":      {post("false", part{11, "{}"}, part{9, int64(2)}), 200},
		"bytes":     {post("false", part{12, "{}"}, part{9, int64(-1)}), 200},
		"none":      {post("false"), 200},
		"both":      {post("false", part{11, "{}"}, part{12, "{}"}), 500},
		"part":      {post("true", part{11, "{"}), 413},
		"not-said":  {post("", part{11, "{}"}), 500},
		"two-sizes": {post("false", part{11, "{}"}, part{9, int64(3)}), 500},
	} {
		if a := d.askGRPC(proxy, check, row.body); a.status != row.status {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// FuzzCheckRequest reads what a proxy may send. A call that is granted is one
// that an engine would have taken from its client.
func FuzzCheckRequest(f *testing.F) {
	f.Add(encode(checkRequest(call())))
	f.Add(encode(checkRequest(append(without(call(), 3), part{13, []part{{1, []part{{1, "accept"}, {3, "a"}}}}}, part{12, "{}"}))))
	f.Add([]byte{0x0b, 0x08})
	f.Fuzz(func(t *testing.T, message []byte) {
		d := open(t, authorizer.Settings{Protocol: authorizer.EnvoyGRPC})
		a := d.askGRPC(proxy, check, framed(message))
		if a.status == 200 != strings.HasPrefix(d.seen, "GET ") || a.status == 200 && (!strings.Contains(d.seen, "/get") || a.set["X-Caller"] != "alice") {
			t.Errorf("%+v; the guards saw %q", a, d.seen)
		}
		if strings.ContainsAny(d.seen, "\r\n\x00") {
			t.Errorf("the guards saw %q", d.seen)
		}
	})
}

// FuzzQuestion reads the fields that nginx may be made to send.
func FuzzQuestion(f *testing.F) {
	f.Add("GET", "/get", "api.test", "https", "203.0.113.7")
	f.Add("GET\x00", "//get", "[::1]:80", "HTTPS", "::1")
	f.Fuzz(func(t *testing.T, method, target, host, scheme, client string) {
		for _, s := range []*string{&method, &target, &host, &scheme, &client} { // what an engine lets through
			*s = strings.TrimSpace(strings.Map(func(r rune) rune {
				if r < ' ' || r == 0x7f {
					return -1
				}
				return r
			}, *s))
		}
		d := open(t, authorizer.Settings{Protocol: authorizer.Nginx})
		h := d.question(t, proxy, "GET /\nX-Original-Method: "+method+"\nX-Original-URI: "+target+"\nX-Original-Host: "+host+"\nX-Original-Proto: "+scheme+"\nX-Original-Addr: "+client, "")
		if h.status == 200 && !strings.HasPrefix(d.seen, "GET "+host+"/get") {
			t.Errorf("%+v; the guards saw %q", h, d.seen)
		}
	})
}
