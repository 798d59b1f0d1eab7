package serve

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
)

// site is one address of an API, which can go down.
type site struct {
	*httptest.Server
	calls atomic.Int64
	dieAt atomic.Int64 // a number of calls
	sick  atomic.Bool  // its health check fails
	seen  sync.Map     // of mirrored calls, by path: what it was shown of the credentials
}

// newSite answers with its name.
func newSite(t *testing.T, name string) *site {
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			if s.sick.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return
		}
		io.Copy(io.Discard, r.Body)
		if s.calls.Add(1) == s.dieAt.Load() {
			s.die()
		}
		if r.Header.Get("X-Gatehouse-Mirror") != "" {
			s.seen.Store(r.URL.Path, r.Header.Get("Authorization")+r.Header.Get("Cookie")+r.Header.Get("X-Key"))
		}
		io.WriteString(w, name)
	}))
	t.Cleanup(s.Close)
	return s
}

// die ends the listener and every connection, as the end of a program does.
func (s *site) die() {
	s.Listener.Close()
	s.CloseClientConnections()
}

// spread is a configuration of one API at several addresses; parts are keys of
// the API.
func spread(upstreams []string, parts ...string) string {
	return "version: 1\nlisteners: [{address: 127.0.0.1:0}]\nrecord: {events: none}\napis:\n  - contract: sites.yaml\n    upstreams:\n      - " +
		strings.Join(upstreams, "\n      - ") + "\n" + strings.Join(parts, "")
}

func at(s *site, more ...string) string {
	return fmt.Sprintf("{url: %q%s}", s.URL, strings.Join(append([]string{""}, more...), ", "))
}

// sites is the contract of spread. The answers are of any kind.
const sites = `openapi: 3.1.0
info: {title: Sites, version: 1.0.0}
security: []
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
paths:
  /name:
    get: {responses: {"200": {description: OK, content: {text/plain: {}}}}}
    post: {requestBody: {content: {text/plain: {}}}, responses: {"200": {description: OK, content: {text/plain: {}}}}}
`

func openSites(t *testing.T, text string) *house {
	t.Helper()
	return openHouse(t, text, func(c *Config) {
		h := &house{t: t, dir: strings.TrimSuffix(c.File, "gatehouse.yaml")}
		h.write("sites.yaml", sites)
	})
}

// tally makes calls from several clients at once and counts the answers: the
// body where it is 200, else the status.
func tally(t *testing.T, url, method string, clients, each int) map[string]int {
	t.Helper()
	var mu sync.Mutex
	counts := map[string]int{}
	var work sync.WaitGroup
	for range clients {
		work.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for range each {
				var body io.Reader
				if method == "POST" {
					body = strings.NewReader("a body")
				}
				r, _ := http.NewRequest(method, url+"/name", body)
				if body != nil {
					r.Header.Set("Content-Type", "text/plain")
				}
				answer, err := client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				name, _ := io.ReadAll(answer.Body)
				answer.Body.Close()
				mu.Lock()
				if answer.StatusCode == 200 {
					counts[string(name)]++
				} else {
					counts[answer.Status[:3]]++
				}
				mu.Unlock()
			}
		})
	}
	work.Wait()
	return counts
}

// TestOneOfTwoDies under load: no client that reads sees it, and of those that
// write none but whose call was with the one that died.
func TestOneOfTwoDies(t *testing.T) {
	const clients, each = 8, 200
	for _, method := range []string{"GET", "POST"} {
		t.Run(method, func(t *testing.T) {
			a, b := newSite(t, "a"), newSite(t, "b")
			h := openSites(t, spread([]string{at(a), at(b)}))
			defer h.Stop()
			a.dieAt.Store(100)
			got := tally(t, h.URL(), method, clients, each)
			t.Log(got)
			if got["a"] < 50 || got["b"] < clients*each/2 {
				t.Errorf("the answers are %v", got)
			}
			failed := clients*each - got["a"] - got["b"]
			if method == "GET" && failed > 0 || failed > clients || got["502"] != failed {
				t.Errorf("%d clients saw that an upstream died: %v", failed, got)
			}
			h.said(`msg="an address of an API is left out" upstream=` + a.URL)
		})
	}
}

// TestAllDie: a call that was with an upstream is a 502, and then calls are
// refused at once, until some go well again.
func TestAllDie(t *testing.T) {
	a, b := newSite(t, "a"), newSite(t, "b")
	h := openSites(t, spread([]string{at(a), at(b)}, "    breaker: {open_for: 1m}\n"))
	defer h.Stop()
	a.die()
	b.die()
	got := tally(t, h.URL(), "GET", 4, 100)
	if got["502"] == 0 || got["502"] > 24 || got["503"] != 400-got["502"] {
		t.Errorf("the answers are %v", got)
	}
	answer, err := http.Get(h.URL() + "/name")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	if after := answer.Header.Get("Retry-After"); after == "" || len(after) > 2 || !strings.Contains(string(body), `"code":"upstream-unavailable"`) {
		t.Errorf("Retry-After %q, %s", after, body)
	}
}

