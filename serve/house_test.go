package serve

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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
		fmt.Fprintf(&b, "  %s: {get: {responses: {\"200\": {description: OK, content: {text/plain: {}}}}}}\n", p)
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
