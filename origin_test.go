package gatehouse_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
)

// tasks needs a token, of which pages may read the answers.
const tasks = `openapi: 3.1.0
info: {title: Tasks, version: 1.0.0}
security: [{token: []}]
paths:
  /tasks/{id}:
    get:
      operationId: getTask
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: X-Trace, in: header, schema: {type: string}}
      responses:
        "200":
          description: one task
          headers: {Access-Control-Allow-Origin: {required: true, schema: {const: "*"}}}
          content: {application/json: {schema: {type: object, properties: {text: {type: string}}}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
`

// page is how a browser calls for the page of an origin.
type page struct {
	method, target, origin string
	token, secure          bool
	asks                   string // the method of a preflight
}

// visit returns what the page's browser gets, and how often the API was called.
func visit(t *testing.T, o gatehouse.Options, p page) (*http.Response, int) {
	t.Helper()
	o.Authentication, o.Hosts = gatehouse.Upstream, []string{"tasks.example"}
	g, err := gatehouse.New("tasks.yaml", []byte(tasks), o)
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	h := g.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		for name, value := range map[string]string{
			"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "Set-Cookie",
			"Content-Type": "application/json", "X-Frame-Options": "ALLOWALL", "Cache-Control": "max-age=60", "Strict-Transport-Security": "max-age=0",
		} {
			w.Header().Set(name, value)
		}
		io.WriteString(w, `{"text":"hello"}`)
	}))
	r := httptest.NewRequest(p.method, p.target, nil)
	r.Host = "tasks.example"
	if p.origin != "" {
		r.Header.Set("Origin", p.origin)
	}
	if p.token {
		r.Header.Set("Authorization", "Bearer abc")
	}
	if p.asks != "" {
		r.Header.Set("Access-Control-Request-Method", p.asks)
		r.Header.Set("Access-Control-Request-Headers", "authorization,x-trace")
	}
	if p.secure {
		r.TLS = new(tls.ConnectionState)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), calls
}

const mine = "https://app.example"

// TestPages: who may call from a browser is decided before anybody is asked for
// a credential, and is said with refusals, too.
func TestPages(t *testing.T) {
	named := gatehouse.Options{CORS: &config.CORS{Origins: []string{mine}, Credentials: true}}
	anyone := gatehouse.Options{CORS: &config.CORS{Origins: []string{"*"}}}
	observed := named
	observed.Mode = gatehouse.Observe
	const allow, credentials, methods = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods"
	for _, row := range []struct {
		name    string
		options gatehouse.Options
		page    page
		status  int
		calls   int
		fields  map[string]string // values joined by ", "
	}{
		{"preflight-before-authentication", named, page{method: "OPTIONS", target: "/tasks/1", origin: mine, asks: "GET"}, 204, 0, map[string]string{
			allow: mine, credentials: "true", methods: "GET", "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Trace", "Access-Control-Max-Age": "600",
			"Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers", "Allow": ""}},
		{"preflight-of-another-page", named, page{method: "OPTIONS", target: "/tasks/1", origin: "https://evil.example", asks: "GET"}, 204, 0, map[string]string{allow: "", credentials: "", methods: ""}},
		{"preflight-of-another-method", named, page{method: "OPTIONS", target: "/tasks/1", origin: mine, asks: "DELETE"}, 204, 0, map[string]string{allow: ""}},
		{"preflight-of-an-unknown-path", named, page{method: "OPTIONS", target: "/admin", origin: mine, asks: "GET"}, 204, 0, map[string]string{allow: ""}},
		{"preflight-while-observed", observed, page{method: "OPTIONS", target: "/tasks/1", origin: mine, asks: "GET"}, 204, 0, map[string]string{allow: mine}},
		{"preflight-without-policy", gatehouse.Options{}, page{method: "OPTIONS", target: "/tasks/1", origin: mine, asks: "GET"}, 204, 0, map[string]string{allow: "", "Allow": "GET, HEAD"}},
		{"options-that-is-no-preflight", named, page{method: "OPTIONS", target: "/tasks/1", origin: mine}, 204, 0, map[string]string{allow: mine, "Allow": "GET, HEAD"}},
		{"passes", named, page{method: "GET", target: "/tasks/1", origin: mine, token: true}, 200, 1, map[string]string{
			allow: mine, credentials: "true", "Access-Control-Expose-Headers": "", "Vary": "Origin"}},
		{"passes-without-permission", named, page{method: "GET", target: "/tasks/1", origin: "https://evil.example", token: true}, 200, 1, map[string]string{allow: "", credentials: "", "Vary": "Origin"}},
		{"null", named, page{method: "GET", target: "/tasks/1", origin: "null", token: true}, 200, 1, map[string]string{allow: "", credentials: ""}},
		{"without-origin", named, page{method: "GET", target: "/tasks/1", token: true}, 200, 1, map[string]string{allow: "", credentials: "", "Vary": "Origin"}},
		{"any", anyone, page{method: "GET", target: "/tasks/1", origin: "https://whoever.example", token: true}, 200, 1, map[string]string{allow: "*", credentials: ""}},
		{"while-observed", observed, page{method: "GET", target: "/tasks/1", origin: mine, token: true}, 200, 1, map[string]string{allow: mine}},
		{"without-policy", gatehouse.Options{}, page{method: "GET", target: "/tasks/1", origin: mine, token: true}, 200, 1, map[string]string{allow: "*", credentials: "true", "Vary": ""}},
		{"refused-without-credential", named, page{method: "GET", target: "/tasks/1", origin: mine}, 401, 0, map[string]string{allow: mine, credentials: "true", "Vary": "Origin"}},
		{"refused-for-a-parameter", named, page{method: "GET", target: "/tasks/one", origin: mine, token: true}, 400, 0, map[string]string{allow: mine}},
		{"refused-for-its-path", named, page{method: "GET", target: "/admin", origin: mine}, 404, 0, map[string]string{allow: mine}},
		{"refused-for-its-method", named, page{method: "PUT", target: "/tasks/1", origin: mine}, 405, 0, map[string]string{allow: mine}},
		{"refused-to-another-page", named, page{method: "GET", target: "/admin", origin: "https://evil.example"}, 404, 0, map[string]string{allow: "", "Vary": "Origin"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, calls := visit(t, row.options, row.page)
			if got.StatusCode != row.status || calls != row.calls {
				t.Errorf("status %d, %d calls", got.StatusCode, calls)
			}
			holds(t, got, row.fields)
		})
	}
}

