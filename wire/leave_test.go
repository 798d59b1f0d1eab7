package wire_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// TestConnectionWithoutAByte wants nothing written of connections that say
// nothing, as those of health checks.
func TestConnectionWithoutAByte(t *testing.T) {
	for _, secure := range []bool{false, true} {
		p := layTLS(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), server.Options{}, secure)
		for range 10 {
			c, err := net.Dial("tcp", p.addr)
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
		res, err := p.client(t).Get(p.url + "/get")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		e := p.Event(0)
		p.server.Shutdown(over())
		if n := p.Events(); n != 1 || e.Outcome != gate.Passed {
			t.Errorf("%d events, the first %v %v", n, e.Outcome, e.Code)
		}
		if said := p.log.String(); strings.Contains(said, "handshakes") {
			t.Errorf("log %s", said)
		}
	}
}

// waiting is an API that answers when it may and says when its client left.
type waiting struct{ began, may, left chan bool }

func newWaiting() waiting {
	return waiting{make(chan bool, 1), make(chan bool, 1), make(chan bool, 1)}
}

func (a waiting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.began <- true
	io.Copy(io.Discard, r.Body)
	select {
	case <-a.may:
		io.WriteString(w, "done")
	case <-r.Context().Done():
		a.left <- true
	}
}

func (a waiting) mustEnd(t *testing.T) {
	t.Helper()
	select {
	case <-a.left:
	case <-time.After(10 * time.Second):
		t.Fatal("the API still works")
	}
}

// TestClientGoesAway wants the API's request to end when the client leaves.
func TestClientGoesAway(t *testing.T) {
	for _, row := range []struct {
		name, text string
		reset      bool
		half       time.Duration
	}{
		{"while-it-waits", "GET /get HTTP/1.1\r\nHost: a\r\n\r\n", false, brief},
		{"while-the-next-request-waits", "GET /get HTTP/1.1\r\nHost: a\r\n\r\n" + good, false, brief},
		{"reset-while-it-waits", "GET /get HTTP/1.1\r\nHost: a\r\n\r\n", true, time.Hour},
		{"while-it-sends", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhello", false, time.Hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			api := newWaiting()
			p := lay(t, api, server.Options{Limits: session.Limits{HalfClose: row.half}})
			c := p.dial(t)
			send(t, c, row.text)
			<-api.began
			if row.reset {
				c.(*net.TCPConn).SetLinger(0)
			}
			c.Close()
			api.mustEnd(t)
			if e := p.Event(0); e.Outcome != gate.Aborted && e.Code != gate.BodyIncomplete {
				t.Errorf("event %v %v", e.Outcome, e.Code)
			}
		})
	}
}

// TestHalfClosedClient ends the sending side behind a whole request, as many
// scripts do. The answer comes when it comes in time; otherwise nothing does.
func TestHalfClosedClient(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for _, row := range []struct {
			name, text string
			half       time.Duration
			answered   bool
		}{
			{"no-body", "GET /get HTTP/1.1\r\nHost: a\r\n\r\n", time.Hour, true},
			{"body", "POST /buffer HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", time.Hour, true},
			{"streamed", "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", time.Hour, true},
			{"half-a-head-behind-it", "GET /get HTTP/1.1\r\nHost: a\r\n\r\nGET /", time.Hour, true},
			{"too-late", "GET /get HTTP/1.1\r\nHost: a\r\n\r\n", brief, false},
		} {
			t.Run(row.name, func(t *testing.T) {
				api := newWaiting()
				p := layTLS(t, api, server.Options{Limits: session.Limits{HalfClose: row.half}}, secure)
				c := p.dial(t)
				send(t, c, row.text)
				<-api.began
				c.(interface{ CloseWrite() error }).CloseWrite()
				in := bufio.NewReader(c)
				if row.answered {
					select {
					case <-api.left:
						t.Error("the API's request was broken off")
					case <-time.After(brief / 3):
					}
					api.may <- true
					if res, body := receive(t, in, "GET"); res.StatusCode != 200 || body != "done" {
						t.Errorf("status %d %q", res.StatusCode, body)
					}
				} else {
					api.mustEnd(t)
				}
				if b, err := io.ReadAll(in); len(b) != 0 || isTimeout(err) {
					t.Errorf("behind it came %q, %v", b, err)
				}
				if e := p.Event(0); row.answered != (e.Outcome == gate.Passed) || !row.answered && e.Code != gate.ClientGone {
					t.Errorf("event %v %v", e.Outcome, e.Code)
				}
			})
		}
	}
}

// TestHalfClosedClientInADrain has the server cut an exchange whose client
// sends no more.
func TestHalfClosedClientInADrain(t *testing.T) {
	api := newWaiting()
	p := lay(t, api, server.Options{Limits: session.Limits{HalfClose: time.Hour}})
	c := p.dial(t)
	send(t, c, good)
	<-api.began
	c.(*net.TCPConn).CloseWrite()
	p.server.Shutdown(over())
	api.mustEnd(t)
	if b, err := io.ReadAll(c); len(b) != 0 || isTimeout(err) {
		t.Errorf("%q came, %v", b, err)
	}
}
