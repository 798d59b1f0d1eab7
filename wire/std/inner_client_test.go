package std_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/std"
)

// TestProtectTellsTheClient: a handler learns who the client is from the
// connection and from trusted proxies, and never from the client.
func TestProtectTellsTheClient(t *testing.T) {
	proxies := netip.MustParsePrefix("10.0.0.0/8")
	for _, row := range []struct{ name, remote, lines, want string }{
		{"direct", "203.0.113.7:999", "", "203.0.113.7:999"},
		{"direct-mapped", "[::ffff:203.0.113.7]:999", "", "[::ffff:203.0.113.7]:999"},
		{"direct-zoned", "[fe80::1%eth0]:999", "", "[fe80::1%eth0]:999"},
		{"direct-forged", "203.0.113.7:999", "X-Forwarded-For: 198.51.100.1\nX-Forwarded-Proto: https\nX-Forwarded-Host: evil.test\nForwarded: for=198.51.100.1\nX-Real-Ip: 198.51.100.1\nX-Forwarded-Port: 1\nX-Forwarded-Server: evil\nX_forwarded_for: 198.51.100.1\nX-Forwarded-Prefix: /evil",
			"203.0.113.7:999"},
		{"by-a-proxy", "10.0.0.1:999", "X-Forwarded-For: 198.51.100.1, 203.0.113.7\nX-Forwarded-Proto: https\nX-Forwarded-Host: shop.test\nX-Real-Ip: 198.51.100.1",
			"203.0.113.7:0 X-Forwarded-Host=shop.test X-Forwarded-Proto=https"},
		{"by-a-proxy-without-tls", "10.0.0.1:999", "Forwarded: for=203.0.113.7;proto=http", "203.0.113.7:0"},
		{"by-a-proxy-that-is-contradicted", "10.0.0.1:999", "X-Forwarded-For: 203.0.113.7\nX-Forwarded-Proto: https\nForwarded: for=198.51.100.1", "10.0.0.1:999"},
	} {
		t.Run(row.name, func(t *testing.T) {
			next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, r.RemoteAddr)
				for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Real-Ip", "X_forwarded_for"} {
					if v := r.Header[name]; len(v) > 0 {
						fmt.Fprint(w, " ", name, "=", strings.Join(v, "|"))
					}
				}
			})
			r := httptest.NewRequest("GET", "/get", nil)
			r.RemoteAddr = row.remote
			for line := range strings.Lines(row.lines) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
				r.Header[name] = append(r.Header[name], value)
			}
			w := httptest.NewRecorder()
			std.Protect(stage.New(t, nil).Gate, std.Limits{}, nil, next, proxies).ServeHTTP(w, r)
			if got := w.Body.String(); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}
