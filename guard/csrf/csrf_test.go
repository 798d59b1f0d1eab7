package csrf_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
)

const accounts = `openapi: 3.1.0
info: {title: Accounts, version: 1.0.0}
paths:
  /accounts:
    get: {security: [session: []], responses: {"204": {description: Done}}}
    post: {security: [session: [], token: []], responses: {"204": {description: Done}}}
    delete: {security: [token: []], responses: {"204": {description: Done}}}
components:
  securitySchemes:
    session: {type: apiKey, in: cookie, name: sid}
    token: {type: http, scheme: bearer}
`

type call struct {
	method, host string
	secure       bool
	fields       []string // name, value, ...
}

func (c call) made(t testing.TB, s *stage.Stage) string {
	t.Helper()
	x := s.Gate.Acquire()
	defer s.Gate.Release(x)
	x.Method, x.Target, x.Host, x.Version = []byte(c.method), []byte("/accounts"), []byte(c.host), "HTTP/1.1"
	if x.ClientSecure = c.secure; c.host == "" {
		x.Host = []byte("api.example.com")
	}
	for i := 0; i < len(c.fields); i += 2 {
		x.Fields = append(x.Fields, gate.Field{Name: []byte(c.fields[i]), Value: []byte(c.fields[i+1])})
	}
	w := &wire{}
	s.Gate.Serve(x, w)
	return w.body
}

type wire struct{ body string }

func (w *wire) Reply(x *gate.Exchange) error { w.body = string(x.Reply.Body); return nil }
func (w *wire) Relay(*gate.Exchange) error   { return nil }

func newStage(t testing.TB, o gatehouse.Options) *stage.Stage {
	s := stage.New(t, accounts, gatehouse.API{Options: o})
	s.API = func(x *gate.Exchange) { x.Answer.Status = 204 }
	return s
}

