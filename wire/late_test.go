package wire_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/h2"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/session"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// late sends bodies to a gate that has asked for them by then. It speaks HTTP/2
// where two says so.
func (p *path) late(t *testing.T, two bool) func(body io.Reader, length int64) (*http.Response, error) {
	tr := &http.Transport{ExpectContinueTimeout: time.Minute, Protocols: new(http.Protocols)}
	tr.Protocols.SetHTTP1(!two)
	tr.Protocols.SetUnencryptedHTTP2(two)
	t.Cleanup(tr.CloseIdleConnections)
	return func(body io.Reader, length int64) (*http.Response, error) {
		r, err := http.NewRequest("POST", p.url+"/stream", io.NopCloser(body))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = length
		r.Header.Set("Expect", "100-continue")
		return tr.RoundTrip(r)
	}
}

// TestLateBodyLeavesWithTheHead: a small body that comes behind the head reaches
// the API in one piece with it, on a connection that is kept.
func TestLateBodyLeavesWithTheHead(t *testing.T) {
	leak.Check(t)
	const body = `{"name": "Rex"}`
	for _, two := range []bool{false, true} {
		var conns atomic.Int64
		back := listen(t, func(c net.Conn) {
			conns.Add(1)
			for b := make([]byte, 64<<10); ; {
				n, err := c.Read(b)
				if err != nil {
					return
				}
				if s := string(b[:n]); !strings.HasPrefix(s, "POST /stream ") || !strings.HasSuffix(s, "\r\n\r\n"+body) {
					t.Errorf("HTTP/2 %v: one read at the API gives %q", two, s)
				}
				io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
			}
		})
		up := to(t, back, upstream.Options{})
		p := serve(t, up, server.Options{HTTP2: h2.New, PriorKnowledge: true}, false)
		send := p.late(t, two)
		for range 20 {
			res, err := send(strings.NewReader(body), int64(len(body)))
			if err != nil {
				t.Fatal(err)
			}
			if res.Body.Close(); res.StatusCode != 204 {
				t.Errorf("HTTP/2 %v: %d", two, res.StatusCode)
			}
		}
		if n := conns.Load(); n != 1 {
			t.Errorf("HTTP/2 %v: %d connections", two, n)
		}
		up.Close()
	}
}

// TestSmallBodyThatDoesNotCome costs the API nothing, not even a connection.
func TestSmallBodyThatDoesNotCome(t *testing.T) {
	leak.Check(t)
	const part = "hel"
	for _, two := range []bool{false, true} {
		for _, row := range []struct {
			name   string
			limits session.Limits
			rest   func() (r io.Reader, end func())
			status int // 0 when nobody hears of it
			codes  []gate.Code
		}{
			{"breaks-off", session.Limits{}, func() (io.Reader, func()) {
				return iotest.ErrReader(errors.New("planted")), func() {}
			}, 0, []gate.Code{gate.BodyIncomplete, gate.ClientGone}},
			{"stalls", short, func() (io.Reader, func()) {
				r, w := io.Pipe()
				return r, func() { w.Close() }
			}, 408, []gate.Code{gate.BodyTimeout}},
		} {
			up := to(t, record(t, "").url, upstream.Options{})
			p := serve(t, up, server.Options{HTTP2: h2.New, PriorKnowledge: true, Limits: row.limits}, false)
			rest, end := row.rest()
			res, err := p.late(t, two)(io.MultiReader(strings.NewReader(part), rest), 9)
			end()
			status := 0
			if err == nil {
				status = res.StatusCode
				res.Body.Close()
			}
			if status != row.status {
				t.Errorf("%s, HTTP/2 %v: %d %v", row.name, two, status, err)
			}
			e := p.Event(0)
			known := false
			for _, c := range row.codes {
				known = known || e.Code == c
			}
			if !known {
				t.Errorf("%s, HTTP/2 %v: event %v %v", row.name, two, e.Outcome, e.Code)
			}
			if s := up.Stats(); s.Opened != 0 || s.InFlight != 0 {
				t.Errorf("%s, HTTP/2 %v: %+v", row.name, two, s)
			}
		}
	}
}
