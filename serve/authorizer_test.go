package serve

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asking is a configuration of a listener for clients and one for proxies that
// ask, about contracts a.yaml and, where it says so, b.yaml.
func asking(api, authorizer string) string {
	return strings.Replace(one("a.yaml", api), "apis:", "  - address: localhost:0\n    trusted_proxies: [127.0.0.1/32]\n    authorizer: "+authorizer+"\napis:", 1)
}

// question asks by forward_auth or nginx and returns the status.
func question(t *testing.T, url, target string) int {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{
		"X-Forwarded-Method": {"GET"}, "X-Forwarded-Uri": {target}, "X-Forwarded-Host": {"api.test"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-For": {"203.0.113.7"},
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}

// TestProxiesAsk asks at a listener for it, whose settings change while it is
// open, and finds that no call passes there and no question elsewhere.
func TestProxiesAsk(t *testing.T) {
	api, connections := upstreamOf(t)
	const about = "{protocol: forward_auth, apis: [{name: A, unchecked: [answer]}]}"
	h := openHouse(t, asking(api, about))
	defer h.Stop()
	clients, proxies := h.URLs()[0], h.URLs()[1]
	for target, want := range map[string]int{"/a": 200, "/both?": 200, "/b": 404, "/a/../b": 400} {
		if got := question(t, proxies, target); got != want {
			t.Errorf("%s: %d, want %d", target, got, want)
		}
	}
	if got := status(t, proxies+"/a"); got != 500 {
		t.Errorf("a call that is no question: %d", got)
	}
	if connections.Load() != 0 {
		t.Error("a question reached the API")
	}
	if got := question(t, clients+"/a", "/nowhere"); got != 200 || connections.Load() != 1 {
		t.Errorf("a client that poses as a proxy: %d", got)
	}
	h.said("which answers forward_auth about A")

	h.write("gatehouse.yaml", strings.Replace(asking(api, strings.Replace(about, "{name: A", "{name: B, unchecked: [answer]}, {name: A", 1)),
		"apis:\n  - contract", "apis:\n  - {contract: b.yaml, hosts: [b.test], upstreams: [{url: \""+api+"\"}]}\n  - contract", 1))
	h.reload("another API", true)
	if now := h.URLs()[1]; now != proxies || question(t, now, "/a") != 200 {
		t.Errorf("the listener moved to %s", now)
	}
	h.write("gatehouse.yaml", strings.Replace(asking(api, "{protocol: nginx, apis: [{name: A, unchecked: [answer]}]}"), "127.0.0.1:0\n", "127.0.0.1:0\n", 1))
	h.reload("another protocol", true)
	if got := question(t, h.URLs()[1], "/a"); got != 500 {
		t.Errorf("asked by another protocol: %d", got)
	}
	h.write("gatehouse.yaml", strings.Replace(asking(api, about), "127.0.0.1/32", "192.0.2.0/24", 1))
	h.reload("strangers", true)
	if got := question(t, h.URLs()[1], "/a"); got != 403 {
		t.Errorf("asked by a stranger: %d", got)
	}
	h.write("gatehouse.yaml", asking(api, "{protocol: forward_auth, apis: [{name: A}]}"))
	h.reload("a mistake", false)
	h.said("does not see the answers of GET /both, GET /a")
}

// TestProxiesOfWhichAPartIsUnknown holds what is asked about to the contracts.
func TestProxiesOfWhichAPartIsUnknown(t *testing.T) {
	dir := t.TempDir()
	h := &house{t: t, dir: dir}
	h.write("a.yaml", contractOf("A", "/both", "/a", "/c", "/d"))
	h.write("planted", planted)
	for _, row := range []struct{ name, authorizer, want string }{
		{"not-said", "{protocol: nginx, apis: [{name: A}]}", "does not see the answers of GET /both, GET /a, GET /c and others"},
		{"said-of-one", "{protocol: nginx, apis: [{name: A, operations: {GET /a: {unchecked: [answer]}}}]}", "answers of GET /both, GET /c, GET /d, which"},
		{"no-api", "{protocol: nginx, apis: [{name: a, unchecked: [answer]}]}", `there is no API "a"`},
		{"no-operation", "{protocol: nginx, apis: [{name: A, unchecked: [answer], operations: {GET /b: {unchecked: [answer]}}}]}", `has no operation "GET /b"`},
		{"in-order", "{protocol: nginx, apis: [{name: A, unchecked: [answer]}]}", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			h.write("gatehouse.yaml", asking("http://127.0.0.1:1", row.authorizer))
			found := Check(filepath.Join(dir, "gatehouse.yaml"))
			text := found.Problems.Error()
			if row.want == "" && len(found.Problems) > 0 || !strings.Contains(text, row.want) {
				t.Errorf("%q", text)
			}
			if row.want == "" && len(found.Loose) == 0 {
				t.Error("nothing stands open")
			}
		})
	}
}