// TestGuard makes calls as browsers, pages of attackers and programs do.
func TestGuard(t *testing.T) {
	sid := []string{"Cookie", "a=b; sid=1"}
	with := func(fields ...string) []string { return append(append([]string{}, sid...), fields...) }
	cors := &gatehouse.CORS{Origins: []string{"https://app.example.net"}, Credentials: true}
	rows := []struct {
		name    string
		o       gatehouse.Options
		call    call
		refused bool
	}{
		{"own-page", gatehouse.Options{}, call{method: "POST", fields: with("Sec-Fetch-Site", "same-origin", "Origin", "https://api.example.com")}, false},
		{"typed-in", gatehouse.Options{}, call{method: "POST", fields: with("Sec-Fetch-Site", "none")}, false},
		{"other-site", gatehouse.Options{}, call{method: "POST", fields: with("Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")}, true},
		{"sister-site", gatehouse.Options{}, call{method: "POST", fields: with("Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com")}, true},
		{"unknown-word", gatehouse.Options{}, call{method: "POST", fields: with("Sec-Fetch-Site", "Same-Origin")}, true},
		{"two-words", gatehouse.Options{}, call{method: "POST", fields: with("Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "cross-site")}, true},
		{"two-origins", gatehouse.Options{}, call{method: "POST", fields: with("Origin", "https://api.example.com", "Origin", "https://evil.example")}, true},
		{"old-browser-own", gatehouse.Options{}, call{method: "POST", secure: true, fields: with("Origin", "https://api.example.com")}, false},
		{"old-browser-own-port", gatehouse.Options{}, call{method: "POST", host: "api.example.com:443", secure: true, fields: with("Origin", "https://API.example.com")}, false},
		{"old-browser-other", gatehouse.Options{}, call{method: "POST", fields: with("Origin", "https://evil.example")}, true},
		{"old-browser-port", gatehouse.Options{}, call{method: "POST", fields: with("Origin", "https://api.example.com:8443")}, true},
		{"old-browser-beginning", gatehouse.Options{}, call{method: "POST", fields: with("Origin", "https://api.example.com.evil.example")}, true},
		{"old-browser-plain-page", gatehouse.Options{}, call{method: "POST", secure: true, fields: with("Origin", "http://api.example.com")}, true},
		{"sandbox", gatehouse.Options{}, call{method: "POST", fields: with("Origin", "null")}, true},
		{"program", gatehouse.Options{}, call{method: "POST", fields: with()}, false},
		{"program-where-browsers-alone-call", gatehouse.Options{Settings: gatehouse.Settings{CSRF: &gatehouse.CSRF{WithoutHeaders: config.RefuseSilent}}}, call{method: "POST", fields: with()}, true},
		{"safe", gatehouse.Options{}, call{method: "GET", fields: with("Sec-Fetch-Site", "cross-site")}, false},
		{"without-the-cookie", gatehouse.Options{}, call{method: "POST", fields: []string{"Cookie", "theme=dark", "Sec-Fetch-Site", "cross-site"}}, false},
		{"second-cookie-field", gatehouse.Options{}, call{method: "POST", fields: []string{"Cookie", "theme=dark", "cookie", "sid=1", "Sec-Fetch-Site", "cross-site"}}, true},
		{"cookies-that-cannot-be-split", gatehouse.Options{}, call{method: "POST", fields: []string{"Cookie", "\"=;,", "Sec-Fetch-Site", "cross-site"}}, true},
		{"no-cookie-scheme", gatehouse.Options{}, call{method: "DELETE", fields: with("Sec-Fetch-Site", "cross-site")}, false},
		{"cookie-by-name", gatehouse.Options{Settings: gatehouse.Settings{CSRF: &gatehouse.CSRF{Cookies: []string{"sid"}}}}, call{method: "DELETE", fields: with("Sec-Fetch-Site", "cross-site")}, true},
		{"always", gatehouse.Options{Settings: gatehouse.Settings{CSRF: &gatehouse.CSRF{Check: config.CSRFAlways}}}, call{method: "DELETE", fields: []string{"Sec-Fetch-Site", "cross-site"}}, true},
		{"off", gatehouse.Options{Settings: gatehouse.Settings{CSRF: &gatehouse.CSRF{Check: config.CSRFOff}}}, call{method: "POST", fields: with("Sec-Fetch-Site", "cross-site")}, false},
		{"permitted-origin", gatehouse.Options{CORS: cors}, call{method: "POST", fields: with("Sec-Fetch-Site", "cross-site", "Origin", "https://app.example.net")}, false},
		{"origin-that-is-not-permitted", gatehouse.Options{CORS: cors}, call{method: "POST", fields: with("Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")}, true},
		{"permitted-without-cookies", gatehouse.Options{CORS: &gatehouse.CORS{Origins: []string{"https://app.example.net"}}}, call{method: "POST", fields: with("Sec-Fetch-Site", "cross-site", "Origin", "https://app.example.net")}, true},
		{"observed", gatehouse.Options{Settings: gatehouse.Settings{Modes: map[string]gatehouse.Mode{"csrf": gatehouse.Observe}}}, call{method: "POST", fields: with("Sec-Fetch-Site", "cross-site")}, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			body := row.call.made(t, newStage(t, row.o))
			if refused := strings.Contains(body, `"code":"cross-site"`); refused != row.refused || !refused && body != "" {
				t.Errorf("refused is %v: %s", refused, body)
			}
			if strings.Contains(body, "evil") {
				t.Errorf("the answer holds what was sent: %s", body)
			}
		})
	}
}

// FuzzOrigin looks for an origin that passes as the API's own and is not.
func FuzzOrigin(f *testing.F) {
	s := newStage(f, gatehouse.Options{})
	for _, seed := range []string{"https://api.example.com", "null", "https://api.example.com.", "http://api.example.com:80", "https://api.example.com:443", "https://a@api.example.com"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, origin string) {
		body := call{method: "POST", fields: []string{"Cookie", "sid=1", "Origin", origin}}.made(t, s)
		lower := strings.ToLower(origin)
		own := lower == "https://api.example.com" || lower == "http://api.example.com" || lower == "https://api.example.com:443" || lower == "http://api.example.com:80"
		if passed := body == ""; passed && !own {
			t.Fatalf("%q passes", origin)
		}
	})
}

func BenchmarkGuard(b *testing.B) {
	s := newStage(b, gatehouse.Options{})
	for _, row := range []struct{ name, site string }{{"allow", "same-origin"}, {"deny", "cross-site"}} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			c := call{method: "POST", fields: []string{"Cookie", "sid=1", "Sec-Fetch-Site", row.site}}
			for b.Loop() {
				c.made(b, s)
			}
		})
	}
}
