package serve

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// house is a folder with a gatehouse.yaml, and a program that serves it.
type house struct {
	*Program
	t   *testing.T
	dir string
	log lockedBuffer
}

// lockedBuffer is a bytes.Buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// write writes a file of the folder as careful programs do: in one step.
func (h *house) write(name, text string) {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		h.t.Fatal(err)
	}
}

// contractOf describes the paths.
func contractOf(title string, paths ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "openapi: 3.1.0\ninfo: {title: %s, version: 1.0.0}\nsecurity: []\npaths:\n", title)
	for _, p := range paths {
		fmt.Fprintf(&b, "  %s: {get: {responses: {\"200\": {description: OK}}}}\n", p)
	}
	return b.String()
}

// open serves gatehouse.yaml of a new folder; contracts a.yaml and b.yaml are
// there.
func openHouse(t *testing.T, text string, change ...func(*Config)) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir()}
	h.write("a.yaml", contractOf("A", "/both", "/a"))
	h.write("b.yaml", contractOf("B", "/both", "/b"))
	h.write("gatehouse.yaml", text)
	c := Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1}
	for _, f := range change {
		f(&c)
	}
	p, err := Start(c)
	if err != nil {
		t.Fatalf("%v", err)
	}
	h.Program = p
	return h
}

// said waits until the program has written a text.
func (h *house) said(want string) {
	h.t.Helper()
	for limit := time.Now().Add(10 * time.Second); !strings.Contains(h.log.String(), want); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			h.t.Fatalf("the program did not say %q:\n%s", want, h.log.String())
		}
	}
}

// status makes a call on a connection of its own.
func status(t *testing.T, url string) int {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		t.Error(err)
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}

func upstreamOf(t *testing.T) (url string, connections *atomic.Int64) {
	connections = new(atomic.Int64)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }))
	s.Config.ConnContext = func(ctx context.Context, _ netConn) context.Context {
		connections.Add(1)
		return ctx
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, connections
}

// config of one listener and one API.
func one(contract, upstream string, more ...string) string {
	return fmt.Sprintf("version: 1\nlisteners:\n  - address: 127.0.0.1:0\n%sapis:\n  - contract: %s\n    upstreams: [{url: \"%s\"}]\nrecord: {events: none}\n",
		strings.Join(more, ""), contract, upstream)
}

