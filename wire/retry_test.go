package wire_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// TestKeptConnectionThatIsClosed has the API close each connection after one
// answer without saying so. A GET is always answered. A POST may have been
// read by the API before it closed, so it is never sent twice; the first ones
// may cost a 502 until the gate knows this habit of the API.
func TestKeptConnectionThatIsClosed(t *testing.T) {
	for _, path := range []string{"/get", "/buffer", "/stream"} {
		t.Run(path[1:], func(t *testing.T) {
			leak.Check(t)
			var done atomic.Int64
			back := listen(t, func(c net.Conn) {
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				io.Copy(io.Discard, r.Body)
				done.Add(1)
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			})
			p := serve(t, to(t, back, upstream.Options{}), server.Options{}, false)
			c := p.client(t)
			var answered int64
			const calls = 300
			for range calls {
				res, err := call(c, p.url+path)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				switch {
				case res.StatusCode == 200:
					answered++
				case path == "/get" || res.StatusCode != 502:
					t.Fatalf("status %d", res.StatusCode)
				}
			}
			if n := done.Load(); n != answered || n < calls-3 {
				t.Errorf("%d requests done, %d answered", n, answered)
			}
		})
	}
}

// call sends a GET to /get and a POST elsewhere.
func call(c *http.Client, url string) (*http.Response, error) {
	if strings.HasSuffix(url, "/get") {
		return c.Get(url)
	}
	return c.Post(url, "text/plain", strings.NewReader("hello"))
}

// TestPostIsNotSentTwice has the API take a request and close a kept
// connection without an answer: it may have done what was asked.
func TestPostIsNotSentTwice(t *testing.T) {
	for _, path := range []string{"/buffer", "/stream"} {
		t.Run(path[1:], func(t *testing.T) {
			leak.Check(t)
			var posts atomic.Int64
			back := listen(t, func(c net.Conn) {
				in := bufio.NewReader(c)
				for first := true; ; first = false {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					io.Copy(io.Discard, r.Body)
					if !first {
						posts.Add(1)
						return
					}
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				}
			})
			p := serve(t, to(t, back, upstream.Options{}), server.Options{}, false)
			c := p.client(t)
			res, err := c.Get(p.url + "/get") // leaves a kept connection
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, res.Body) // so that the client keeps its own
			res.Body.Close()
			r, err := http.NewRequest("POST", p.url+path, strings.NewReader("hello"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Idempotency-Key", "k")
			if res, err = c.Do(r); err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if e := p.Event(1); res.StatusCode != 502 || e.Code != gate.UpstreamBroken {
				t.Errorf("status %d, %v", res.StatusCode, e.Code)
			}
			if n := posts.Load(); n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

// TestAPIThatStalls wants exchanges to end when the API stops within a body.
func TestAPIThatStalls(t *testing.T) {
	leak.Check(t)
	stall := upstream.Options{StallTimeout: brief, AnswerTimeout: brief}
	t.Run("while-it-answers", func(t *testing.T) {
		back := listen(t, func(c net.Conn) {
			in := bufio.NewReader(c)
			http.ReadRequest(in)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
			in.ReadByte() // until the gate leaves
		})
		p := serve(t, to(t, back, stall), server.Options{}, false)
		c := p.dial(t)
		send(t, c, good)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err == nil {
			_, err = io.ReadAll(res.Body)
		}
		if err == nil || isTimeout(err) {
			t.Errorf("the client waits or takes it for whole: %v", err)
		}
	})
	t.Run("while-it-takes", func(t *testing.T) {
		end := make(chan bool)
		defer close(end)
		back := listen(t, func(c net.Conn) { <-end })
		p := serve(t, to(t, back, stall), server.Options{}, false)
		c := p.dial(t)
		send(t, c, "POST /buffer HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n")
		go io.CopyN(c, zeros{}, 20_000_000)
		res, _ := receive(t, bufio.NewReader(c), "POST")
		if e := p.Event(0); res.StatusCode != 504 || e.Code != gate.UpstreamTimeout {
			t.Errorf("status %d, %v", res.StatusCode, e.Code)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestTooManyAtTheAPI wants one more than the limit refused at once.
func TestTooManyAtTheAPI(t *testing.T) {
	leak.Check(t)
	began, end := make(chan bool), make(chan bool)
	back := listen(t, func(c net.Conn) {
		http.ReadRequest(bufio.NewReader(c))
		began <- true
		<-end
	})
	p := serve(t, to(t, back, upstream.Options{MaxInFlight: 1}), server.Options{}, false)
	one, two := p.dial(t), p.dial(t)
	send(t, one, good)
	<-began
	send(t, two, good)
	in := bufio.NewReader(two)
	if res, body := receive(t, in, "GET"); res.StatusCode != 503 || res.Header.Get("Retry-After") != "1" || !strings.Contains(body, `"overloaded"`) {
		t.Errorf("status %d, Retry-After %q, %s", res.StatusCode, res.Header.Get("Retry-After"), body)
	}
	end <- true
	if res, _ := receive(t, bufio.NewReader(one), "GET"); res.StatusCode != 502 {
		t.Errorf("status %d", res.StatusCode)
	}
	p.Event(1)
	send(t, two, good)
	<-began // the place is free again
	end <- true
	receive(t, in, "GET")
}

// TestAPIOverTLS wants the API's certificate checked and HTTP/1.1 spoken.
func TestAPIOverTLS(t *testing.T) {
	leak.Check(t)
	back := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }))
	back.EnableHTTP2 = true
	back.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	back.StartTLS()
	t.Cleanup(back.Close)
	roots := x509.NewCertPool()
	roots.AddCert(back.Certificate())
	for _, row := range []struct {
		name   string
		tls    *tls.Config
		status int
	}{{"trusted", &tls.Config{RootCAs: roots}, 200}, {"unknown", nil, 502}} {
		p := serve(t, to(t, back.URL, upstream.Options{TLS: row.tls}), server.Options{}, false)
		res, err := p.client(t).Get(p.url + "/get")
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != row.status || row.status == 200 && string(b) != "HTTP/1.1" {
			t.Errorf("%s: %d %s", row.name, res.StatusCode, b)
		}
		if e := p.Event(0); row.status != 200 && e.Code != gate.UpstreamUnreachable {
			t.Errorf("%s: %v", row.name, e.Code)
		}
	}
}

// TestBytesBehindAnAnswer has the API send a second answer that nobody asked
// for with each first one. It must never become the answer to another request.
func TestBytesBehindAnAnswer(t *testing.T) {
	leak.Check(t)
	const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	back := record(t, answer+"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
	p := serve(t, to(t, back.url, upstream.Options{}), server.Options{}, false)
	c := p.client(t)
	good := 0
	for range 200 {
		res, err := c.Get(p.url + "/get")
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if strings.Contains(string(b), "poison") {
			t.Fatal("a client got the answer to no request")
		}
		if res.StatusCode == 200 && string(b) == "ok" {
			good++
		}
	}
	if good == 0 {
		t.Error("no request was answered")
	}
}
