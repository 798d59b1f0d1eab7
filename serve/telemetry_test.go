package serve

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestTelemetry sends spans, metrics and the log to a receiver, one that moves,
// and then to nobody; nobody there learns what the API is shown.
func TestTelemetry(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]string{}
	var bad []string
	receive := func(name string) http.HandlerFunc {
		return func(_ http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || r.Header.Get("Authorization") != "Bearer "+planted {
				bad = append(bad, r.URL.Path)
			}
			seen[name+r.URL.Path] += string(b)
		}
	}
	first, second := httptest.NewServer(receive("first")), httptest.NewServer(receive("second"))
	t.Cleanup(first.Close)
	t.Cleanup(second.Close)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }))
	t.Cleanup(api.Close)
	text := "version: 1\nlisteners: [{address: 127.0.0.1:0}]\napis: [{contract: a.yaml, name: Pets, upstreams: [{url: '" + api.URL + "'}]}]\n" +
		"record: {events: none, tracing: {begin: true, sample_one_in: 1}, otlp: {url: '" + first.URL + "', interval: 1s, fields: {Authorization: 'Bearer ${file:planted}'}}}\n"
	h := openHouse(t, text)
	call := func() {
		if s, b := speak(t, "tcp", strings.TrimPrefix(h.URL(), "http://"), "GET /a?secret=word HTTP/1.1\r\nHost: a\r\nX-Secret: word\r\nConnection: close\r\n\r\n"); s != 400 {
			t.Errorf("%d %s", s, b)
		}
		if s, b := speak(t, "tcp", strings.TrimPrefix(h.URL(), "http://"), "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); s != 200 {
			t.Errorf("%d %s", s, b)
		}
	}
	await := func(name string, want ...string) {
		t.Helper()
		for limit := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			missing := ""
			mu.Lock()
			for _, w := range want {
				if path, word, _ := strings.Cut(w, " "); !strings.Contains(seen[name+path], word) {
					missing = w
				}
			}
			mu.Unlock()
			if missing == "" {
				return
			}
			if time.Now().After(limit) {
				t.Fatalf("%s got no %s", name, missing)
			}
		}
	}
	call()
	await("first", "/v1/traces GET /a", "/v1/traces gatehouse.code", "/v1/metrics gatehouse_exchanges_total", "/v1/metrics gatehouse_otlp_sent_total")
	h.write("gatehouse.yaml", strings.Replace(text, first.URL, second.URL, 1))
	h.reload("changed", true)
	call()
	await("second", "/v1/traces GET /a", "/v1/logs configuration")
	h.write("gatehouse.yaml", strings.Replace(text, "otlp: {", "#", 1)+"}\n")
	h.reload("changed", true)
	call()
	if err := h.Stop(); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(bad) > 0 {
		t.Errorf("without the secret: %q", bad)
	}
	for where, text := range seen {
		if plantedIn(text) != "" || strings.Contains(text, "word") {
			t.Errorf("%s holds what it must not", where)
		}
	}
}

// TestTelemetryOfNobody has no receiver at all: the gate serves and ends.
func TestTelemetryOfNobody(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }))
	t.Cleanup(api.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	h := openHouse(t, "version: 1\nlisteners: [{address: 127.0.0.1:0}]\napis: [{contract: a.yaml, upstreams: [{url: '"+api.URL+"'}]}]\n"+
		"record: {events: none, tracing: {begin: true, sample_one_in: 1}, otlp: {url: '"+gone.URL+"'}}\n")
	for range 20 {
		if s, b := speak(t, "tcp", strings.TrimPrefix(h.URL(), "http://"), "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); s != 200 {
			t.Fatalf("%d %s", s, b)
		}
	}
	begun := time.Now()
	if err := h.Stop(); err != nil || time.Since(begun) > 20*time.Second {
		t.Errorf("%v, in %v", err, time.Since(begun))
	}
	if !strings.Contains(h.log.String(), "spans for OpenTelemetry cannot be written") {
		t.Errorf("the log says %s", h.log.String())
	}
}