// TestHealthOfUpstreams: a sick one gets no calls, from the moment that it
// says so.
func TestHealthOfUpstreams(t *testing.T) {
	a, b := newSite(t, "a"), newSite(t, "b")
	a.sick.Store(true)
	h := openSites(t, spread([]string{at(a), at(b)}, "    health: {path: /health, interval: 100ms, unhealthy: 1, healthy: 1}\n"))
	defer h.Stop()
	h.said("is not well, and left out\" upstream=" + a.URL)
	if got := tally(t, h.URL(), "GET", 2, 50); got["b"] != 100 {
		t.Errorf("the answers are %v", got)
	}
	a.sick.Store(false)
	h.said("is well\" upstream=" + a.URL)
	if got := tally(t, h.URL(), "GET", 2, 50); got["a"] < 20 || got["b"] < 20 {
		t.Errorf("later the answers are %v", got)
	}
}

// TestCanaryAndMirror through the program.
func TestCanaryAndMirror(t *testing.T) {
	live, canary, shadow := newSite(t, "live"), newSite(t, "canary"), newSite(t, "shadow")
	h := openSites(t, spread([]string{at(live), at(canary, "role: canary"), at(shadow, "role: mirror")},
		"    canary: {percent: 20, by: call, header: X-Canary}\n    mirror: {max_in_flight: 1000}\n"))
	defer h.Stop()
	const calls = 1000
	got := tally(t, h.URL(), "GET", 4, calls/4)
	if n := got["canary"]; n < calls*15/100 || n > calls*25/100 || n+got["live"] != calls {
		t.Errorf("the answers are %v, want 20%% of the canary", got)
	}
	for _, choice := range []struct{ word, want string }{{"always", "canary"}, {"never", "live"}} {
		r, _ := http.NewRequest("GET", h.URL()+"/name", nil)
		r.Header.Set("X-Canary", choice.word)
		for _, name := range []string{"Authorization", "Cookie", "X-Key"} {
			r.Header.Set(name, "a=secret")
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if string(body) != choice.want {
			t.Errorf("%s is answered by %s", choice.word, body)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	tally(t, h.URL(), "POST", 1, 10)
	for limit := time.Now().Add(10 * time.Second); shadow.calls.Load() < calls+2 && time.Now().Before(limit); time.Sleep(time.Millisecond) {
	}
	if s := h.live.ways[0].Stats(); shadow.calls.Load() != calls+2 || s.Mirrored != calls+2 || s.Dropped != 0 {
		t.Errorf("the mirror got %d copies, want %d; %+v", shadow.calls.Load(), calls+2, s)
	}
	if seen, _ := shadow.seen.Load("/name"); seen != "" {
		t.Errorf("a copy held credentials: %q", seen)
	}
}

// TestWaysOutlive: what is known of an upstream stays as long as its own
// settings do, and the balancer as long as all of them.
func TestWaysOutlive(t *testing.T) {
	ws := newWays()
	api := func(change func(*config.API)) *config.API {
		s := &config.API{Contract: "a.yaml", Upstreams: []config.Upstream{{URL: "http://127.0.0.1:1"}, {URL: "http://127.0.0.1:2"}}}
		change(s)
		return s
	}
	get := func(s *config.API) *way {
		t.Helper()
		w, wrong := ws.acquire(s, nil)
		if len(wrong) > 0 {
			t.Fatal(wrong[0].text)
		}
		return w
	}
	before := get(api(func(*config.API) {}))
	for _, row := range []struct {
		name     string
		change   func(*config.API)
		way      bool // stays
		one, two bool // what is known of the upstreams stays
		pools    int
	}{
		{"nothing", func(*config.API) {}, true, true, true, 2},
		{"weight", func(s *config.API) { s.Upstreams[0].Weight = 2 }, false, true, true, 2},
		{"retries", func(s *config.API) { s.Retries.Tries = 1 }, false, true, true, 2},
		{"role", func(s *config.API) { s.Upstreams[1].Role = config.Canary }, false, true, true, 2},
		{"canary", func(s *config.API) { s.Canary = &config.CanarySplit{Percent: 3} }, false, true, true, 2},
		{"another-api", func(s *config.API) { s.Prefix = "/b" }, false, true, true, 2},
		{"timeout-of-one", func(s *config.API) { s.Upstreams[0].MaxInFlight = 7 }, false, false, true, 3},
		{"health", func(s *config.API) { s.Health = &config.Health{Path: "/h"} }, false, false, false, 2},
		{"breaker", func(s *config.API) { s.Breaker.Trials = 1 }, false, false, false, 2},
	} {
		after := get(api(row.change))
		if got := after == before; got != row.way {
			t.Errorf("%s: the way stays is %v", row.name, got)
		}
		for i, want := range []bool{row.one, row.two} {
			if got := after.seats[i].Node == before.seats[i].Node; got != want {
				t.Errorf("%s: what is known of upstream %d stays is %v", row.name, i, got)
			}
		}
		if n := len(ws.pools); n != row.pools {
			t.Errorf("%s: %d pools are open, want %d", row.name, n, row.pools)
		}
		ws.release([]*way{after})
	}
	bad := api(func(s *config.API) { s.Upstreams[0].URL, s.Upstreams[1].URL = "x", "y" })
	if w, wrong := ws.acquire(bad, nil); w != nil || len(wrong) != 2 {
		t.Errorf("%v: not every mistake is said", wrong)
	}
	ws.release([]*way{before})
	if len(ws.open)+len(ws.seats)+len(ws.pools) != 0 {
		t.Errorf("%d ways, %d seats, %d pools are left", len(ws.open), len(ws.seats), len(ws.pools))
	}
}
