package serve

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

const limitContract = `openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
security: []
paths:
  /orders: {get: {operationId: listOrders, responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /strict: {get: {operationId: strict, responses: {"200": {description: OK, content: {text/plain: {}}}}}}
`

const sharedLimits = `limits:
  together: {key: [address], window: {amount: 100, per: 365d}, shared: true}
  strict: {key: [address], window: {amount: 1000, per: 365d}, shared: true, on_failure: closed, hidden: true}
`

// calls is how many of n calls pass, and what the last was answered.
func (h *house) calls(path string, n int) (passed int, last *http.Response) {
	h.t.Helper()
	for range n {
		answer, err := http.Get(h.URL() + path)
		if err != nil {
			h.t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode == 200 {
			passed++
		}
		last = answer
	}
	return passed, last
}

// TestGatesCountTogether has two gates share a limit, and then lose the server in
// which it is counted.
func TestGatesCountTogether(t *testing.T) {
	redis := testdata.StartRedis(t)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "orders") }))
	t.Cleanup(api.Close)
	open := func() *house {
		text := strings.Replace(one("orders.yaml", api.URL), "record:", "    limits: [together]\n    operations: {strict: {limits: [strict]}}\nrecord:", 1)
		text += `counters: {addresses: ["` + redis.Address + `"], gates: 2, pepper: "${file:pepper}", timeout: 1s}` + "\n" + sharedLimits
		h := openHouse(t, text, func(c *Config) {
			before := &house{t: t, dir: filepath.Dir(c.File)}
			before.write("pepper", pepperOfTests)
			before.write("orders.yaml", limitContract)
		})
		t.Cleanup(func() { h.Stop() })
		return h
	}
	one, other := open(), open()
	first, _ := one.calls("/orders", 60)
	second, last := other.calls("/orders", 60)
	if sum := first + second; sum < 96 || sum > 104 || last.StatusCode != 429 {
		t.Errorf("%d and %d calls passed of 100, the last is %d", first, second, last.StatusCode)
	}
	if got := last.Header.Get("Ratelimit-Policy"); got != `"together";q=100;w=31536000;gatehouse-over=4` {
		t.Error(got)
	}
	one.calls("/strict", 1)
	redis.Kill()
	if _, last = one.calls("/strict", 100); last.StatusCode != 503 || last.Header.Get("Retry-After") == "" || last.Header.Get("Ratelimit-Policy") != "" {
		t.Errorf("%d %v without the server", last.StatusCode, last.Header)
	}
	if n, last := one.calls("/orders", 60); n < 50 || n > 52 || last.StatusCode != 429 { // its part, and what is left of a slice
		t.Errorf("%d passed of the half of 100, the last is %d", n, last.StatusCode)
	}
}
