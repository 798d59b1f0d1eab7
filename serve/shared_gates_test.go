package serve

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// sharedMark has a process of the test be a gate.
const sharedMark = "GATEHOUSE_SHARED_GATE"

// TestSharedGate is a gate in a process of its own: it serves the gatehouse.yaml
// that the mark names until its input ends.
func TestSharedGate(t *testing.T) {
	file := os.Getenv(sharedMark)
	if file == "" {
		return // it is none
	}
	p, err := Start(Config{File: file, Stderr: os.Stderr, Poll: -1})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("gate", p.URL(), p.MaintenanceURL())
	io.Copy(io.Discard, os.Stdin)
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
}

// Limits of the test, which three gates have in common.
const (
	sharedQuota  = 1000
	sharedRate   = 200 // a second, and at once
	sharedWindow = 500 // in a second
	sharedPlaces = 6
	sharedGates  = 3
	sharedWait   = 250 * time.Millisecond // a busy machine takes its time
)

const sharedContract = `openapi: 3.1.0
info: {title: Together, version: 1.0.0}
security: []
paths:
  /quota: {get: {responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /rate: {get: {responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /window: {get: {responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /places: {get: {responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /flushed: {get: {responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /closed: {get: {responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /open: {get: {responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /degraded: {get: {responses: {"200": {description: OK, content: {text/plain: {}}}}}}
`

func sharedSettings(api, redis string) string {
	operations := ""
	for _, name := range []string{"quota", "rate", "window", "places", "flushed", "closed", "open", "degraded"} {
		operations += fmt.Sprintf("      GET /%s: {limits: [%s]}\n", name, name)
	}
	return fmt.Sprintf(`version: 1
listeners: [{address: "127.0.0.1:0"}]
apis:
  - contract: shared.yaml
    upstreams: [{url: "%s"}]
    operations:
%srecord: {events: none}
overload: {disabled: true}
maintenance: {address: "127.0.0.1:0"}
counters: {addresses: ["%s"], gates: %d, pepper: "${file:pepper}", timeout: %v}
limits:
  quota: {key: [operation], quota: {amount: %d, per: month}, shared: true, on_failure: closed}
  flushed: {key: [operation], quota: {amount: %d, per: month}, shared: true, on_failure: closed}
  rate: {key: [operation], rate: {amount: %d, per: 1s}, shared: true, on_failure: closed}
  window: {key: [operation], window: {amount: %d, per: 1s}, shared: true, on_failure: closed}
  places: {key: [operation], concurrency: {amount: %d}, shared: true, on_failure: closed}
  closed: {key: [operation], rate: {amount: 1000000, per: 1s}, shared: true, on_failure: closed}
  open: {key: [operation], quota: {amount: 30, per: day}, shared: true, on_failure: open}
  degraded: {key: [operation], quota: {amount: 30, per: day}, shared: true, on_failure: degraded}
`, api, operations, redis, sharedGates, sharedWait, sharedQuota, sharedQuota, sharedRate, sharedWindow, sharedPlaces)
}

// together are three gates in processes of their own, on one server.
type together struct {
	t      *testing.T
	urls   []string
	watch  []string
	client *http.Client

	mu   sync.Mutex
	seen map[string][]time.Time // guarded by mu; when calls came to the API
	in   map[string]int         // guarded by mu; calls that are there
	most map[string]int         // guarded by mu
}

func openTogether(t *testing.T, redis string) *together {
	t.Helper()
	g := &together{t: t, seen: map[string][]time.Time{}, in: map[string]int{}, most: map[string]int{}}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		g.mu.Lock()
		g.seen[path] = append(g.seen[path], time.Now())
		g.in[path]++
		g.most[path] = max(g.most[path], g.in[path])
		g.mu.Unlock()
		if path == "/places" {
			time.Sleep(3 * time.Millisecond)
		}
		g.mu.Lock()
		g.in[path]--
		g.mu.Unlock()
		io.WriteString(w, "ok")
	}))
	t.Cleanup(api.Close)
	g.client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	t.Cleanup(g.client.CloseIdleConnections)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range sharedGates {
		h := &house{t: t, dir: t.TempDir()}
		h.write("shared.yaml", sharedContract)
		h.write("pepper", pepperOfTests)
		h.write("gatehouse.yaml", sharedSettings(api.URL, redis))
		c := exec.CommandContext(context.WithoutCancel(t.Context()), program, "-test.run=^TestSharedGate$")
		c.Env = append(os.Environ(), sharedMark+"="+filepath.Join(h.dir, "gatehouse.yaml"), "GOMAXPROCS=2")
		log := new(testdata.Buffer)
		c.Stderr = log
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() && !strings.HasPrefix(lines.Text(), "gate ") {
		}
		words := strings.Fields(lines.Text())
		t.Cleanup(func() {
			in.Close()
			io.Copy(io.Discard, out)
			if err := c.Wait(); err != nil || t.Failed() {
				t.Logf("a gate: %v\n%s", err, log)
			}
		})
		if len(words) != 3 {
			t.Fatal("a gate does not start: ", log)
		}
		g.urls, g.watch = append(g.urls, words[1]), append(g.watch, words[2])
	}
	return g
}

// ask calls one gate.
func (g *together) ask(gate int, path string) (status int, answer http.Header, took time.Duration) {
	begun := time.Now()
	r, err := g.client.Get(g.urls[gate] + path)
	if err != nil {
		g.t.Error(err)
		return 0, nil, 0
	}
	io.Copy(io.Discard, r.Body)
	r.Body.Close()
	return r.StatusCode, r.Header, time.Since(begun)
}

// load calls all gates by several clients each until enough says so, and returns
// how often each status came and how long a call took at most.
func (g *together) load(path string, clients int, enough func(status int) bool) (statuses map[int]int, longest time.Duration) {
	statuses = map[int]int{}
	var mu sync.Mutex
	var over atomic.Bool
	var work sync.WaitGroup
	for gate := range g.urls {
		for range clients {
			work.Go(func() {
				for !over.Load() {
					status, _, took := g.ask(gate, path)
					mu.Lock()
					statuses[status]++
					longest = max(longest, took)
					if enough(status) {
						over.Store(true)
					}
					mu.Unlock()
				}
			})
		}
	}
	work.Wait()
	return statuses, longest
}

// during is enough after a time.
func during(d time.Duration) func(int) bool {
	end := time.Now().Add(d)
	return func(int) bool { return time.Now().After(end) }
}

// passed are the times at which calls came to the API.
func (g *together) passed(path string) []time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	times := slices.Clone(g.seen[path])
	slices.SortFunc(times, time.Time.Compare)
	return times
}
