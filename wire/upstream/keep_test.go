package upstream

import (
	"bufio"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// kept returns an upstream that keeps one connection, and its other end.
func kept(t *testing.T, o Options) (*Upstream, net.Conn) {
	t.Helper()
	ends := make(chan net.Conn, 10)
	over := make(chan bool)
	target := listen(t, func(c net.Conn) {
		if _, err := skipHead(bufio.NewReader(c)); err == nil {
			io.WriteString(c, fine)
		}
		ends <- c
		<-over
	})
	t.Cleanup(func() { close(over) })
	u := to(t, target, o)
	mustGet(t, u)
	return u, <-ends
}

// TestKeptConnectionIsLookedAt wants no request written on a connection that
// is of no use any more.
func TestKeptConnectionIsLookedAt(t *testing.T) {
	end := func(_ *conn, api net.Conn) { api.Close() }
	for _, row := range []struct {
		name  string
		do    func(*conn, net.Conn)
		once  bool
		age   instant
		stale bool
		habit bool
	}{
		{"silent", func(*conn, net.Conn) {}, true, 0, false, false},
		{"ended", end, true, 0, true, true},
		{"ended-long-ago", end, true, 2 * soon, true, false},
		{"half-closed", func(_ *conn, api net.Conn) { api.(*net.TCPConn).CloseWrite() }, true, 0, true, true},
		{"reset", func(_ *conn, api net.Conn) { api.(*net.TCPConn).SetLinger(0); api.Close() }, true, 0, true, true},
		{"unasked-bytes", func(_ *conn, api net.Conn) { io.WriteString(api, "x") }, true, 0, true, false},
		{"closed-by-ourselves", func(k *conn, _ net.Conn) { k.drop() }, true, 0, true, true},
		{"may-be-sent-twice", end, false, glance, true, true},
		{"unasked-bytes-feared", func(k *conn, api net.Conn) { k.unsure = true; io.WriteString(api, "x") }, false, 0, true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			u, api := kept(t, Options{})
			k := u.pool.get()
			row.do(k, api)
			if row.stale {
				until(t, "what the API did", func() bool { return k.look.see() != silence })
			}
			k.since = now() - row.age
			if got := k.stale(now(), row.once, &u.habit); got != row.stale || u.habit.shows() != row.habit {
				t.Errorf("stale %v, habit %v", got, u.habit.shows())
			}
			k.drop()
		})
	}
}

// TestSecondRequestOnADeadConnection: what may be performed twice is sent
// again when a kept connection turns out to be dead, and nothing else is.
func TestSecondRequestOnADeadConnection(t *testing.T) {
	for _, row := range []struct {
		name, method, body, says string // says is what comes before the end of the second request's connection
		stream                   bool
		want                     gate.Code
		seen                     int64 // requests at the API
	}{
		{"get", "GET", "", "", false, gate.Undecided, 3},
		{"put", "PUT", "body", "", false, gate.Undecided, 3},
		{"delete", "DELETE", "", "", false, gate.Undecided, 3},
		{"put-large", "PUT", strings.Repeat("x", 100<<10), "", false, gate.Undecided, 3},
		{"post", "POST", "body", "", false, gate.UpstreamBroken, 2},
		{"post-empty", "POST", "", "", false, gate.UpstreamBroken, 2},
		{"patch", "PATCH", "body", "", false, gate.UpstreamBroken, 2},
		{"put-that-streams", "PUT", "body", "", true, gate.Undecided, 3},
		{"put-that-streams-and-is-long", "PUT", strings.Repeat("x", 100<<10), "", true, gate.UpstreamBroken, 2},
		{"post-that-streams", "POST", "body", "", true, gate.UpstreamBroken, 2},
		{"get-half-answered", "GET", "", "HTTP", false, gate.UpstreamBroken, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			var seen, conns atomic.Int64
			u := to(t, listen(t, func(c net.Conn) {
				in := bufio.NewReaderSize(c, 200<<10)
				for first := conns.Add(1) == 1; ; {
					if _, err := skipHead(in); err != nil {
						return
					}
					if n := seen.Add(1); first && n == 2 {
						io.WriteString(c, row.says)
						return
					}
					in.Discard(len(row.body) * int(min(conns.Load()-1, 1)))
					io.WriteString(c, fine)
				}
			}), Options{})
			mustGet(t, u)
			x := request(row.method, row.body)
			if row.stream {
				x = streaming(strings.NewReader(row.body), int64(len(row.body)))
				x.Method = []byte(row.method)
			}
			if _, _, err := outcome(u, x); code(err) != row.want {
				t.Errorf("%v", err)
			}
			if n := seen.Load(); n != row.seen {
				t.Errorf("the API saw %d requests", n)
			}
			if row.says == "" && !u.habit.shows() {
				t.Error("nothing is remembered of the API's habit")
			}
		})
	}
}

