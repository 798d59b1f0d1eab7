package wire_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/session"
	"github.com/gatehouse-api/gatehouse/wire/std"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// answering is an upstream that reads so many bytes of the request's body and
// then answers.
type answering struct {
	reads  int
	length int64
	text   string
}

func (a answering) Send(_ context.Context, x *gate.Exchange) error {
	if a.reads > 0 && x.Incoming != nil {
		if _, err := io.ReadFull(x.Incoming, make([]byte, a.reads)); err != nil {
			return err
		}
	}
	x.Answer = gate.Answer{Status: 200, Length: a.length, Body: io.NopCloser(strings.NewReader(a.text))}
	return nil
}

// TestBrokenBodyEndsTheConnection wants the refusal to say so, and no request
// read behind a body that nobody can find the end of.
func TestBrokenBodyEndsTheConnection(t *testing.T) {
	leak.Check(t)
	p := serve(t, answering{text: "done", length: 4, reads: 5}, server.Options{Limits: session.Limits{Linger: time.Millisecond}}, false)
	for _, target := range []string{"/buffer", "/stream"} {
		for _, chunks := range []string{"zz\r\n", "2\r\nokzz\r\n", "2\nok\n0\n\n"} {
			c := p.dial(t)
			send(t, c, "POST "+target+" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"+chunks+good)
			in := bufio.NewReader(c)
			if res, body := receive(t, in, "POST"); res.StatusCode != 400 || !res.Close {
				t.Errorf("%s %q: %d %s, close %v", target, chunks, res.StatusCode, body, res.Close)
			}
			if rest, _ := io.ReadAll(in); len(rest) > 0 {
				t.Errorf("%s %q: a second answer: %q", target, chunks, rest)
			}
		}
	}
}

// TestAnswerBeforeTheEndOfAWholeBody wants the connection to go on when the
// API answers before it read what the client has sent already.
func TestAnswerBeforeTheEndOfAWholeBody(t *testing.T) {
	leak.Check(t)
	p := serve(t, answering{text: "early", length: 5, reads: 1}, server.Options{}, false)
	c := p.dial(t)
	in := bufio.NewReader(c)
	for i := range 20 {
		send(t, c, "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123456789")
		if res, body := receive(t, in, "POST"); res.StatusCode != 200 || body != "early" || res.Close {
			t.Fatalf("request %d: %d %q, close %v", i, res.StatusCode, body, res.Close)
		}
		send(t, c, good)
		if res, body := receive(t, in, "GET"); res.StatusCode != 200 || body != "early" {
			t.Fatalf("request behind %d: %d %q", i, res.StatusCode, body)
		}
	}
	if e := p.Event(39); e.Outcome != gate.Passed {
		t.Errorf("outcome %v", e.Outcome)
	}
}

// TestEarlyAnswerEndsTheReading wants the connection to end when the API has
// answered and the client does not stop to send.
func TestEarlyAnswerEndsTheReading(t *testing.T) {
	leak.Check(t)
	p := serve(t, answering{text: "early", length: 5, reads: 1}, server.Options{Limits: session.Limits{BodyGrace: time.Hour, Linger: time.Millisecond}}, false)
	c := p.dial(t)
	send(t, c, "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\n1")
	in := bufio.NewReader(c)
	if res, body := receive(t, in, "POST"); res.StatusCode != 200 || body != "early" || !res.Close {
		t.Errorf("%d %q, close %v", res.StatusCode, body, res.Close)
	}
	var err error
	for more := strings.Repeat("x", 64<<10); err == nil; {
		_, err = io.WriteString(c, more)
	}
	if isTimeout(err) {
		t.Error("the gate still reads, or leaves the client waiting")
	}
	if e := p.Event(0); e.Outcome != gate.Passed {
		t.Errorf("outcome %v", e.Outcome)
	}
}

// TestAnswerOfAnotherLength wants an answer that is not as long as it says to
// break off at the client and in the event, in both servers.
func TestAnswerOfAnotherLength(t *testing.T) {
	leak.Check(t)
	for name, up := range map[string]answering{
		"shorter": {text: "part", length: 9}, "nothing": {text: "", length: 9}, "longer": {text: "too long", length: 4},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, up, server.Options{}, false)
			other := httptest.NewServer(std.Handler(p.Gate, std.Limits{}))
			t.Cleanup(other.Close)
			for i, way := range []*path{p, {addr: strings.TrimPrefix(other.URL, "http://")}} {
				c := way.dial(t)
				send(t, c, good)
				res, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err == nil {
					_, err = io.ReadAll(res.Body)
				}
				if err == nil || isTimeout(err) {
					t.Errorf("way %d: the client has a whole answer: %v", i, err)
				}
				if e := p.Event(i); e.Outcome != gate.Aborted {
					t.Errorf("way %d: outcome %v", i, e.Outcome)
				}
			}
		})
	}
}

