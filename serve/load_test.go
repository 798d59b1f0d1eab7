package serve

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// turns is closed and made anew at each reload.
type turns struct {
	mu   sync.Mutex
	next chan struct{} // guarded by mu
}

func (t *turns) wait() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.next
}

func (t *turns) turn() {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.next)
	t.next = make(chan struct{})
}

// caller is a client with one connection, which must never be lost.
type caller struct {
	conn net.Conn
	r    *bufio.Reader
}

// errEnds says that an answer came whole and is the last one.
var errEnds = errors.New("the gate ends the connection")

func newCaller(t *testing.T, url string) *caller {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &caller{c, bufio.NewReader(c)}
}

func (c *caller) get(path string) (status int, body string, err error) {
	c.conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := fmt.Fprintf(c.conn, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path); err != nil {
		return 0, "", err
	}
	answer, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err == nil && answer.Close {
		err = errEnds
	}
	return answer.StatusCode, string(b), err
}

// loaded is a house with one API that stays and one that changes place and
// contract with each reload.
type loaded struct {
	*house
	versions    [2]string
	connections *atomic.Int64 // to the API that stays
	reloaded    turns
	done        chan struct{}
	end         func()       // closes done
	a, b        atomic.Int64 // answers of either version
	calls       atomic.Int64
}

const loadWorkers = 8

func newLoaded(t *testing.T) *loaded {
	l := &loaded{reloaded: turns{next: make(chan struct{})}, done: make(chan struct{})}
	l.end = sync.OnceFunc(func() { close(l.done) })
	stays, connections := upstreamOf(t)
	l.connections = connections
	for i, name := range []string{"a", "b"} {
		// Each call that reaches it is in flight while plans are swapped.
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-l.reloaded.wait():
			case <-l.done:
			}
			io.WriteString(w, "from "+name)
		}))
		t.Cleanup(func() { l.end(); s.Close() })
		// As many connections as there are workers, now and after each change.
		l.versions[i] = fmt.Sprintf("version: 1\nlisteners: [{address: 127.0.0.1:0, max_connections: %d, max_connections_per_address: %d}]\nrecord: {events: none}\napis:\n"+
			"  - {contract: %s.yaml, prefix: /moves, strip_prefix: true, upstreams: [{url: %q}]}\n"+
			"  - {contract: stays.yaml, upstreams: [{url: %q}]}\n", loadWorkers+i, loadWorkers, name, s.URL, stays)
	}
	l.house = openHouse(t, l.versions[0], func(c *Config) {
		h := &house{t: t, dir: strings.TrimSuffix(c.File, "gatehouse.yaml")}
		h.write("stays.yaml", contractOf("Stays", "/stays"))
	})
	return l
}

// work makes calls until the end; each answer must be of one version whole.
func (l *loaded) work(c *caller) {
	for {
		for _, path := range []string{"/stays", "/moves/a", "/moves/b"} {
			status, body, err := c.get(path)
			l.calls.Add(1)
			switch {
			case err != nil:
				l.t.Errorf("GET %s failed: %v", path, err)
				return
			case path == "/stays" && status == 200 && body == "/stays":
			case path == "/moves/a" && status == 200 && body == "from a":
				l.a.Add(1)
			case path == "/moves/b" && status == 200 && body == "from b":
				l.b.Add(1)
			case path != "/stays" && status == 404:
			default:
				l.t.Errorf("GET %s: %d %s", path, status, body)
			}
		}
		select {
		case <-l.done:
			return
		default:
		}
	}
}

// TestReloadUnderLoad swaps plans many times below calls on kept connections.
// No call fails and no connection is lost; a call that was in flight ends with
// the plan that it began with, though the API of that plan is gone; the pool of
// the API that stays and the count of clients' connections outlive the plans.
func TestReloadUnderLoad(t *testing.T) {
	const reloads, least = 200, 1000
	l := newLoaded(t)
	defer l.Stop()
	defer l.end()
	url, pool := l.URL(), l.reader.ways.pools
	if len(pool) != 2 {
		t.Fatalf("%d pools", len(pool))
	}
	var work sync.WaitGroup
	for range loadWorkers {
		c := newCaller(t, url)
		work.Go(func() { l.work(c) })
	}
	for i := 1; i <= reloads || l.calls.Load() < least && !t.Failed(); i++ {
		l.write("gatehouse.yaml", l.versions[i%2])
		l.reload("a test", true)
		l.reloaded.turn()
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil { // else it was cut already
		extra := &caller{conn, bufio.NewReader(conn)}
		if status, _, err := extra.get("/stays"); err == nil {
			t.Errorf("a client beyond the bound got %d: the open connections were forgotten", status)
		}
		conn.Close()
	}
	l.end()
	work.Wait()
	t.Logf("%d calls, %d plans, %d and %d answers, %d connections to the API that stays", l.calls.Load(), l.count, l.a.Load(), l.b.Load(), l.connections.Load())
	if l.count <= reloads || l.a.Load() == 0 || l.b.Load() == 0 {
		t.Errorf("%d plans; answers: %d of one, %d of the other", l.count, l.a.Load(), l.b.Load())
	}
	if n := l.connections.Load(); n > loadWorkers {
		t.Errorf("the gate opened %d connections to an API that stays, for %d clients", n, loadWorkers)
	}
	if n := len(l.reader.ways.pools); n != 2 {
		t.Errorf("%d pools are open", n)
	}
}