// TestSecondTryThatReachesNobody is no call of which nothing was sent.
func TestSecondTryThatReachesNobody(t *testing.T) {
	over := make(chan bool)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(over)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in := bufio.NewReader(c)
		skipHead(in)
		io.WriteString(c, fine)
		skipHead(in)
		l.Close()
	}()
	u := to(t, &url.URL{Scheme: "http", Host: l.Addr().String()}, Options{})
	mustGet(t, u)
	if _, _, err := outcome(u, request("GET", "")); code(err) != gate.UpstreamBroken {
		t.Errorf("%v", err)
	}
	<-over
}

// TestHabit: while an API is known to end connections, a request that must go
// out once takes a new one, and others do not.
func TestHabit(t *testing.T) {
	u, _ := kept(t, Options{})
	u.habit.note(0)
	if _, _, err := outcome(u, request("POST", "body")); err != nil {
		t.Fatal(err)
	}
	if s := u.Stats(); s.Opened != 2 || s.Reused != 0 {
		t.Errorf("%+v", s)
	}
	u.habit.until.Store(1)
	if u.habit.shows() {
		t.Error("it lasts")
	}
}

// TestPoolEndsConnections that waited too long, that the API ended, and those
// beyond the bound, while it is open and when it closes.
func TestPoolEndsConnections(t *testing.T) {
	gone := func(t *testing.T, api net.Conn) {
		t.Helper()
		api.SetReadDeadline(time.Now().Add(10 * time.Second))
		if n, err := api.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("the connection goes on: %v", err)
		}
	}
	t.Run("too-old", func(t *testing.T) {
		u, api := kept(t, Options{IdleTimeout: 20 * time.Millisecond})
		gone(t, api)
		until(t, "none is kept", func() bool { return u.Stats().Idle == 0 })
	})
	t.Run("ended-by-the-api", func(t *testing.T) {
		u, api := kept(t, Options{})
		k := u.pool.get()
		u.pool.put(k)
		api.Close()
		until(t, "the end has come", func() bool { return k.look.see() != silence })
		k.since -= instant(time.Minute)
		u.pool.sweep()
		if n := u.Stats().Idle; n != 0 {
			t.Errorf("%d are kept", n)
		}
	})
	t.Run("good-ones-stay-in-order", func(t *testing.T) {
		u, _ := kept(t, Options{})
		k := u.pool.get()
		mustGet(t, u)
		young := u.pool.get()
		u.pool.put(k)
		u.pool.put(young)
		k.since -= instant(time.Minute)
		u.pool.sweep()
		if u.pool.get() != young || u.pool.get() != k {
			t.Error("they changed places")
		}
		k.drop()
		young.drop()
	})
	t.Run("too-many", func(t *testing.T) {
		u, api := kept(t, Options{MaxIdle: 1})
		k := u.pool.get()
		mustGet(t, u)
		u.pool.put(k)
		gone(t, api)
	})
	t.Run("closed", func(t *testing.T) {
		u, api := kept(t, Options{})
		u.Close()
		gone(t, api)
		mustGet(t, u)
		if n := u.Stats().Idle; n != 0 {
			t.Errorf("%d are kept", n)
		}
	})
}

// TestQuietConnectionIsTrusted wants a look before each request that may go out
// once only, until enough of them found nothing, and one whenever the connection
// was kept for longer than a glance.
func TestQuietConnectionIsTrusted(t *testing.T) {
	u, api := kept(t, Options{})
	k := u.pool.get()
	for i := range trusting {
		if k.calm != uint8(i) {
			t.Fatalf("after %d looks %d are counted", i, k.calm)
		}
		if k.since = now(); k.stale(now(), true, &u.habit) {
			t.Fatal("a quiet connection is stale")
		}
	}
	api.Close()
	until(t, "the API's end", func() bool { return k.look.see() == ending })
	if k.since = now() + never; k.stale(now(), true, &u.habit) { // as if no time had gone by
		t.Error("it is looked at within the glance")
	}
	if k.since = now() - glance; !k.stale(now(), true, &u.habit) || !u.habit.shows() {
		t.Error("it is not looked at behind the glance")
	}
}

// TestSpeaksBeforeItIsAsked: what an API said before the request left is not
// overlooked until somebody looks around.
func TestSpeaksBeforeItIsAsked(t *testing.T) {
	t.Run("on-a-new-connection", func(t *testing.T) {
		u := to(t, listen(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			io.Copy(io.Discard, c)
		}), Options{})
		began := time.Now()
		for range 40 {
			if status, _, err := outcome(u, request("POST", "")); status != 503 || err != nil {
				t.Fatal(status, err)
			}
		}
		if took := time.Since(began); took > 3*time.Duration(slice) {
			t.Errorf("40 calls took %v", took)
		}
	})
	t.Run("ends-its-side", func(t *testing.T) {
		u := to(t, listen(t, func(c net.Conn) {
			if _, err := skipHead(bufio.NewReader(c)); err == nil {
				io.WriteString(c, fine)
				c.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, c)
			}
		}), Options{})
		began := time.Now()
		for range 40 {
			mustGet(t, u)
			if k := u.pool.get(); k != nil {
				until(t, "its end", func() bool { return k.look.see() == ending })
				u.pool.put(k)
				k.since = now() + glance // nobody looks
			}
		}
		if took := time.Since(began); took > 3*time.Duration(slice) {
			t.Errorf("40 calls took %v", took)
		}
	})
}