// TestSlowBehindAFastStart cuts a client by the limit that is its own and not
// by another that stands beside it: a head of a kept connection, which has
// time to be idle, and a body whose fast start buys no long silence.
func TestSlowBehindAFastStart(t *testing.T) {
	leak.Check(t)
	back := record(t, "")
	up := to(t, back.url, upstream.Options{})
	for _, row := range []struct {
		name, begins string
		limits       session.Limits
		code         gate.Code
	}{
		{"head-on-a-kept-connection", good + "GET /", session.Limits{HeadTimeout: brief, IdleTimeout: time.Hour}, gate.HeadTimeout},
		{"body-that-began-fast", good + "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 100<<10),
			session.Limits{BodyGrace: brief, BodyRate: 1000}, gate.BodyTimeout},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.limits.Linger = time.Millisecond
			p := serve(t, up, server.Options{Limits: row.limits}, false)
			c := p.dial(t)
			in := bufio.NewReader(c)
			send(t, c, row.begins)
			if res, _ := receive(t, in, "GET"); res.StatusCode != 204 {
				t.Fatalf("status %d", res.StatusCode)
			}
			if res, _ := receive(t, in, "GET"); res.StatusCode != 408 || !res.Close {
				t.Errorf("status %d, close %v", res.StatusCode, res.Close)
			}
			if e := p.Event(1); e.Code != row.code {
				t.Errorf("event %v", e.Code)
			}
		})
	}
}

// TestDrainDoesNotWaitForSilence ends soon beside connections on which nothing
// came yet. net/http alone gives them five seconds.
func TestDrainDoesNotWaitForSilence(t *testing.T) {
	leak.Check(t)
	for _, secure := range []bool{false, true} {
		p := serve(t, answering{text: "done", length: 4}, server.Options{}, secure)
		var silent []net.Conn
		for range 3 {
			c, err := net.Dial("tcp", p.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			silent = append(silent, c)
		}
		last := p.dial(t) // accepted after those
		send(t, last, good)
		receive(t, bufio.NewReader(last), "GET")
		last.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		err := p.server.Shutdown(ctx)
		cancel()
		if err != nil {
			t.Errorf("secure %v: %v", secure, err)
		}
		for _, c := range silent {
			c.SetDeadline(time.Now().Add(10 * time.Second))
			if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil || isTimeout(err) {
				t.Errorf("secure %v: a silent connection stays: %v", secure, err)
			}
		}
	}
}

// TestDrainLetsRequestsCome sends requests behind the beginning of the end: on
// a connection that was just opened, and on one that waited. Both are answered.
func TestDrainLetsRequestsCome(t *testing.T) {
	leak.Check(t)
	for _, secure := range []bool{false, true} {
		p := serve(t, answering{text: "done", length: 4}, server.Options{Limits: session.Limits{Farewell: 10 * time.Second}}, secure)
		kept := p.dial(t)
		in := bufio.NewReader(kept)
		send(t, kept, good)
		receive(t, in, "GET")
		var fresh net.Conn // of which not even the TLS handshake has begun
		fresh, err := net.Dial("tcp", p.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer fresh.Close()
		p.dial(t).Close() // accepted after that
		ended := make(chan error, 1)
		go func() { ended <- p.server.Shutdown(context.Background()) }()
		for limit := time.Now().Add(10 * time.Second); ; {
			c, err := net.Dial("tcp", p.addr)
			if err != nil {
				break
			}
			c.Close()
			if time.Now().After(limit) {
				t.Fatal("new connections are accepted")
			}
		}
		if secure {
			fresh = tls.Client(fresh, &tls.Config{InsecureSkipVerify: true})
		}
		for _, c := range []net.Conn{kept, fresh} {
			c.SetDeadline(time.Now().Add(10 * time.Second))
			send(t, c, good)
			if c == fresh {
				in = bufio.NewReader(fresh)
			}
			if res, body := receive(t, in, "GET"); res.StatusCode != 200 || body != "done" || !res.Close {
				t.Errorf("secure %v: status %d, %q, close %v", secure, res.StatusCode, body, res.Close)
			}
			c.Close()
		}
		if err := <-ended; err != nil {
			t.Errorf("secure %v: %v", secure, err)
		}
	}
}
