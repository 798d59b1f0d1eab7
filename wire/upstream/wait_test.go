package upstream

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// gone is a client that has left.
type gone struct{ asked atomic.Int64 }

func (g *gone) Gone() bool                     { g.asked.Add(1); return true }
func (g *gone) Valid(*gate.Exchange) gate.Code { return gate.Undecided }

var errStop = &gate.Unavailable{Code: gate.NotReady, Cause: errors.New("stop")}

// ends are ways in which a wait for the API ends.
var ends = []struct {
	name string
	o    Options
	do   func(x *gate.Exchange)
	want gate.Code
	most time.Duration
}{
	{"too-late", Options{AnswerTimeout: 50 * time.Millisecond, StallTimeout: 50 * time.Millisecond}, func(*gate.Exchange) {}, gate.UpstreamTimeout, 0},
	{"too-late-in-all", Options{TotalTimeout: 50 * time.Millisecond}, func(*gate.Exchange) {}, gate.UpstreamTimeout, 0},
	{"cut", Options{}, func(x *gate.Exchange) {
		ctx, cancel := context.WithCancelCause(context.Background())
		x.Context = ctx
		cancel(errStop)
	}, gate.NotReady, time.Second},
	{"client-left", Options{}, func(x *gate.Exchange) {
		ctx, cancel := context.WithCancel(context.Background())
		x.Context = ctx
		cancel()
	}, gate.ClientGone, time.Second},
	{"client-seen-to-leave", Options{}, func(x *gate.Exchange) { x.Watch = &gone{} }, gate.ClientGone, 3 * time.Second},
}