// TestReloadUnderLoad changes the configuration many times below calls on
// kept connections: no call fails, no connection is lost on either side, and
// each answer is of one plan or the other.
func TestReloadUnderLoad(t *testing.T) {
	const workers, reloads, least = 6, 150, 2000
	api, connections := upstreamOf(t)
	versions := []string{one("a.yaml", api), one("b.yaml", api, "    max_connections: 100\n")}
	h := openHouse(t, versions[0])
	defer h.Stop()
	url := h.URL()
	var calls, opened, ofA, ofB atomic.Int64
	done := make(chan struct{})
	var work sync.WaitGroup
	for range workers {
		work.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
			defer client.CloseIdleConnections()
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
				if !i.Reused {
					opened.Add(1)
				}
			}})
			get := func(path string) int {
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				answer, err := client.Do(r)
				if err != nil {
					t.Errorf("a call failed: %v", err)
					return 0
				}
				defer answer.Body.Close()
				io.Copy(io.Discard, answer.Body)
				calls.Add(1)
				return answer.StatusCode
			}
			for {
				if s := get("/both"); s != http.StatusOK {
					t.Errorf("GET /both: %d", s)
				}
				switch s := get("/a"); s {
				case http.StatusOK:
					ofA.Add(1)
				case http.StatusNotFound:
					ofB.Add(1)
				default:
					t.Errorf("GET /a: %d", s)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := 1; i <= reloads || calls.Load() < least; i++ {
		h.write("gatehouse.yaml", versions[i%2])
		h.reload("a test", true)
	}
	close(done)
	work.Wait()
	t.Logf("%d calls, %d plans, %d connections to the API", calls.Load(), h.count, connections.Load())
	if h.count <= reloads || ofA.Load() == 0 || ofB.Load() == 0 {
		t.Errorf("%d plans; answers: %d of one, %d of the other", h.count, ofA.Load(), ofB.Load())
	}
	if opened.Load() != workers {
		t.Errorf("clients opened %d connections, want %d", opened.Load(), workers)
	}
	if n := connections.Load(); n > 2*workers {
		t.Errorf("the gate opened %d connections to the API", n)
	}
}

// TestReloadsThatFail keep what serves, say why, and are mended.
func TestReloadsThatFail(t *testing.T) {
	api, _ := upstreamOf(t)
	good := one("a.yaml", api)
	tests := []struct {
		name   string
		damage func(h *house)
		wants  []string
		mend   func(h *house)
	}{
		{"unknown-key", func(h *house) { h.write("gatehouse.yaml", good+"recrd: {}\n") }, []string{"there is no key", "gatehouse.yaml:8:1"}, nil},
		{"no-yaml", func(h *house) { h.write("gatehouse.yaml", "a: [") }, []string{"not valid YAML"}, nil},
		{"removed", func(h *house) { os.Remove(filepath.Join(h.dir, "gatehouse.yaml")) }, []string{"there is no such file"}, nil},
		{"broken-contract", func(h *house) {
			h.write("a.yaml", "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\npaths: {a: {}}\n")
		}, []string{"a.yaml:3:"},
			func(h *house) { h.write("a.yaml", contractOf("A", "/both", "/a")) }},
		{"contract-removed", func(h *house) { os.Remove(filepath.Join(h.dir, "a.yaml")) }, []string{"the contract cannot be read", "no such file", "gatehouse.yaml:5:"},
			func(h *house) { h.write("a.yaml", contractOf("A", "/both", "/a")) }},
		{"two-things", func(h *house) {
			h.write("gatehouse.yaml", strings.Replace(good, "contract", "contrakt", 1)+"drain: 1\n")
		}, []string{"contrakt", "drain"}, nil},
		{"address-in-use", func(h *house) {
			h.write("gatehouse.yaml", strings.Replace(good, "apis:", "  - address: "+strings.TrimPrefix(api, "http://")+"\napis:", 1))
		}, []string{"address already in use"}, nil},
		{"events-nowhere", func(h *house) { h.write("gatehouse.yaml", strings.Replace(good, "none", "a.yaml/x", 1)) }, []string{"not a directory"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := openHouse(t, good)
			defer h.Stop()
			test.damage(h)
			h.reload("a test", true)
			for _, want := range append(test.wants, `the changed configuration is not used, the one before serves on" because="a test" plan=1`) {
				h.said(want)
			}
			if h.count != 1 || status(t, h.URL()+"/a") != http.StatusOK || len(h.URLs()) != 1 {
				t.Errorf("plan %d, listeners %v", h.count, h.URLs())
			}
			if test.mend == nil {
				h.write("gatehouse.yaml", good)
			} else {
				test.mend(h)
			}
			h.reload("mended", true)
			h.said("the configuration is again the one that serves")
			h.write("gatehouse.yaml", one("b.yaml", api))
			h.reload("another", true)
			if h.count != 2 || status(t, h.URL()+"/b") != http.StatusOK || status(t, h.URL()+"/a") != http.StatusNotFound {
				t.Errorf("plan %d", h.count)
			}
			if len(h.reader.pools) != 1 {
				t.Errorf("%d pools are open", len(h.reader.pools))
			}
		})
	}
}

// TestListenersMove adds a listener, removes the first one, and changes what
// is spoken at an address that stays.
func TestListenersMove(t *testing.T) {
	api, _ := upstreamOf(t)
	first := one("a.yaml", api)
	h := openHouse(t, first)
	defer h.Stop()
	before := h.URL()
	h.write("gatehouse.yaml", strings.Replace(first, "apis:", "  - address: localhost:0\napis:", 1))
	h.reload("a test", true)
	urls := h.URLs()
	if len(urls) != 2 || urls[0] != before || status(t, urls[0]+"/a") != 200 || status(t, urls[1]+"/a") != 200 {
		t.Fatalf("listeners %v", urls)
	}
	h.write("gatehouse.yaml", strings.Replace(first, "127.0.0.1:0", "localhost:0", 1))
	h.reload("a test", true)
	if now := h.URLs(); len(now) != 1 || now[0] != urls[1] || status(t, now[0]+"/a") != 200 {
		t.Errorf("listeners %v, want %s", now, urls[1])
	}
	h.said("listeners closed: 127.0.0.1:0")
	for limit := time.Now().Add(10 * time.Second); ; {
		if _, err := http.Get(before); err != nil {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("%s still answers", before)
		}
	}
}

// TestListenerChangesItsSpeech puts TLS on an address that plain HTTP was
// spoken on: the port stays open all the while.
func TestListenerChangesItsSpeech(t *testing.T) {
	api, _ := upstreamOf(t)
	plain := one("a.yaml", api)
	h := openHouse(t, plain)
	defer h.Stop()
	before := h.URL()
	cert, key, err := certificate()
	if err != nil {
		t.Fatal(err)
	}
	h.write("cert.pem", string(cert))
	h.write("key.pem", string(key))
	h.write("gatehouse.yaml", one("a.yaml", api, "    tls: {certificate: cert.pem, key: key.pem}\n"))
	h.reload("a test", true)
	if want := strings.Replace(before, "http:", "https:", 1); h.URL() != want {
		t.Fatalf("listens on %s, want %s", h.URL(), want)
	}
	if s := secureStatus(t, h.URL()+"/a"); s != http.StatusOK {
		t.Errorf("status %d", s)
	}
	h.write("gatehouse.yaml", plain)
	h.reload("back", true)
	if h.URL() != before || status(t, before+"/a") != http.StatusOK {
		t.Errorf("listens on %s, want %s", h.URL(), before)
	}
}

// TestCallsEndOnTheirPlan removes an API while a call is with it.
func TestCallsEndOnTheirPlan(t *testing.T) {
	arrived, free := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-free
		io.WriteString(w, "late")
	}))
	defer slow.Close()
	other, _ := upstreamOf(t)
	h := openHouse(t, one("a.yaml", slow.URL))
	defer h.Stop()
	got := make(chan int, 1)
	go func() { got <- status(t, h.URL()+"/a") }()
	<-arrived
	h.write("gatehouse.yaml", one("b.yaml", other))
	h.reload("a test", true)
	if s := status(t, h.URL()+"/b"); s != http.StatusOK {
		t.Errorf("the new plan: %d", s)
	}
	close(free)
	if s := <-got; s != http.StatusOK {
		t.Errorf("the call in flight: %d", s)
	}
}

