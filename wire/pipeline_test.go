package wire_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/server"
)

// TestPipelining sends many requests without waiting, cut into pieces at
// random places, and wants every answer in its order.
func TestPipelining(t *testing.T) {
	for _, secure := range []bool{false, true} {
		p := layTLS(t, http.HandlerFunc(echo), server.Options{}, secure)
		random := rand.New(rand.NewPCG(1, 2))
		for range 10 {
			var text strings.Builder
			var want []string
			for i := range 40 {
				body := strings.Repeat(fmt.Sprintf("%d.", i), random.IntN(300))
				switch random.IntN(4) {
				case 0:
					body = ""
					fmt.Fprintf(&text, "GET /get?%d HTTP/1.1\r\nHost: a\r\n\r\n", i)
				case 1:
					fmt.Fprintf(&text, "\r\nPOST /buffer HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
				case 2:
					fmt.Fprintf(&text, "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
				default:
					fmt.Fprintf(&text, "POST /buffer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%s0\r\nX: y\r\n\r\n", inChunks(random, body))
				}
				want = append(want, body)
			}
			c := p.dial(t)
			sent := make(chan bool)
			go func() {
				defer close(sent)
				for s := text.String(); s != ""; {
					n := min(len(s), 1+random.IntN(2000))
					io.WriteString(c, s[:n])
					s = s[n:]
				}
			}()
			in := bufio.NewReader(c)
			for i, w := range want {
				if res, body := receive(t, in, "GET"); res.StatusCode != 200 || body != w {
					t.Fatalf("answer %d: status %d, %d bytes, want %d", i, res.StatusCode, len(body), len(w))
				}
			}
			<-sent
			c.Close()
		}
	}
}

func inChunks(random *rand.Rand, body string) string {
	var out strings.Builder
	for body != "" {
		n := min(len(body), 1+random.IntN(200))
		fmt.Fprintf(&out, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return out.String()
}

// TestWhenConnectionsStay follows RFC 9112 section 9.3.
func TestWhenConnectionsStay(t *testing.T) {
	p := lay(t, http.HandlerFunc(echo), server.Options{})
	for _, row := range []struct {
		name, text string
		stays      bool
	}{
		{"http-1-1", "GET /get HTTP/1.1\r\nHost: a\r\n\r\n", true},
		{"http-1-1-close", "GET /get HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
		{"http-1-1-close-among-others", "GET /get HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false},
		{"http-1-0", "GET /get HTTP/1.0\r\nHost: a\r\n\r\n", false},
		{"http-1-0-keep-alive", "GET /get HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", true},
		{"refused-by-a-guard", "GET /private HTTP/1.1\r\nHost: a\r\n\r\n", true},
		{"refused-with-its-body-unread", "GET /private HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", false},
		{"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", true},
		{"head", "HEAD /get HTTP/1.1\r\nHost: a\r\n\r\n", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := p.dial(t)
			send(t, c, row.text)
			in := bufio.NewReader(c)
			method, _, _ := strings.Cut(row.text, " ")
			if res, _ := receive(t, in, method); res.StatusCode >= 500 {
				t.Errorf("status %d", res.StatusCode)
			}
			if row.stays {
				send(t, c, good)
				receive(t, in, "GET")
			} else if n, err := in.Read(make([]byte, 1)); n != 0 || err == nil || isTimeout(err) {
				t.Errorf("the connection stays: %v", err)
			}
		})
	}
}

// TestBodiesAreBounded sends more than the operation takes.
func TestBodiesAreBounded(t *testing.T) {
	p := lay(t, http.HandlerFunc(echo), server.Options{})
	for i, row := range []struct {
		name, path string
		length     int64 // as stated; -1 for chunked
	}{
		{"buffered-stated", "/buffer", stage.MaxBody + 1}, {"buffered-chunked", "/buffer", -1},
		{"streamed-stated", "/stream", stage.MaxBody + 1}, {"streamed-chunked", "/stream", -1},
	} {
		c := p.dial(t)
		if row.length < 0 {
			send(t, c, "POST "+row.path+" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", fmt.Sprintf("%x\r\n", stage.MaxBody+10))
			go io.CopyN(c, zeros{}, stage.MaxBody+10)
		} else {
			send(t, c, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", row.path, row.length))
		}
		if res, _ := receive(t, bufio.NewReader(c), "POST"); res.StatusCode != 413 || !res.Close {
			t.Errorf("%s: status %d, close %v", row.name, res.StatusCode, res.Close)
		}
		if e := p.Event(i); e.Code != gate.BodyTooLarge {
			t.Errorf("%s: %v", row.name, e.Code)
		}
		c.Close()
	}
}
