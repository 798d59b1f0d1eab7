package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

const http2Contract = `openapi: 3.1.0
info: {title: Echo, version: 1.0.0}
security: []
paths:
  /:
    get:
      responses: {"200": {description: some text, content: {text/plain: {schema: {type: string}}}}}
    post:
      requestBody: {required: true, content: {application/octet-stream: {}}}
      responses: {"200": {description: the same bytes, content: {application/octet-stream: {}}}}
`

const http2Config = `version: 1
listeners: [{address: 127.0.0.1:0, tls: {certificate: %s, key: %s}}]
apis: [{contract: echo.yaml, upstreams: [{url: %s}], mode: %s}]
record: {events: none}
`

// serveHTTP2 starts the gate with TLS in front of an API that sends back what
// it gets.
func serveHTTP2(t *testing.T, mode string) (address string) {
	t.Helper()
	program, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, "hello from the API")
			return
		}
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		io.Copy(w, r.Body)
	}))
	t.Cleanup(api.Close)
	cert, key := certificate(t)
	config := filepath.Join(t.TempDir(), "gatehouse.yaml")
	writeFile(t, config, fmt.Sprintf(http2Config, cert, key, api.URL, mode))
	writeFile(t, filepath.Join(filepath.Dir(config), "echo.yaml"), http2Contract)
	return start(t, gateListens, program, "serve", "--config", config)
}

var specPassed = regexp.MustCompile(`(?m)^(\d+) tests, (\d+) passed, 0 skipped, 0 failed$`)

// TestHTTP2Specification has h2spec break every rule of RFC 7540 and RFC 7541
// in turn. It begins bodies where the document knows none, and wants to see
// what becomes of what follows: the gate must not have refused them before, so
// it observes, on a path that it does not know.
func TestHTTP2Specification(t *testing.T) {
	if out, err := exec.Command("go", "-C", "../tools", "mod", "download").CombinedOutput(); err != nil {
		testdata.Lack(t, "the modules that tools/go.mod names cannot be had: %v\n%s", err, out)
	}
	h2spec := filepath.Join(workshop, "h2spec")
	if out, err := exec.Command("go", "-C", "../tools", "build", "-o", h2spec, "github.com/summerwind/h2spec/cmd/h2spec").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, port, err := net.SplitHostPort(serveHTTP2(t, "observe"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(h2spec, "-t", "-k", "-h", "127.0.0.1", "-p", port, "-P", "/unknown", "-o", "5").CombinedOutput()
	if m := specPassed.FindSubmatch(out); err != nil || m == nil || string(m[1]) != string(m[2]) {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestHTTP2Clients calls with clients that are not written in Go.
func TestHTTP2Clients(t *testing.T) {
	url := "https://" + serveHTTP2(t, "enforce") + "/"
	out, err := run(t, "", nil, "curl", "-sk", "--http2", "-w", " by HTTP/%{http_version}", url)
	if err != nil || out != "hello from the API by HTTP/2" {
		t.Errorf("curl: %q %v", out, err)
	}
	big := filepath.Join(t.TempDir(), "big")
	writeFile(t, big, strings.Repeat("0123456789abcdef", 1<<16))
	out, err = run(t, "", nil, "curl", "-sk", "--http2", "-H", "Content-Type: application/octet-stream", "--data-binary", "@"+big, "-o", big+".back", "-w", "%{size_download} %{http_version}", url)
	if err != nil || out != fmt.Sprint(1<<20, " 2") {
		t.Errorf("curl, 1 MiB each way: %q %v", out, err)
	}
	out, err = run(t, "", nil, "h2load", "-n", "5000", "-c", "4", "-m", "64", url)
	if err != nil || !strings.Contains(out, "5000 succeeded, 0 failed, 0 errored") || !strings.Contains(out, "5000 2xx") {
		t.Errorf("h2load: %s %v", out, err)
	}
	out, err = run(t, "", nil, "nghttp", "-v", "-m", "3", url)
	if err != nil || strings.Count(out, "hello from the API") != 3 {
		t.Errorf("nghttp: %s %v", out, err)
	}
}
