package serve

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
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

// speak sends bytes and reads the status and body of one answer.
func speak(t *testing.T, network, address, text string) (status int, body string) {
	t.Helper()
	c, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

// TestWhoTheClientIs calls through a load balancer and through a Unix socket:
// the API hears who the client is.
func TestWhoTheClientIs(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "for "+r.Header.Get("X-Forwarded-For"))
	}))
	t.Cleanup(api.Close)
	socket := filepath.Join(t.TempDir(), "gate.sock")
	h := openHouse(t, "version: 1\nlisteners:\n  - {address: 127.0.0.1:0, proxy_protocol: {from: [127.0.0.0/8]}}\n  - {address: 'unix:"+socket+"', socket_access: owner, trusted_proxies: [127.0.0.1/32]}\n"+
		"apis: [{contract: a.yaml, upstreams: [{url: '"+api.URL+"'}]}]\nrecord: {events: none}\n")
	defer h.Stop()
	const get = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
	tcp := strings.TrimPrefix(h.URL(), "http://")
	if s, b := speak(t, "tcp", tcp, "PROXY TCP4 192.0.2.77 192.0.2.1 5000 80\r\n"+get+"\r\n"); s != 200 || b != "for 192.0.2.77" {
		t.Errorf("by a load balancer: %d %s", s, b)
	}
	if s, b := speak(t, "tcp", tcp, "PROXY TCP4 192.0.2.77 192.0.2.1 5000 80\r\n"+get+"X-Forwarded-For: 192.0.2.99\r\n\r\n"); s != 200 || b != "for 192.0.2.77" {
		t.Errorf("the client's own word: %d %s", s, b)
	}
	if s, b := speak(t, "tcp", tcp, get+"\r\n"); s != 0 {
		t.Errorf("without the header: %d %s", s, b)
	}
	if s, b := speak(t, "unix", socket, get+"\r\n"); s != 200 || b != "for 127.0.0.1" {
		t.Errorf("by a socket: %d %s", s, b)
	}
	if s, b := speak(t, "unix", socket, get+"X-Forwarded-For: 192.0.2.88\r\n\r\n"); s != 200 || b != "for 192.0.2.88, 127.0.0.1" {
		t.Errorf("by a socket, from a trusted proxy: %d %s", s, b)
	}
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	// From now on nobody passes connections on.
	text := strings.Replace("version: 1\nlisteners:\n  - {address: 127.0.0.1:0}\n  - {address: 'unix:"+socket+"'}\napis: [{contract: a.yaml, upstreams: [{url: 'API'}]}]\nrecord: {events: none}\n", "API", api.URL, 1)
	h.write("gatehouse.yaml", text)
	h.reload("changed", true)
	if s, b := speak(t, "tcp", tcp, get+"\r\n"); s != 200 || b != "for 127.0.0.1" {
		t.Errorf("without a load balancer: %d %s", s, b)
	}
	if s, _ := speak(t, "tcp", tcp, "PROXY TCP4 192.0.2.77 192.0.2.1 5000 80\r\n"+get+"\r\n"); s != 400 {
		t.Errorf("a header that nobody asked for: %d", s)
	}
	if s, b := speak(t, "unix", socket, get+"\r\n"); s != 200 {
		t.Errorf("by a socket that others may use now: %d %s", s, b)
	}
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("the socket: %v, %v", info, err)
	}
}

// waiting runs a program until its context ends or another takes over.
type waiting struct {
	*Program
	log   lockedText
	ended chan error
}

// lockedText is what a program says.
type lockedText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func waitingAt(t *testing.T, ctx context.Context, file string) *waiting {
	t.Helper()
	w := &waiting{ended: make(chan error, 1)}
	p, err := Start(Config{File: file, Stderr: &w.log, Poll: -1})
	if err != nil {
		t.Fatal(err)
	}
	w.Program = p
	go func() { w.ended <- p.Wait(ctx) }()
	return w
}

