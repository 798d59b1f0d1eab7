package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// guide is where the files for proxies that ask stand: the tests run them as
// users copy them.
const guide = "../docs/guide/external-authorizer.md"

// snippet returns the block of the guide that holds a text.
func snippet(t *testing.T, language, text string) string {
	t.Helper()
	all, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	for part := range strings.SplitSeq(string(all), "\n```"+language+"\n") {
		if block, _, ok := strings.Cut(part, "\n```\n"); ok && strings.Contains(block, text) && !strings.HasPrefix(part, "#") {
			return block + "\n"
		}
	}
	t.Fatalf("%s has no block of %s that holds %q", guide, language, text)
	return ""
}

const askedContract = `openapi: 3.1.0
info: {title: Pets, version: 1.0.0}
security: [{token: []}]
paths:
  /pets:
    get:
      parameters: [{name: limit, in: query, schema: {type: integer, maximum: 100}}]
      responses: {"200": {description: OK}}
    post:
      operationId: addPet
      requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}
      responses: {"200": {description: made}}
  /pets/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: OK}}
  /open: {get: {security: [], responses: {"200": {description: OK}}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
`

// asked is an API, a gate that is asked about it, and what the API has seen.
type asked struct {
	api, gate string
	process   *process

	mu   sync.Mutex
	seen []string // guarded by mu: method, target and body
}

// ask starts both, the gate as the guide says with what a test changes.
func ask(t *testing.T, change ...string) *asked {
	t.Helper()
	a := &asked{}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		a.seen = append(a.seen, r.Method+" "+r.RequestURI+" "+string(body))
		a.mu.Unlock()
		fmt.Fprintf(w, "api saw %q of %q for %s", r.Header.Values("X-User"), r.Header.Values("X_User"), r.Header.Get("X-Forwarded-For"))
	}))
	t.Cleanup(api.Close)
	a.api = api.Listener.Addr().String()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "pets.yaml"), askedContract)
	text := strings.NewReplacer(append([]string{"127.0.0.1:9100", anywhere, "127.0.0.1:9000", a.api,
		"audience: [https://api.example.com]", "audience: [https://api.example.com]\n      types: [JWT]\n      algorithms: [HS256]\n      secret: ${file:secret.txt}"}, change...)...).Replace(snippet(t, "yaml", "authorizer:"))
	path := filepath.Join(dir, "gatehouse.yaml")
	writeFile(t, path, text)
	writeFile(t, filepath.Join(dir, "secret.txt"), tokenSecret)
	program, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	a.gate, a.process = launch(t, gateListens, program, "serve", "--config", path)
	return a
}

// take returns what the API has seen since the last time.
func (a *asked) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.seen
	a.seen = nil
	return all
}

// asks are calls that go to a proxy which asks, and what becomes of them. What
// is not 200 does not reach the API.
var honest = "Authorization: Bearer " + token("alice")