// TestClosedListenersDrain stops the program while a call of a listener that
// was closed by a reload is with the API.
func TestClosedListenersDrain(t *testing.T) {
	arrived, free := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-free
	}))
	defer slow.Close()
	h := openHouse(t, one("a.yaml", slow.URL))
	got := make(chan int, 1)
	go func() { got <- status(t, h.URL()+"/a") }()
	<-arrived
	h.write("gatehouse.yaml", strings.Replace(one("a.yaml", slow.URL), "127.0.0.1:0", "localhost:0", 1))
	h.reload("a test", true)
	stopped := make(chan error, 1)
	go func() { stopped <- h.Stop() }()
	close(free)
	if s, err := <-got, <-stopped; s != http.StatusOK || err != nil {
		t.Errorf("the call in flight: %d; the end: %v", s, err)
	}
}

// TestEventsMove changes where events go, with events of both sides of the
// change in the right place, and opens a file anew that was moved away.
func TestEventsMove(t *testing.T) {
	api, _ := upstreamOf(t)
	text := func(name string) string { return strings.Replace(one("a.yaml", api), "none", name, 1) }
	h := openHouse(t, text("one.jsonl"))
	lines := func(name string) int {
		b, err := os.ReadFile(filepath.Join(h.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(b, []byte("\n"))
	}
	wait := func(name string, want int) {
		t.Helper()
		for limit := time.Now().Add(10 * time.Second); lines(name) != want; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("%s has %d lines, want %d", name, lines(name), want)
			}
		}
	}
	status(t, h.URL()+"/a")
	wait("one.jsonl", 1)
	if err := os.Rename(filepath.Join(h.dir, "one.jsonl"), filepath.Join(h.dir, "old.jsonl")); err != nil {
		t.Fatal(err)
	}
	h.reload("rotated", false)
	status(t, h.URL()+"/a")
	wait("one.jsonl", 1)
	h.write("gatehouse.yaml", text("two.jsonl"))
	h.reload("moved", true)
	status(t, h.URL()+"/a")
	status(t, h.URL()+"/a")
	wait("two.jsonl", 2)
	h.write("gatehouse.yaml", text("none"))
	h.reload("none", true)
	status(t, h.URL()+"/a")
	h.write("gatehouse.yaml", text("one.jsonl"))
	h.reload("back", true)
	status(t, h.URL()+"/a")
	if err := h.Stop(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"old.jsonl": 1, "one.jsonl": 2, "two.jsonl": 2} {
		if n := lines(name); n != want {
			t.Errorf("%s has %d lines, want %d", name, n, want)
		}
	}
}