func holds(t *testing.T, got *http.Response, fields map[string]string) {
	t.Helper()
	for name, want := range fields {
		if have := strings.Join(got.Header.Values(name), ", "); have != want {
			t.Errorf("%s is %q, want %q", name, have, want)
		}
	}
}

// TestBrowsersAreTold: fields that keep browsers from misusing answers stand on
// all of them, and those of TLS where there is TLS.
func TestBrowsersAreTold(t *testing.T) {
	data := map[string]string{
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Frame-Options": "DENY",
		"Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
	}
	bare := map[string]string{"X-Frame-Options": "ALLOWALL", "Content-Security-Policy": "", "Cache-Control": "max-age=60"}
	strict := &config.HSTS{MaxAge: 24 * time.Hour, IncludeSubdomains: true}
	ask := page{method: "GET", target: "/tasks/1", token: true}
	secure, refused, preflight := ask, ask, page{method: "OPTIONS", target: "/tasks/1", origin: mine, asks: "GET", secure: true}
	secure.secure, refused.token = true, false
	for _, row := range []struct {
		name    string
		options gatehouse.Options
		page    page
		fields  map[string]string
	}{
		{"default", gatehouse.Options{}, ask, data},
		{"default-leaves-caching-to-the-api", gatehouse.Options{}, ask, map[string]string{"Cache-Control": "max-age=60"}},
		{"default-of-a-refusal", gatehouse.Options{}, refused, data},
		{"caching-of-a-refusal", gatehouse.Options{}, refused, map[string]string{"Cache-Control": "no-store"}},
		{"default-of-a-preflight", gatehouse.Options{CORS: &config.CORS{Origins: []string{mine}}}, preflight, data},
		{"default-while-observed", gatehouse.Options{Settings: gatehouse.Settings{Mode: gatehouse.Observe}}, ask, bare},
		{"said-while-observed", gatehouse.Options{SecurityHeaders: config.ForAPI, Settings: gatehouse.Settings{Mode: gatehouse.Observe}}, ask, data},
		{"none", gatehouse.Options{SecurityHeaders: config.NoSecurity}, ask, bare},
		{"none-of-a-refusal", gatehouse.Options{SecurityHeaders: config.NoSecurity}, refused, map[string]string{"X-Frame-Options": "", "X-Content-Type-Options": "nosniff"}},
		{"strict", gatehouse.Options{HSTS: strict}, secure, map[string]string{"Strict-Transport-Security": "max-age=86400; includeSubDomains"}},
		{"strict-by-default-for-a-year", gatehouse.Options{HSTS: &config.HSTS{}}, secure, map[string]string{"Strict-Transport-Security": "max-age=31536000"}},
		{"strict-of-a-preflight", gatehouse.Options{HSTS: strict, CORS: &config.CORS{Origins: []string{mine}}}, preflight, map[string]string{"Strict-Transport-Security": "max-age=86400; includeSubDomains"}},
		{"strict-without-tls", gatehouse.Options{HSTS: strict}, refused, map[string]string{"Strict-Transport-Security": ""}},
		{"not-strict", gatehouse.Options{}, preflight, map[string]string{"Strict-Transport-Security": ""}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, _ := visit(t, row.options, row.page)
			holds(t, got, row.fields)
		})
	}
	if _, err := gatehouse.New("tasks.yaml", []byte(tasks), gatehouse.Options{Authentication: gatehouse.Upstream, HSTS: strict}); err == nil || !strings.Contains(err.Error(), "names none") {
		t.Errorf("HSTS without hosts: %v", err)
	}
}