var asks = []struct {
	name, method, target string
	fields               []string
	body                 string
	status               int    // 4 for any of those, 0 for any that does not switch
	code                 string // in the problem
}{
	{"honest", "GET", "/pets?limit=3", []string{honest}, "", 200, ""},
	{"public", "GET", "/open", nil, "", 200, ""},
	{"without-token", "GET", "/pets", nil, "", 401, "credential-missing"},
	{"head", "HEAD", "/pets", []string{honest}, "", 200, ""},
	{"head-without-token", "HEAD", "/pets", nil, "", 401, ""},
	{"body-that-the-gate-does-not-see", "POST", "/pets", []string{honest, "Content-Type: application/json"}, `{"name":"Rex"}`, 200, ""},
	{"body-without-token", "POST", "/pets", []string{"Content-Type: application/json"}, `{"name":"Rex"}`, 401, "credential-missing"},
	{"unknown-path", "GET", "/admin", []string{honest}, "", 404, "path-unknown"},
	{"unknown-method", "DELETE", "/pets", []string{honest}, "", 405, "method-unknown"},
	{"bad-parameter", "GET", "/pets?limit=101", []string{honest}, "", 400, "parameter-schema"},
	{"unknown-parameter", "GET", "/pets?debug=1", []string{honest}, "", 400, "parameter-unknown"},
	{"encoded-slash", "GET", "/pets/a%2fb", []string{honest}, "", 400, "path-form"},
	{"dots", "GET", "/open/../pets", nil, "", 400, "path-form"},
	{"encoded-dots", "GET", "/open/%2e%2e/pets", nil, "", 400, "path-form"},
	{"two-slashes", "GET", "//open", nil, "", 400, "path-form"},
	{"long", "GET", "/pets?limit=" + strings.Repeat("1", 8200), []string{honest}, "", 414, "target-too-long"},
	{"spoofed-nginx", "DELETE", "/pets", []string{"X-Original-Method: GET", "X-Original-URI: /open", "X-Original-Host: other.test", "X-Original-Addr: 192.0.2.1"}, "", 405, "method-unknown"},
	{"spoofed-target", "GET", "/pets", []string{"X-Original-URI: /open", "X-Forwarded-Uri: /open"}, "", 401, "credential-missing"},
	{"spoofed-in-capitals", "GET", "/pets", []string{"X-ORIGINAL-URI: /open", "X-FORWARDED-URI: /open"}, "", 401, "credential-missing"},
	{"spoofed-forward-auth", "DELETE", "/pets", []string{"X-Forwarded-Method: GET", "X-Forwarded-Uri: /open"}, "", 405, "method-unknown"},
	{"spoofed-twice", "GET", "/pets", []string{"X-Original-URI: /open", "X-Original-URI: /open", "X-Forwarded-Uri: /open", "X-Forwarded-Uri: /open"}, "", 401, "credential-missing"},
	{"spoofed-by-connection", "GET", "/pets", []string{"Connection: X-Original-URI, X-Forwarded-Uri, X-Original-Method", "X-Original-URI: /open"}, "", 401, "credential-missing"},
	{"override", "GET", "/open", []string{"X-HTTP-Method-Override: DELETE"}, "", 400, "parameter-unknown"},
	{"rewrite", "GET", "/open", []string{"X-Rewrite-URL: /pets"}, "", 400, "parameter-unknown"},
	{"user", "GET", "/open", []string{"X-Remote-User: admin"}, "", 400, "parameter-unknown"},
	{"own-field", "GET", "/open", []string{"X-Gatehouse-Status: 200"}, "", 400, "parameter-unknown"},
	{"another-user", "GET", "/pets", []string{honest, "X-User: root"}, "", 200, ""},
	{"nobody-is-a-user", "GET", "/open", []string{"X-User: root"}, "", 200, ""},
	{"two-users", "GET", "/pets", []string{honest, "X-User: root", "x-user: admin"}, "", 200, ""},
	{"bad-token", "GET", "/pets", []string{honest + "x"}, "", 401, "credential-invalid"},
	{"two-tokens", "GET", "/pets", []string{honest, honest}, "", 4, ""},
	{"switch", "GET", "/open", []string{"Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}, "", 0, ""},
}

// speak makes one call in plain bytes, as a client may that is nobody's friend.
func speak(t *testing.T, address, method, target string, fields []string, body string) (status int, header http.Header, text string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	close := "Connection: close\r\n"
	if strings.Contains(strings.Join(fields, "\n"), "Connection:") {
		close = ""
	}
	if body != "" {
		fields = append(fields[:len(fields):len(fields)], fmt.Sprintf("Content-Length: %d", len(body)))
	}
	var lines strings.Builder
	for _, f := range fields {
		lines.WriteString(f + "\r\n")
	}
	fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: api.test\r\n%s%s\r\n%s", method, target, close, lines.String(), body)
	return readAnswer(t, c, method)
}

// refused makes every call of asks to a proxy.
func (a *asked) refused(t *testing.T, address string) {
	for _, row := range asks {
		t.Run(row.name, func(t *testing.T) {
			want := row.status
			status, header, text := speak(t, address, row.method, row.target, row.fields, row.body)
			seen := a.take()
			if want == 4 && status/100 == 4 {
				want = status
			}
			if want == 0 && (status == 101 || status == 200 && len(seen) == 0) || want != 0 && status != want {
				t.Fatalf("%d, want %d: %s %q", status, want, text, header)
			}
			if user := `["alice"]`; status == 200 && row.method != "HEAD" {
				if row.target == "/open" {
					user = "[]"
				}
				if !strings.HasPrefix(text, "api saw "+user+" of [] ") {
					t.Errorf("the API heard of another caller: %s", text)
				}
			}
			switch {
			case status == 200 && (len(seen) != 1 || seen[0] != row.method+" "+row.target+" "+row.body):
				t.Errorf("the API saw %q", seen)
			case status != 200 && len(seen) > 0:
				t.Errorf("refused, and the API saw %q", seen)
			}
			if status != row.status || row.code == "" {
				return
			}
			if !strings.Contains(text, `"code":"`+row.code+`"`) || header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%q %s", header, text)
			}
			if list := strings.Join(header.Values("Www-Authenticate"), ", "); strings.Count(list, "Bearer ") != map[bool]int{true: 1}[status == 401] {
				t.Errorf("challenges: %q", list)
			}
			if status == 405 && header.Get("Allow") == "" {
				t.Errorf("no Allow: %q", header)
			}
		})
	}
}

// without ends the gate: then nothing passes, and the client hears that it is
// no fault of its own.
func (a *asked) without(t *testing.T, address string, want int) {
	t.Run("without-the-gate", func(t *testing.T) {
		a.process.stop(t)
		status, _, text := speak(t, address, "GET", "/open", nil, "")
		if seen := a.take(); status != want || len(seen) > 0 {
			t.Errorf("%d, want %d: %s; the API saw %q", status, want, text, seen)
		}
	})
}

// TestNginxAsks has the real nginx ask, as the guide has it set up.
func TestNginxAsks(t *testing.T) {
	program := testdata.Program(t, "nginx", "nginx")
	a := ask(t)
	dir := t.TempDir()
	server := strings.NewReplacer("127.0.0.1:9100", a.gate, "127.0.0.1:9000", a.api, "listen 8080;", "listen unix:"+dir+"/nginx.sock proxy_protocol;").Replace(snippet(t, "nginx", "auth_request"))
	config := filepath.Join(dir, "nginx.conf")
	writeFile(t, config, strings.NewReplacer("DIR", dir, "SERVER", server).Replace(nginxAround))
	p := begin(t, program, "-p", dir, "-e", "stderr", "-c", config)
	socket := filepath.Join(dir, "nginx.sock")
	p.awaitSocket(t, socket)
	address := passOn(t, socket)
	a.refused(t, address)
	if _, _, text := speak(t, address, "GET", "/open", nil, ""); !strings.HasSuffix(text, "for 203.0.113.7") {
		t.Errorf("the API heard of another client: %s", text)
	}
	a.take()
	a.without(t, address, 503)
}

// nginxAround is what stands around the server of the guide. nginx cannot say
// which port it took, so it listens on a socket and hears of the client by the
// PROXY protocol.
const nginxAround = `daemon off;
worker_processes 1;
pid DIR/nginx.pid;
error_log stderr warn;
events {}
http {
    access_log off;
    large_client_header_buffers 4 16k;
    client_body_temp_path DIR/body;
    proxy_temp_path DIR/proxy;
    fastcgi_temp_path DIR/fastcgi;
    uwsgi_temp_path DIR/uwsgi;
    scgi_temp_path DIR/scgi;
    set_real_ip_from unix:;
    real_ip_header proxy_protocol;
SERVER
}
`

// TestCaddyAsks has the real Caddy ask, as the guide has it set up.
func TestCaddyAsks(t *testing.T) {
	program := caddy(t)
	a := ask(t, "protocol: nginx", "protocol: forward_auth")
	dir := t.TempDir()
	socket := filepath.Join(dir, "caddy.sock")
	server := strings.NewReplacer("127.0.0.1:9100", a.gate, "127.0.0.1:9000", a.api, ":8080 {", "http:// {\n\tbind unix/"+socket).Replace(snippet(t, "caddyfile", "forward_auth"))
	config := filepath.Join(dir, "Caddyfile")
	writeFile(t, config, caddyAround+server)
	cmd := exec.Command(program, "run", "--adapter", "caddyfile", "--config", config)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	beginCommand(t, cmd).awaitSocket(t, socket)
	address := passOn(t, socket)
	a.refused(t, address)
	if _, _, text := speak(t, address, "GET", "/open", nil, ""); !strings.HasSuffix(text, "for 203.0.113.7") {
		t.Errorf("the API heard of another client: %s", text)
	}
	a.take()
	a.without(t, address, 502)
}

// caddyAround is what stands before the site of the guide, as around nginx.
const caddyAround = `{
	admin off
	auto_https off
	servers {
		listener_wrappers {
			proxy_protocol
		}
	}
}
`
