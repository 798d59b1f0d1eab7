package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestEnvoyAsks has a client of grpc-go ask in the generated types of Envoy,
// which hold what the gate reads and writes by hand.
func TestEnvoyAsks(t *testing.T) {
	grpc := buildGRPC(t)
	a := ask(t, "protocol: nginx", "protocol: envoy_grpc")
	bearer := "authorization:" + strings.TrimPrefix(honest, "Authorization: ")
	for _, row := range []struct {
		name, target, method string
		fields               []string
		wants                []string
	}{
		{"honest", "/pets?limit=3", "GET", []string{bearer}, []string{"code 0\nok\n", "set X-User: alice false"}},
		{"public", "/open", "GET", nil, []string{"code 0\nok\n"}},
		{"without-token", "/pets", "GET", nil, []string{"code 7\ndenied 401\n", "WWW-Authenticate: Bearer realm=", " false\n", `"code":"credential-missing"`}},
		{"unknown-path", "/admin", "GET", []string{bearer}, []string{"denied 404\n", "Content-Type: application/problem+json"}},
		{"unknown-method", "/pets", "DELETE", []string{bearer}, []string{"denied 405\n", "Allow: "}},
		{"another-user", "/pets", "GET", []string{bearer, "x-user:root"}, []string{"ok\n", "set X-User: alice false"}},
		{"nobody-is-a-user", "/open", "GET", []string{"x-user:root"}, []string{"ok\n", "remove x-user\n"}},
		{"override", "/open", "GET", []string{"x-http-method-override:DELETE"}, []string{"ok\n", "remove x-http-method-override\n"}},
		{"encoded-slash", "/pets/a%2fb", "GET", []string{bearer}, []string{"denied 400\n", `"code":"path-form"`}},
		{"two-tokens", "/pets", "GET", []string{bearer, bearer}, []string{"denied 401\n", `"code":"credential-invalid"`}},
	} {
		for _, how := range []string{"raw", "joined"} {
			t.Run(row.name+"/"+how, func(t *testing.T) {
				out, err := run(t, t.TempDir(), nil, grpc, append([]string{"ask", a.gate, how, row.method, row.target}, row.fields...)...)
				if err != nil {
					t.Fatal(err)
				}
				for _, want := range row.wants {
					if !strings.Contains(out, want) {
						t.Errorf("%s\nlacks %q", out, want)
					}
				}
				if strings.Contains(out, "unclear") || strings.Contains(out, "\nok\n") && strings.Contains(out, "denied") {
					t.Error(out)
				}
			})
		}
	}
	if seen := a.take(); len(seen) > 0 {
		t.Errorf("the API saw %q", seen)
	}
}

// TestTraefikAsks asks with the fields that Traefik sends by forwardAuth.
func TestTraefikAsks(t *testing.T) {
	a := ask(t, "protocol: nginx", "protocol: forward_auth")
	for name, row := range map[string]struct {
		method, target string
		more           []string
		status         int
	}{
		"honest":          {"GET", "/pets?limit=3", []string{honest}, 200},
		"websocket":       {"GET", "/open", []string{"X-Forwarded-Proto: wss"}, 200},
		"without-token":   {"GET", "/pets", nil, 401},
		"unknown-method":  {"DELETE", "/pets", []string{honest}, 405},
		"another-address": {"GET", "/open", []string{"X-Real-Ip: 192.0.2.1"}, 400},
		"two-targets":     {"GET", "/pets", []string{"X-Forwarded-Uri: /open"}, 500},
		"forwarded":       {"GET", "/open", []string{"Forwarded: for=192.0.2.1"}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			fields := []string{"X-Forwarded-Method: " + row.method, "X-Forwarded-Uri: " + row.target, "X-Forwarded-Host: api.test", "X-Forwarded-For: 203.0.113.7",
				"X-Forwarded-Port: 443", "X-Forwarded-Server: edge", "Accept-Encoding: gzip", "User-Agent: curl"}
			joined := strings.Join(row.more, "\n")
			if !strings.Contains(joined, "Proto:") {
				fields = append(fields, "X-Forwarded-Proto: https")
			}
			if !strings.Contains(joined, "X-Real-Ip:") {
				fields = append(fields, "X-Real-Ip: 203.0.113.7")
			}
			status, header, text := speak(t, a.gate, "GET", "/gatehouse", append(fields, row.more...), "")
			if status != row.status || status == 200 && strings.Contains(joined, honest) && header.Get("X-User") != "alice" {
				t.Errorf("%d, want %d: %q %s", status, row.status, header, text)
			}
			if status != http.StatusOK && !strings.Contains(text, `"code":`) {
				t.Errorf("no problem: %s", text)
			}
		})
	}
}