// TestHandoverUnderLoad replaces the program several times while clients
// connect: none is turned away, and each gets its answer.
func TestHandoverUnderLoad(t *testing.T) {
	api, _ := upstreamOf(t)
	h := &house{t: t, dir: t.TempDir()}
	h.write("a.yaml", contractOf("A", "/a"))
	h.write("planted", planted)
	h.write("gatehouse.yaml", one("a.yaml", api, "  - address: 'unix:"+filepath.Join(h.dir, "gate.sock")+"'\n")+"maintenance: {address: 127.0.0.1:0}\nhandover: handover.sock\n")
	file := filepath.Join(h.dir, "gatehouse.yaml")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	now := waitingAt(t, ctx, file)
	url, ready := now.URL(), now.maintenanceURL()+"/readyz"

	var calls atomic.Int64
	var stop atomic.Bool
	var clients sync.WaitGroup
	get := func(client *http.Client, url string) bool {
		answer, err := client.Get(url)
		if err != nil {
			t.Errorf("a call failed: %v", err)
			return false
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != 200 {
			t.Errorf("%s: %d %s, %v", url, answer.StatusCode, b, err)
		}
		calls.Add(1)
		return err == nil
	}
	for i := range 4 {
		clients.Go(func() {
			to := &http.Transport{DisableKeepAlives: true}
			target := url + "/a"
			switch i {
			case 2:
				to.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(h.dir, "gate.sock"))
				}
			case 3:
				target = ready
			}
			client := &http.Client{Timeout: 10 * time.Second, Transport: to}
			for !stop.Load() && get(client, target) {
			}
		})
	}
	for range 2 { // these keep their connections as long as the gate does
		clients.Go(func() {
			for !stop.Load() {
				c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
				if err != nil {
					t.Errorf("a client is turned away: %v", err)
					return
				}
				for keeper := (&caller{c, bufio.NewReader(c)}); err == nil && !stop.Load(); calls.Add(1) {
					var s int
					if s, _, err = keeper.get("/a"); s != 200 {
						t.Errorf("a call on a kept connection: %d, %v", s, err)
					}
				}
				if c.Close(); err != nil && err != errEnds {
					t.Errorf("a kept connection: %v", err)
				}
			}
		})
	}
	for range 5 {
		before := calls.Load()
		for limit := time.Now().Add(10 * time.Second); calls.Load() < before+50; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("calls do not go on: %s", now.log.String())
			}
		}
		next := waitingAt(t, ctx, file)
		select {
		case err := <-now.ended:
			if err != nil {
				t.Errorf("the program that was replaced: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("the program that was replaced goes on: %s", now.log.String())
		}
		if next.URL() != url || !strings.Contains(next.log.String(), "were taken over") || !strings.Contains(now.log.String(), "another gate has taken") {
			t.Errorf("at %s: %s\n%s", next.URL(), next.log.String(), now.log.String())
		}
		now = next
	}
	stop.Store(true)
	clients.Wait()
	cancel()
	if err := <-now.ended; err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(h.dir, "*.sock"))
	if len(left) > 0 || err != nil {
		t.Errorf("sockets are left: %v, %v", left, err)
	}
}

// TestHandoverThatFails starts a second program that cannot serve: the first
// one serves on.
func TestHandoverThatFails(t *testing.T) {
	api, _ := upstreamOf(t)
	h := &house{t: t, dir: t.TempDir()}
	h.write("a.yaml", contractOf("A", "/a"))
	h.write("planted", planted)
	text := one("a.yaml", api) + "handover: handover.sock\n"
	h.write("gatehouse.yaml", text)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	now := waitingAt(t, ctx, filepath.Join(h.dir, "gatehouse.yaml"))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	h.write("second.yaml", strings.Replace(text, "apis:", fmt.Sprintf("  - address: %s\napis:", taken.Addr()), 1))
	if _, err := Start(Config{File: filepath.Join(h.dir, "second.yaml"), Poll: -1}); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error %v", err)
	}
	if s := status(t, now.URL()+"/a"); s != 200 {
		t.Errorf("status %d", s)
	}
	third := waitingAt(t, ctx, filepath.Join(h.dir, "gatehouse.yaml"))
	if err := <-now.ended; err != nil {
		t.Error(err)
	}
	if s := status(t, third.URL()+"/a"); s != 200 || third.URL() != now.URL() {
		t.Errorf("status %d at %s", s, third.URL())
	}
	cancel()
	if err := <-third.ended; err != nil {
		t.Error(err)
	}
}
