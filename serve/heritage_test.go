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

	"github.com/gatehouse-api/gatehouse/wire/inherit"
)

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
	url, ready := now.URL(), now.MaintenanceURL()+"/readyz"

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

// TestSystemdIsTold has the program say that it serves, reads everything again,
// and ends.
func TestSystemdIsTold(t *testing.T) {
	at := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	said := func(want string) {
		t.Helper()
		c.SetDeadline(time.Now().Add(10 * time.Second))
		b := make([]byte, 100)
		if n, err := c.Read(b); !strings.HasPrefix(string(b[:n]), want) {
			t.Errorf("%q, %v, want %s", b[:n], err, want)
		}
	}
	api, _ := upstreamOf(t)
	h := openHouse(t, one("a.yaml", api), func(c *Config) {
		c.Look = func(name string) (string, bool) { return at, name == "NOTIFY_SOCKET" }
	})
	said("READY=1")
	h.reload("asked", false)
	said("RELOADING=1\nMONOTONIC_USEC=")
	said("READY=1")
	if err := h.Stop(); err != nil {
		t.Error(err)
	}
	said("STOPPING=1")
}

// TestWhichSocketIsWhose finds sockets by the name that systemd has for them,
// by what the gate before was told, and by where they are.
func TestWhichSocketIsWhose(t *testing.T) {
	sockets := map[string]net.Listener{}
	for _, name := range []string{"web", "other", "handed", "second"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		sockets[name] = l
	}
	path := filepath.Join(t.TempDir(), "s")
	unix, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close()
	sockets["unix"] = unix
	h := &heritage{
		systemd: []inherit.Socket{{Name: "web", Listener: sockets["web"]}, {Name: "", Listener: sockets["other"]}, {Name: "u", Listener: unix}},
		taken:   &inherit.Taken{Sockets: []inherit.Socket{{Name: "clients 127.0.0.1:0", Listener: sockets["handed"]}, {Name: "clients 127.0.0.1:0", Listener: sockets["second"]}}},
	}
	for _, row := range []struct {
		what, address string
		nth           int
		want          string
	}{
		{forClients, "systemd:web", 0, "web"},
		{forClients, "systemd:web", 1, ""},
		{forClients, "systemd:nobody", 0, ""},
		{forClients, sockets["other"].Addr().String(), 0, "other"},
		{forWatching, sockets["web"].Addr().String(), 0, "web"},
		{forClients, "unix:" + path, 0, "unix"},
		{forClients, "unix:" + path + "x", 0, ""},
		{forClients, "127.0.0.1:0", 0, "handed"},
		{forClients, "127.0.0.1:0", 1, "second"},
		{forClients, "127.0.0.1:0", 2, ""},
		{forWatching, "127.0.0.1:0", 0, ""},
		{forClients, "nonsense", 0, ""},
	} {
		if got := h.socket(row.what, row.address, row.nth); got != sockets[row.want] {
			t.Errorf("%s%s, %d: got %v, want %q", row.what, row.address, row.nth, got, row.want)
		}
	}
}

// TestSocketsThatNobodyServes are warned of.
func TestSocketsThatNobodyServes(t *testing.T) {
	api, _ := upstreamOf(t)
	h := openHouse(t, one("a.yaml", api))
	defer h.Stop()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	h.heritage.systemd = []inherit.Socket{{Name: "lost", Listener: l}}
	h.idleSockets(h.live.config)
	h.heritage.systemd = nil
	h.said("systemd:lost")
}

// TestStartBesideAnEnd starts a program while another one finishes its calls:
// there is nothing to take over, and nothing to wait for.
func TestStartBesideAnEnd(t *testing.T) {
	arrived, answer := make(chan struct{}), make(chan struct{})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-answer
		io.WriteString(w, "late")
	}))
	t.Cleanup(api.Close)
	h := openHouse(t, one("a.yaml", api.URL)+"handover: handover.sock\n")
	got := make(chan int, 1)
	go func() { got <- status(t, h.URL()+"/a") }()
	<-arrived
	ended := make(chan error, 1)
	go func() { ended <- h.Stop() }()
	gone(t, h.URL())
	next, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Poll: -1})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
		t.Error("the first one has ended")
	default:
	}
	close(answer)
	if s := <-got; s != 200 {
		t.Errorf("the call got %d", s)
	}
	for _, err := range []error{<-ended, next.Stop()} {
		if err != nil {
			t.Error(err)
		}
	}
}

// TestHandoverFollowsTheConfiguration opens, moves and closes the socket by
// reloads.
func TestHandoverFollowsTheConfiguration(t *testing.T) {
	api, _ := upstreamOf(t)
	text := one("a.yaml", api)
	h := openHouse(t, text)
	for _, row := range []struct{ more, there, gone string }{
		{"handover: one.sock\n", "one.sock", ""},
		{"handover: one.sock\ndrain: 7s\n", "one.sock", ""},
		{"handover: two.sock\n", "two.sock", "one.sock"},
		{"handover: nowhere/three.sock\n", "two.sock", ""},
		{"", "", "two.sock"},
		{"handover: one.sock\n", "one.sock", ""},
	} {
		h.write("gatehouse.yaml", text+row.more)
		h.reload("changed", true)
		if _, err := os.Lstat(filepath.Join(h.dir, row.there)); row.there != "" && err != nil {
			t.Errorf("%q: %v", row.more, err)
		}
		if _, err := os.Lstat(filepath.Join(h.dir, row.gone)); row.gone != "" && err == nil {
			t.Errorf("%q: %s is there", row.more, row.gone)
		}
	}
	h.said("make the folder first")
	if err := h.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Join(h.dir, "one.sock")); err == nil {
		t.Error("the socket is left")
	}
}
