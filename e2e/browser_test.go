package e2e

import (
	"context"
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

// TestBrowserProvesWork opens a page for which the gate wants a proof of work in
// a browser without a head: it runs the gate's script under its content security
// policy, proves, and shows the page of the API, which was asked for it once.
func TestBrowserProvesWork(t *testing.T) {
	browser := testdata.Program(t, "chromium", "chromium")
	gate, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!doctype html><title>Shop</title><p>Tea is on the third shelf.")
	}))
	t.Cleanup(api.Close)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "pages.yaml"), pageContract)
	file := filepath.Join(dir, "gatehouse.yaml")
	writeFile(t, file, "version: 1\nlisteners: [{address: 127.0.0.1:0}]\nrecord: {events: none}\n"+
		"apis:\n  - contract: pages.yaml\n    upstreams: [{url: '"+api.URL+"'}]\n"+
		"    operations: {page: {challenge: {when: [always], bits: 10, pass: 1m}}}\n")
	address, _ := launch(t, gateListens, gate, "serve", "--config", file)

	if text := fetch(t, "http://"+address+"/page"); !strings.Contains(text, "challenge-required") || asked.Load() != 0 {
		t.Fatalf("without a proof: %s, and the API was asked %d times", text, asked.Load())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	open := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
		"--no-first-run", "--user-data-dir="+t.TempDir(), "--virtual-time-budget=30000", "--dump-dom", "http://"+address+"/page")
	shown, err := open.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	if !strings.Contains(string(shown), "Tea is on the third shelf.") || asked.Load() != 1 {
		t.Errorf("the API was asked %d times, and the browser shows %s", asked.Load(), shown)
	}
}
