package upstream

import (
	"bufio"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

func TestNew(t *testing.T) {
	for _, row := range []struct{ target, want string }{
		{"http://127.0.0.1:9000", ""}, {"http://api", ""}, {"https://api.test:8443/", ""}, {"http://[::1]:80", ""}, {"unix:/run/api.sock", ""},
		{"unix:run/api.sock", "socket"}, {"unix://host/api.sock", "socket"}, {"unix:/run/api.sock?x", "socket"}, {"unix:", "socket"},
		{"api:9000", "scheme"}, {"ftp://api", "scheme"}, {"//api", "scheme"}, {"http://", "no host"}, {"http://:80", "no host"},
		{"http://u:p@api", "user"}, {"http://api/v1", "path"}, {"http://api/?x", "path"}, {"http://api/#x", "path"}, {"http://api?", "path"},
	} {
		u, err := url.Parse(row.target)
		if err != nil {
			t.Fatal(err)
		}
		_, err = New(u, Options{})
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.target, err, row.want)
		}
		if err != nil && strings.Contains(err.Error(), ":p@") {
			t.Errorf("%s: the error shows a password", row.target)
		}
	}
}

// made returns an upstream that is never connected.
func made(t testing.TB, o Options) *Upstream {
	t.Helper()
	u, err := New(&url.URL{Scheme: "http", Host: "api"}, o)
	if err != nil {
		t.Fatal(err)
	}
	u.pseudonym = []byte("gatehouse-1")
	return u
}

// written returns the head that is sent for x.
func written(t testing.TB, u *Upstream, x *gate.Exchange) (string, error) {
	t.Helper()
	c := &call{owner: u}
	err := c.write(x)
	return string(c.out), err
}

// headers returns the fields that are sent for x.
func headers(t testing.TB, u *Upstream, x *gate.Exchange) http.Header {
	t.Helper()
	x.Method, x.OutTarget = []byte("GET"), []byte("/")
	head, err := written(t, u, x)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
	if err != nil {
		t.Fatal(err)
	}
	return r.Header
}

// TestTargetThatNoGatePasses asks for targets that the gate refuses today.
// What is sent is the target as it was, or nothing.
func TestTargetThatNoGatePasses(t *testing.T) {
	u := made(t, Options{})
	for _, row := range []struct {
		target string
		ok     bool
	}{
		{"//a/b", true}, {"//a?b", true}, {"//a?", true}, {"///", true}, {"//%2F", true}, {"/a//b", true}, {"//%zz", true}, {"*", true},
		{"//a b", false}, {"", false}, {"//a\xff", false}, {"/a#b", false}, {"/a\r\nX: y", false}, {"/a\tb", false},
	} {
		head, err := written(t, u, &gate.Exchange{Method: []byte("GET"), OutTarget: []byte(row.target)})
		if (err == nil) != row.ok {
			t.Errorf("%q: %v", row.target, err)
		}
		if err == nil && !strings.HasPrefix(head, "GET "+row.target+" HTTP/1.1\r\nHost: api\r\n") {
			t.Errorf("%q becomes %q", row.target, head)
		}
	}
}

// TestNoLineInAField wants nothing sent when anything that is forwarded, from
// wherever, would begin a line of its own.
func TestNoLineInAField(t *testing.T) {
	u := made(t, Options{})
	for _, evil := range []string{"a\r\nX: y", "a\nX: y", "a\rX: y", "a\x00b", "a\r\n\r\nGET / HTTP/1.1"} {
		for i, x := range []gate.Exchange{
			{Fields: []gate.Field{{Name: []byte("A"), Value: []byte(evil)}}},
			{OutFields: []gate.Field{{Name: []byte("A"), Value: []byte(evil)}}},
			{OutFields: []gate.Field{{Name: []byte(evil), Value: []byte("a")}}},
			{Host: []byte(evil)},
			{ClientHost: []byte(evil), Client: netip.MustParseAddr("192.0.2.1")},
			{Upgrade: []byte(evil)},
		} {
			x.Method, x.OutTarget = []byte("GET"), []byte("/")
			if head, err := written(t, u, &x); err == nil {
				t.Errorf("way %d: sent %q", i, head)
			}
		}
	}
}