// TestWaitsEnd has an API say nothing, stop in its answer, and read nothing.
func TestWaitsEnd(t *testing.T) {
	says := func(text string, over chan bool) func(net.Conn) {
		return func(c net.Conn) {
			if text != "-" {
				skipHead(bufio.NewReader(c))
				io.WriteString(c, text)
			}
			<-over
		}
	}
	for _, at := range []struct {
		name, says string
		exchange   func() *gate.Exchange
	}{
		{"before-the-answer", "", func() *gate.Exchange { return request("GET", "") }},
		{"in-the-head", "HTTP/1.1 200 OK\r\nX: ", func() *gate.Exchange { return request("GET", "") }},
		{"in-the-body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", func() *gate.Exchange { return request("GET", "") }},
		{"in-a-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", func() *gate.Exchange { return request("GET", "") }},
		{"while-it-writes", "-", func() *gate.Exchange { return request("POST", string(make([]byte, 20<<20))) }},
		{"while-it-streams", "-", func() *gate.Exchange { return streaming(endless{}, 1<<40) }},
		{"while-it-streams-what-has-come", "-", func() *gate.Exchange { return streaming(come{endless{}}, 1<<40) }},
	} {
		for _, end := range ends {
			t.Run(at.name+"-"+end.name, func(t *testing.T) {
				t.Parallel()
				over := make(chan bool)
				target := listen(t, says(at.says, over))
				t.Cleanup(func() { close(over) })
				u := to(t, target, end.o)
				x := at.exchange()
				end.do(x)
				began := time.Now()
				_, _, err := outcome(u, x)
				if took := time.Since(began); code(err) != end.want || end.most > 0 && took > end.most+2*time.Second {
					t.Errorf("%v after %v", err, took)
				}
				if s := u.Stats(); s.InFlight != 0 || s.Idle != 0 {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

// TestShortTimeouts are kept also where they are shorter than a slice, on new
// connections and on those that were kept.
func TestShortTimeouts(t *testing.T) {
	for name, o := range map[string]Options{
		"answer": {AnswerTimeout: 20 * time.Millisecond},
		"total":  {TotalTimeout: 20 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			least := time.Hour
			for range 5 { // of which some may be held up
				u, _ := kept(t, Options{})
				u.limits.AnswerTimeout, u.limits.TotalTimeout = cmp.Or(o.AnswerTimeout, u.limits.AnswerTimeout), o.TotalTimeout
				began := time.Now()
				if _, _, err := outcome(u, request("POST", "")); code(err) != gate.UpstreamTimeout {
					t.Fatal(err)
				}
				least = min(least, time.Since(began))
			}
			if least > time.Duration(slice)/2 {
				t.Errorf("it took %v", least)
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type come struct{ io.Reader }

func (come) Arrived() bool { return true }

// TestDeadlinesAreMovedSeldom wants few of many short waits to cost a timer.
func TestDeadlinesAreMovedSeldom(t *testing.T) {
	set, moved := instant(0), 0
	for at := instant(0); at < instant(10*time.Second); at += instant(time.Millisecond) {
		if w := wake(at, instant(time.Minute), set); w != 0 {
			set = w
			moved++
		}
		if ahead := set - at; ahead < slice/2-1 || ahead > slice {
			t.Fatalf("at %v it would wake in %v", at, ahead)
		}
	}
	if moved > 45 {
		t.Errorf("moved %d times in 10 seconds", moved)
	}
	for _, row := range []struct{ left, set, want instant }{{100, 1000, 1100}, {100, 1105, 0}, {100, 1111, 1100}, {100, 1040, 1100}, {100, 1060, 0}} {
		if got := wake(1000, row.left, row.set); got != row.want {
			t.Errorf("%+v: %d", row, got)
		}
	}
}

// TestHandshakeThatHangs is no answer that is late: nobody was reached.
func TestHandshakeThatHangs(t *testing.T) {
	over := make(chan bool)
	defer close(over)
	target := listen(t, func(net.Conn) { <-over })
	u := to(t, &url.URL{Scheme: "https", Host: target.Host}, Options{ConnectTimeout: 50 * time.Millisecond})
	if _, _, err := outcome(u, request("GET", "")); code(err) != gate.UpstreamUnreachable {
		t.Errorf("%v", err)
	}
	if s := u.Stats(); s.Unreachable != 1 || s.Opened != 0 || s.InFlight != 0 {
		t.Errorf("%+v", s)
	}
}

// TestSettings keeps what was given and changes nothing of it.
func TestSettings(t *testing.T) {
	given := &tls.Config{ServerName: "given.test", MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}}
	for _, row := range []struct {
		name  string
		given *tls.Config
		want  string
	}{
		{"none", nil, "api.test"},
		{"without-name", &tls.Config{}, "api.test"},
		{"with-name", given, "given.test"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := settings(&Options{TLS: row.given}, "api.test")
			if s.ServerName != row.want || s == row.given || len(s.NextProtos) != 1 || s.NextProtos[0] != "http/1.1" {
				t.Errorf("name %q, protocols %q", s.ServerName, s.NextProtos)
			}
		})
	}
	if given.NextProtos[0] != "h2" || settings(&Options{TLS: given}, "api.test").MinVersion != tls.VersionTLS13 {
		t.Error("what was given is changed or lost")
	}
}

// TestAskWaitsNoLongerThanItMay: the first wait for an answer ends when the
// time for it is up, and one that a context has ended is told of it.
func TestAskWaitsNoLongerThanItMay(t *testing.T) {
	over := make(chan bool)
	defer close(over)
	target := listen(t, func(net.Conn) { <-over })
	ctx, cancel := context.WithCancelCause(context.Background())
	for _, row := range []struct {
		o    Options
		left instant
	}{
		{Options{AnswerTimeout: 50 * time.Millisecond}, never},
		{Options{}, instant(50 * time.Millisecond)},
	} {
		u := to(t, target, row.o)
		c := &call{owner: u, ctx: ctx, until: never, heading: true}
		if err := u.dial(c); err != nil {
			t.Fatal(err)
		}
		began := now()
		c.until, c.conn.readBy = began+row.left, 0
		if n, err := c.conn.ask([]byte("GET / HTTP/1.1\r\n\r\n"), make([]byte, 10)); n != 0 || err != nil {
			t.Error(n, err)
		}
		if by := c.conn.readBy; by != 0 && by > began+slice/2 {
			t.Errorf("it waits for %v", time.Duration(by-began))
		}
		c.conn.drop()
	}
	cancel(errStop)
	u := to(t, target, Options{AnswerTimeout: time.Millisecond})
	c := &call{owner: u, ctx: context.Background(), until: never, heading: true}
	if err := u.dial(c); err != nil {
		t.Fatal(err)
	}
	c.ctx = ctx
	if n, err := c.conn.ask([]byte("GET / HTTP/1.1\r\n\r\n"), make([]byte, 10)); n != 0 || err != nil {
		t.Error(n, err)
	}
	if n, err := c.conn.Read(make([]byte, 10)); n != 0 || !errors.Is(err, errStop) {
		t.Error(n, err)
	}
	c.conn.drop()
}
