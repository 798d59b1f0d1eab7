package wire_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/session"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// brief is short for a test and long for a busy machine.
const brief = 150 * time.Millisecond

// short limits end what the tests make hang.
var short = session.Limits{HeadTimeout: brief, IdleTimeout: brief, BodyGrace: brief, BodyRate: 1000, WriteStall: brief, HalfClose: brief, Linger: time.Millisecond}

// TestSlowClientsAreCut wants connections to end that wait for a client.
func TestSlowClientsAreCut(t *testing.T) {
	leak.Check(t)
	back := record(t, "")
	up := to(t, back.url, upstream.Options{})
	for _, secure := range []bool{false, true} {
		for _, row := range []struct {
			name   string
			parts  []string
			status int // of the last answer; 0 for none
			code   gate.Code
		}{
			{"silent", nil, 0, 0},
			{"in-the-first-line", []string{"GET /ge"}, 408, gate.HeadTimeout},
			{"in-the-head", []string{"GET /get HTTP/1.1\r\nHost: a\r\n"}, 408, gate.HeadTimeout},
			{"in-the-head-of-a-head", []string{"HEAD /get HTTP/1.1\r\nHost: a\r\n"}, 408, gate.HeadTimeout},
			{"idle", []string{good}, 204, 0},
			{"in-the-second-head", []string{good, "GET /"}, 408, gate.HeadTimeout},
			{"in-the-second-head-at-once", []string{good + "GET /"}, 408, gate.HeadTimeout},
			{"before-the-body", []string{"POST /buffer HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"}, 408, gate.BodyTimeout},
			{"in-the-body", []string{"POST /buffer HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello"}, 408, gate.BodyTimeout},
			{"in-a-streamed-body", []string{"POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello"}, 408, gate.BodyTimeout},
			{"in-a-chunk-size", []string{"POST /buffer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5"}, 408, gate.BodyTimeout},
			{"in-a-streamed-chunk", []string{"POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"}, 408, gate.BodyTimeout},
			{"in-the-trailer", []string{"POST /buffer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "}, 408, gate.BodyTimeout},
			{"behind-a-refusal", []string{"GET /private HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"}, 401, 0},
		} {
			t.Run(fmt.Sprintf("%s-tls-%v", row.name, secure), func(t *testing.T) {
				t.Parallel()
				p := serve(t, up, server.Options{Limits: short}, secure)
				c := p.dial(t)
				in := bufio.NewReader(c)
				send(t, c, row.parts...)
				answers := 0
				if row.status != 0 {
					answers = 1 + strings.Count(strings.Join(row.parts, ""), good)
					if row.status == 204 {
						answers--
					}
				}
				method, _, _ := strings.Cut(strings.Join(row.parts, ""), " ")
				for i := range answers {
					res, _ := receive(t, in, method)
					if i == answers-1 && res.StatusCode != row.status {
						t.Errorf("status %d, want %d", res.StatusCode, row.status)
					}
					e := p.Event(i)
					if i == answers-1 && row.code != 0 && e.Code != row.code {
						t.Errorf("event %v", e.Code)
					}
					if time.Since(e.Time) > time.Minute || e.Took < 0 || e.Took > time.Minute {
						t.Errorf("event of %v, took %v", e.Time, e.Took)
					}
				}
				if n, err := in.Read(make([]byte, 1)); n != 0 || err == nil || isTimeout(err) {
					t.Errorf("the connection is not cut: %d bytes, %v", n, err)
				}
				if n := p.Events(); n != answers {
					t.Errorf("%d events of %d exchanges", n, answers)
				}
			})
		}
	}
}

// TestClientThatDoesNotRead wants the exchange to end.
func TestClientThatDoesNotRead(t *testing.T) {
	ended := make(chan bool, 1)
	p := lay(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		for b := make([]byte, 1<<20); ; {
			if _, err := w.Write(b); err != nil {
				return
			}
		}
	}), server.Options{Limits: short})
	c := p.dial(t)
	send(t, c, good)
	if e := p.Event(0); e.Outcome != gate.Aborted {
		t.Errorf("outcome %v", e.Outcome)
	}
	<-ended
}

// held is an API whose answers wait.
type held struct{ began, end chan bool }

func (h held) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.began <- true
	select {
	case <-h.end:
	case <-r.Context().Done():
	}
	io.WriteString(w, "done")
}

func TestDrain(t *testing.T) {
	for _, secure := range []bool{false, true} {
		leak.Check(t)
		api := held{make(chan bool), make(chan bool)}
		p := layTLS(t, api, server.Options{}, secure)
		fresh, idle, busy := p.dial(t), p.dial(t), p.dial(t)
		idleIn, busyIn := bufio.NewReader(idle), bufio.NewReader(busy)
		send(t, idle, good)
		<-api.began
		api.end <- true
		receive(t, idleIn, "GET")
		send(t, busy, good)
		<-api.began
		ended := make(chan error, 1)
		go func() { ended <- p.server.Shutdown(context.Background()) }()
		for _, c := range []net.Conn{fresh, idle} {
			if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil || isTimeout(err) {
				t.Errorf("a connection without exchange stays: %v", err)
			}
		}
		if c, err := net.Dial("tcp", p.addr); err == nil {
			c.Close()
			t.Error("new connections are accepted")
		}
		api.end <- true
		if res, body := receive(t, busyIn, "GET"); res.StatusCode != 200 || body != "done" || !res.Close {
			t.Errorf("status %d, %q, close %v", res.StatusCode, body, res.Close)
		}
		if err := <-ended; err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
}

// TestDrainWithoutPatience cuts exchanges that wait for the API, and for the
// client's body, which the gate reads whole or streams. None of them is the
// client's doing.
func TestDrainWithoutPatience(t *testing.T) {
	for _, row := range []struct {
		name, request string
		waits         bool // at the API
	}{
		{"for-the-answer", good, true},
		{"for-a-body-that-streams", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n1", true},
		{"for-a-small-body-that-streams", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", false},
		{"for-a-body-that-is-read-whole", "POST /buffer HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			api := held{make(chan bool), make(chan bool)}
			p := lay(t, api, server.Options{})
			t.Cleanup(func() { close(api.end) })
			c := p.dial(t)
			send(t, c, row.request)
			in := bufio.NewReader(c)
			if row.waits {
				<-api.began
			} else if line, err := in.ReadString('\n'); !strings.Contains(line, " 100 ") {
				t.Fatalf("%q, %v", line, err)
			}
			if err := p.server.Shutdown(over()); !errors.Is(err, context.Canceled) {
				t.Errorf("Shutdown: %v", err)
			}
			if b, err := io.ReadAll(in); strings.Contains(string(b), "HTTP/") || isTimeout(err) {
				t.Errorf("the exchange is not cut: %q, %v", b, err)
			}
			if e := p.Event(0); e.Outcome != gate.Aborted || e.Code != gate.NotReady {
				t.Errorf("outcome %v, code %v", e.Outcome, e.Code)
			}
		})
	}
}
