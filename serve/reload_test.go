package serve

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

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
		{"a-pipe-in-its-place", func(h *house) {
			os.Remove(filepath.Join(h.dir, "gatehouse.yaml"))
			h.pipe("gatehouse.yaml")
		}, []string{"the file is a pipe now"}, nil},
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
		{"events-that-nobody-reads", func(h *house) {
			h.pipe("events")
			h.write("gatehouse.yaml", strings.Replace(good, "none", "events", 1))
		}, []string{"nobody reads the pipe"}, nil},
		{"alerts-on-a-disk-that-hangs", func(h *house) {
			if err := os.Mkdir(filepath.Join(h.dir, "seen"), 0o700); err != nil {
				h.t.Fatal(err)
			}
			h.pipe("seen/stranger.seen")
			h.write("gatehouse.yaml", strings.Replace(good, "none", "none, alerts_folder: seen, alerts: [{name: stranger, first_seen: {value: address}}]", 1))
		}, []string{"what alerts have seen before cannot be read from", "seen: the disk does not answer", "gatehouse.yaml:7:"},
			func(h *house) {
				h.write("gatehouse.yaml", good)
				if f, err := os.OpenFile(filepath.Join(h.dir, "seen", "stranger.seen"), os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
					f.Close() // whoever still reads has an answer
				}
			}},
		{"authorities-from-a-pipe", func(h *house) {
			h.pipe("ca.pem")
			h.write("gatehouse.yaml", strings.Replace(good, api+`"`, strings.Replace(api, "http", "https", 1)+`", ca: ca.pem`, 1))
		}, []string{"not a regular file"}, nil},
		{"certificate-from-a-pipe", func(h *house) {
			h.pipe("tls.pem")
			h.write("gatehouse.yaml", strings.Replace(good, "apis:", "  - {address: \"127.0.0.1:0\", tls: {certificate: tls.pem, key: tls.pem}}\napis:", 1))
		}, []string{"not a regular file"}, nil},
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
			if len(h.reader.ways.pools) != 1 {
				t.Errorf("%d pools are open", len(h.reader.ways.pools))
			}
		})
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
		return bytes.Count(b, []byte(`"event":"exchange"`))
	}
	wait := func(name string, want int) {
		t.Helper()
		for limit := time.Now().Add(10 * time.Second); lines(name) != want; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("%s has %d calls, want %d", name, lines(name), want)
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

// TestWarningsOfReloads: what a change brings that is only warned of is counted.
func TestWarningsOfReloads(t *testing.T) {
	api, _ := upstreamOf(t)
	h := openHouse(t, one("a.yaml", api))
	defer h.Stop()
	h.write("gatehouse.yaml", strings.Replace(one("a.yaml", api), api, "http://192.0.2.1:9000", 1))
	h.reload("a test", true)
	h.said(`msg="there are more warnings than before" warnings=1 hint="gatehouse check --config ` + h.dir)
}

// TestFilesAreWatched changes each kind of file and waits for the new plan.
func TestFilesAreWatched(t *testing.T) {
	api, _ := upstreamOf(t)
	text := strings.Replace(one("a.yaml", api), "X-Planted:", "X-Key: \"${file:key}\", X-Planted:", 1)
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