// TestForwarded follows RFC 7239.
func TestForwarded(t *testing.T) {
	for _, row := range []struct{ peer, host, forwarded, client string }{
		{"192.0.2.1:5", "a.test", "for=192.0.2.1;host=a.test;proto=http", "192.0.2.1"},
		{"192.0.2.1:5", "a.test:80", `for=192.0.2.1;host="a.test:80";proto=http`, "192.0.2.1"},
		{"[2001:db8::1]:5", "[::1]", `for="[2001:db8::1]";host="[::1]";proto=http`, "2001:db8::1"},
		{"[::ffff:192.0.2.1]:5", "a", "for=192.0.2.1;host=a;proto=http", "192.0.2.1"},
		{"[fe80::1%eth0]:5", "a", `for="[fe80::1]";host=a;proto=http`, "fe80::1"},
	} {
		h := headers(t, made(t, Options{}), &gate.Exchange{Peer: netip.MustParseAddrPort(row.peer), Host: []byte(row.host), Version: "HTTP/1.0"})
		if got := h["Forwarded"]; len(got) != 1 || got[0] != row.forwarded {
			t.Errorf("%s: Forwarded %q, want %q", row.peer, got, row.forwarded)
		}
		if got := h["X-Forwarded-For"]; len(got) != 1 || got[0] != row.client {
			t.Errorf("%s: X-Forwarded-For %q, want %q", row.peer, got, row.client)
		}
		if got := h["Via"]; len(got) != 1 || got[0] != "1.0 gatehouse-1" {
			t.Errorf("Via %q", got)
		}
	}
}

// TestForwardedByProxies writes who the client is and nothing that it claimed
// before.
func TestForwardedByProxies(t *testing.T) {
	addr := netip.MustParseAddr
	for _, row := range []struct {
		name      string
		x         gate.Exchange
		forwarded string
		older     [4]string // X-Forwarded-For, -Host, -Proto and -Prefix
	}{
		{"the-peer-itself", gate.Exchange{Client: addr("10.0.0.1"), Secure: true, ClientSecure: true},
			"for=10.0.0.1;host=api.test;proto=https", [4]string{"10.0.0.1", "api.test", "https", ""}},
		{"the-peer-itself-without-tls-before-it", gate.Exchange{Client: addr("10.0.0.1"), ClientSecure: true},
			"for=10.0.0.1;host=api.test;proto=https", [4]string{"10.0.0.1", "api.test", "https", ""}},
		{"one-proxy", gate.Exchange{Client: addr("203.0.113.7"), ClientSecure: true},
			"for=203.0.113.7;host=api.test;proto=https, for=10.0.0.1;host=api.test;proto=http", [4]string{"203.0.113.7, 10.0.0.1", "api.test", "https", ""}},
		{"one-proxy-that-ends-no-tls", gate.Exchange{Client: addr("203.0.113.7"), Secure: true},
			"for=203.0.113.7;host=api.test;proto=http, for=10.0.0.1;host=api.test;proto=https", [4]string{"203.0.113.7, 10.0.0.1", "api.test", "http", ""}},
		{"three-proxies-and-a-host", gate.Exchange{Client: addr("2001:db8::7"), Hops: []netip.Addr{addr("10.0.0.3"), addr("2001:db8::2")}, ClientHost: []byte("shop.test:8443")},
			`for="[2001:db8::7]";host="shop.test:8443";proto=http, for=10.0.0.3, for="[2001:db8::2]", for=10.0.0.1;host=api.test;proto=http`,
			[4]string{"2001:db8::7, 10.0.0.3, 2001:db8::2, 10.0.0.1", "shop.test:8443", "http", ""}},
		{"a-prefix", gate.Exchange{Client: addr("10.0.0.1"), API: &gate.API{StripSegments: 2}, Path: []byte("/a/b%20c/d")},
			"for=10.0.0.1;host=api.test;proto=http", [4]string{"10.0.0.1", "api.test", "http", "/a/b%20c"}},
		{"no-prefix", gate.Exchange{Client: addr("10.0.0.1"), API: &gate.API{}, Path: []byte("/a/b")},
			"for=10.0.0.1;host=api.test;proto=http", [4]string{"10.0.0.1", "api.test", "http", ""}},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := row.x
			x.Peer, x.Host, x.Version = netip.MustParseAddrPort("10.0.0.1:80"), []byte("api.test"), "HTTP/1.1"
			for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "x-forwarded-proto", "X-Forwarded-Prefix", "X_Forwarded_For", "X-Forwarded-Port", "x-forwarded-server", "X-Real-IP", "X_Real_IP"} {
				x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte("forged")})
			}
			h := headers(t, made(t, Options{}), &x)
			got := [4]string{}
			for i, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix"} {
				got[i] = strings.Join(h[name], "|")
			}
			if f := h["Forwarded"]; len(f) != 1 || f[0] != row.forwarded {
				t.Errorf("Forwarded %q, want %q", f, row.forwarded)
			}
			if got != row.older {
				t.Errorf("got %q, want %q", got, row.older)
			}
			if s := fmt.Sprint(h); strings.Contains(s, "forged") {
				t.Errorf("what came goes on: %s", s)
			}
		})
	}
}
