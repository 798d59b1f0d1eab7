package upstream

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

func TestNew(t *testing.T) {
	for _, row := range []struct{ target, want string }{
		{"http://127.0.0.1:9000", ""}, {"http://api", ""}, {"https://api.test:8443/", ""}, {"http://[::1]:80", ""},
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

// TestTargetThatNoGatePasses asks for targets that the gate refuses today.
// What is sent is the target as it was, or nothing.
func TestTargetThatNoGatePasses(t *testing.T) {
	u := &Upstream{scheme: "http", host: "api"}
	for _, row := range []struct {
		target string
		ok     bool
	}{
		{"//a/b", true}, {"//a?b", true}, {"//a?", true}, {"///", true}, {"//%2F", true}, {"/a//b", true},
		{"//a b", false}, {"//%zz", false}, {"", false}, {"//a\xff", false},
	} {
		c := &call{owner: u}
		err := c.prepare(context.Background(), u, &gate.Exchange{Method: []byte("GET"), OutTarget: []byte(row.target)})
		if (err == nil) != row.ok {
			t.Errorf("%q: %v", row.target, err)
		}
		if err == nil && c.url.RequestURI() != row.target {
			t.Errorf("%q becomes %q", row.target, c.url.RequestURI())
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
		h := map[string][]string{}
		setFields(h, &gate.Exchange{Peer: netip.MustParseAddrPort(row.peer), Host: []byte(row.host), Version: "HTTP/1.0"}, "gatehouse-1")
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
