package upstream

import (
	"io"
	"net"
	"testing"
	"time"
)

// pair returns a link to an API that is the other end.
func pair(t *testing.T) (*link, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := &dialer{Dialer: net.Dialer{Timeout: 5 * time.Second}, limit: 5 * time.Second}
	c, err := d.plain(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	api, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); api.Close() })
	return c.(*link), api
}

// TestWriteOnAKeptConnection wants nothing written of a request that must go
// out once when the connection is of no use any more.
func TestWriteOnAKeptConnection(t *testing.T) {
	end := func(_ *link, api net.Conn) { api.Close() }
	for _, row := range []struct {
		name       string
		do         func(*link, net.Conn)
		kept, once bool
		want       bool // written
	}{
		{"silent", func(*link, net.Conn) {}, true, true, true},
		{"ended", end, true, true, false},
		{"half-closed", func(_ *link, api net.Conn) { api.(*net.TCPConn).CloseWrite() }, true, true, false},
		{"unasked-bytes", func(_ *link, api net.Conn) { io.WriteString(api, "x") }, true, true, false},
		{"ended-new", end, false, true, true},
		{"ended-and-may-be-sent-twice", end, true, false, true},
		{"habit", func(l *link, _ net.Conn) { l.habit.until.Store(time.Now().Add(time.Hour).UnixNano()) }, true, true, false},
		{"habit-on-a-new-one", func(l *link, _ net.Conn) { l.habit.until.Store(time.Now().Add(time.Hour).UnixNano()) }, false, true, true},
		{"habit-long-ago", func(l *link, _ net.Conn) { l.habit.until.Store(1) }, true, true, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			l, api := pair(t)
			row.do(l, api)
			for limit := time.Now().Add(5 * time.Second); !row.want && !l.habit.shows() && !l.look.stale() && time.Now().Before(limit); {
				time.Sleep(time.Millisecond) // until what the API did has come
			}
			l.begin(false, row.kept, row.once)
			n, err := l.Write([]byte("GET"))
			if (n == 3) != row.want || (err == nil) != row.want || l.sent.Load() != row.want {
				t.Errorf("%d bytes written, %v, sent %v; want it written: %v", n, err, l.sent.Load(), row.want)
			}
		})
	}
}

// TestHabitOfAnAPI wants it noted that a connection ended soon, and nothing
// when it ended in the middle of an answer or by ourselves.
func TestHabitOfAnAPI(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(*link, net.Conn)
		want bool
	}{
		{"between-answers", func(_ *link, api net.Conn) { api.Close() }, true},
		{"before-an-answer", func(l *link, api net.Conn) { l.begin(false, true, true); api.Close() }, true},
		{"in-an-answer", func(l *link, api net.Conn) {
			l.begin(false, true, true)
			io.WriteString(api, "HTTP/1.1 2")
			io.ReadFull(l, make([]byte, 10))
			api.Close()
		}, false},
		{"by-ourselves", func(l *link, _ net.Conn) { l.Close() }, false},
		{"never", func(l *link, _ net.Conn) { l.limit = time.Millisecond }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			l, api := pair(t)
			row.do(l, api)
			if _, err := l.Read(make([]byte, 1)); err == nil {
				t.Fatal("there is something to read")
			}
			if got := l.habit.shows(); got != row.want {
				t.Errorf("habit %v, want %v", got, row.want)
			}
		})
	}
}
