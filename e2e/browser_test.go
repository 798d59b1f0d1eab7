package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

const pageContract = `openapi: 3.1.0
info: {title: Pages, version: "1"}
paths:
  /page:
    get:
      operationId: page
      security: []
      responses:
        "200": {description: A page, content: {text/html: {}}}
`

// pages is an API with one page, and a gate before it.
type pages struct {
	url   string
	asked atomic.Int32
}

// servePages starts both. At the operation page and at the API stand the words
// of operation and api.
func servePages(t *testing.T, tls, api, operation string) *pages {
	t.Helper()
	gate, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	p := &pages{}
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!doctype html><title>Shop</title><p>Tea is on the third shelf.")
	}))
	t.Cleanup(shop.Close)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "pages.yaml"), pageContract)
	file := filepath.Join(dir, "gatehouse.yaml")
	writeFile(t, file, "version: 1\nlisteners: [{address: 127.0.0.1:0"+tls+"}]\nrecord: {events: none}\n"+
		"apis:\n  - contract: pages.yaml\n    upstreams: [{url: '"+shop.URL+"'}]\n"+api+"    operations: {page: {"+operation+"}}\n")
	address, _ := launch(t, gateListens, gate, "serve", "--config", file)
	p.url = "http://" + address + "/page"
	if tls != "" {
		p.url = "https://" + address + "/page"
	}
	return p
}

// browse opens a page in a browser without a head and returns what it shows.
func browse(t *testing.T, url string, flags ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	open := exec.CommandContext(ctx, testdata.Program(t, "chromium", "chromium"), append(flags, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--disable-background-networking", "--no-first-run", "--user-data-dir="+t.TempDir(), "--virtual-time-budget=8000", "--dump-dom", url)...)
	shown, err := open.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	return string(shown)
}

// TestBrowserProvesWork opens a page for which the gate wants a proof of work: the
// browser runs the gate's script under its content security policy, proves, and
// shows the page of the API, which was asked for it once.
func TestBrowserProvesWork(t *testing.T) {
	p := servePages(t, "", "", "challenge: {when: [always], bits: 10, pass: 1m}")
	if text := fetch(t, p.url); !strings.Contains(text, "challenge-required") || p.asked.Load() != 0 {
		t.Fatalf("without a proof: %s, and the API was asked %d times", text, p.asked.Load())
	}
	if shown := browse(t, p.url); !strings.Contains(shown, "Tea is on the third shelf.") || p.asked.Load() != 1 {
		t.Errorf("the API was asked %d times, and the browser shows %s", p.asked.Load(), shown)
	}
}

// TestBrowserIsNoBot opens a page over TLS where signals of programs are refused:
// a browser gets it, curl that says it is curl as well, and curl that says it is
// a browser does not.
func TestBrowserIsNoBot(t *testing.T) {
	curl := testdata.Program(t, "curl", "curl")
	cert, key := certificate(t)
	p := servePages(t, fmt.Sprintf(", tls: {certificate: %s, key: %s}", cert, key), "    bots: {signals: true, on: refuse}\n", "")
	version, err := exec.Command(testdata.Program(t, "chromium", "chromium"), "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(string(version), "Chromium "), ".")
	agent := "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/" + major + ".0.0.0 Safari/537.36"
	if shown := browse(t, p.url, "--ignore-certificate-errors", "--user-agent="+agent); !strings.Contains(shown, "Tea is on the third shelf.") {
		t.Errorf("the browser shows %s", shown)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "Tea is on the third shelf."},
		{[]string{"-A", agent}, `"code":"bot-suspected"`},
		{[]string{"--http1.1", "-A", agent}, `"code":"bot-suspected"`},
	} {
		out, err := exec.Command(curl, append(c.args, "-sk", "-m", "20", p.url)...).Output()
		if err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("curl %q: %v, %s", c.args, err, out)
		}
	}
}