// TestFilesAreWatched changes each kind of file and waits for the new plan.
func TestFilesAreWatched(t *testing.T) {
	api, _ := upstreamOf(t)
	text := strings.Replace(one("a.yaml", api), "\"}]", "\", fields: {X-Key: \"${file:key}\"}}]", 1)
	h := openHouse(t, one("b.yaml", api), func(c *Config) { c.Poll = time.Millisecond })
	h.write("key", "one")
	h.write("parts.yaml", "get: {responses: {\"200\": {description: OK}}}\n")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Wait(ctx) }()
	h.write("gatehouse.yaml", text)
	h.said("plan=2 because=\"files changed: gatehouse.yaml\"")
	h.write("key", "two")
	h.said("plan=3 because=\"files changed: key\"")
	h.write("a.yaml", contractOf("A", "/a")+"  /ref: {$ref: parts.yaml}\n")
	h.said("plan=4 because=\"files changed: a.yaml\"")
	h.write("parts.yaml", "get: {responses: {\"2XX\": {description: No}}}\n")
	h.said("plan=5 because=\"files changed: parts.yaml\"")
	if s := status(t, h.URL()+"/ref"); s != http.StatusOK {
		t.Errorf("status %d", s)
	}
	os.Remove(filepath.Join(h.dir, "parts.yaml"))
	h.said("files changed: parts.yaml\" plan=5")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if strings.Contains(h.log.String(), "two\"") {
		t.Error("the secret is in the log")
	}
}

// TestReloadOfFlags reads the contract again that a flag names.
func TestReloadOfFlags(t *testing.T) {
	api, _ := upstreamOf(t)
	dir := t.TempDir()
	h := &house{t: t, dir: dir}
	h.write("a.yaml", contractOf("A", "/a"))
	reload := make(chan struct{})
	p, err := Start(Config{Contract: filepath.Join(dir, "a.yaml"), Upstream: api, Listen: "127.0.0.1:0", Stderr: &h.log, Reload: reload, Poll: -1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Wait(ctx) }()
	h.write("a.yaml", contractOf("A", "/b"))
	reload <- struct{}{}
	h.said("files changed: a.yaml")
	if s := status(t, p.URL()+"/b"); s != http.StatusOK {
		t.Errorf("status %d", s)
	}
	reload <- struct{}{}
	h.said("changes=none")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
