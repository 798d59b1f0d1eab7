package std_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// rawConn is a client that writes its own bytes.
type rawConn struct {
	net.Conn
	t  *testing.T
	in *bufio.Reader
}

func dialRaw(t *testing.T, s *httptest.Server) *rawConn {
	t.Helper()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return &rawConn{c, t, bufio.NewReader(c)}
}

func (c *rawConn) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.Conn, text); err != nil {
		c.t.Fatal(err)
	}
}

// head reads the head of the next answer.
func (c *rawConn) head() *http.Response {
	c.t.Helper()
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return res
}

// TestProtectContinues: 100 Continue says that somebody wants the body; who is
// refused never hears it (RFC 9110 section 10.1.1).
func TestProtectContinues(t *testing.T) {
	for _, target := range []string{"/buffer", "/stream"} {
		_, s, _ := protect(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
		c := dialRaw(t, s)
		c.send("POST " + target + " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
		if res := c.head(); res.StatusCode != 100 {
			t.Fatalf("%s: status %d before the body", target, res.StatusCode)
		}
		c.send("hello")
		res := c.head()
		if b, err := io.ReadAll(res.Body); res.StatusCode != 200 || string(b) != "hello" || err != nil {
			t.Errorf("%s: %d %q %v", target, res.StatusCode, b, err)
		}
	}
	called := false
	_, s, _ := protect(t, func(http.ResponseWriter, *http.Request) { called = true })
	for target, want := range map[string]int{"/private": 401, "/get": 400} { // the second takes no body
		method := "GET"
		c := dialRaw(t, s)
		c.send(method + " " + target + " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
		if res := c.head(); res.StatusCode != want || called {
			t.Errorf("%s: status %d, called %v", target, res.StatusCode, called)
		}
	}
}

// TestProtectAnswersEarly: an answer that does not wait for the body arrives at
// once, and what then comes of the body is never taken for a request.
func TestProtectAnswersEarly(t *testing.T) {
	for _, row := range []struct{ name, target, framing, rest string }{
		{"stated", "/stream", "Content-Length: 1000\r\n", ""},
		{"chunked", "/stream", "Transfer-Encoding: chunked\r\n", "3e8\r\n"},
		{"refused", "/private", "Content-Length: 1000\r\n", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			h, s, _ := protect(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("X-Planted") != "" {
					panic("a body was taken for a request")
				}
				io.WriteString(w, "early")
			})
			c := dialRaw(t, s)
			method := "POST"
			if row.target == "/private" {
				method = "GET"
			}
			c.send(method + " " + row.target + " HTTP/1.1\r\nHost: a\r\n" + row.framing + "\r\n" + row.rest)
			res := c.head()
			b, err := io.ReadAll(res.Body)
			if err != nil || row.target == "/stream" && string(b) != "early" || !res.Close {
				t.Errorf("%q %v, close %v", b, err, res.Close)
			}
			// The client goes on, as one that smuggles would.
			io.WriteString(c.Conn, "GET /get HTTP/1.1\r\nHost: a\r\nX-Planted: 1\r\n\r\n")
			c.Conn.(*net.TCPConn).CloseWrite()
			if rest, _ := io.ReadAll(c.in); len(rest) > 0 || h.Events() != 1 {
				t.Errorf("%d events, and then %q", h.Events(), rest)
			}
		})
	}
}

// TestProtectTalksBothWays: a handler may answer while it reads.
func TestProtectTalksBothWays(t *testing.T) {
	_, s, _ := protect(t, func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, 5)
		for {
			n, err := r.Body.Read(b)
			w.Write(b[:n])
			w.(http.Flusher).Flush()
			if err != nil {
				return
			}
		}
	})
	c := dialRaw(t, s)
	c.send("POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
	res := c.head()
	b := make([]byte, 5)
	if _, err := io.ReadFull(res.Body, b); err != nil || string(b) != "first" {
		t.Fatal(string(b), err)
	}
	c.send("6\r\nsecond\r\n0\r\nX-Late: planted\r\n\r\n")
	if rest, err := io.ReadAll(res.Body); err != nil || string(rest) != "second" || len(res.Trailer) > 0 {
		t.Errorf("%q %v %v", rest, res.Trailer, err)
	}
}

// TestProtectFlushesWithALength: an answer of a stated length arrives as it is
// flushed, too.
func TestProtectFlushesWithALength(t *testing.T) {
	seen := make(chan bool)
	_, s, _ := protect(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		for _, part := range []string{"first", "later"} {
			io.WriteString(w, part)
			w.(http.Flusher).Flush()
			<-seen
		}
	})
	c := dialRaw(t, s)
	c.send("GET /get HTTP/1.1\r\nHost: a\r\n\r\n")
	res := c.head()
	for _, want := range []string{"first", "later"} {
		b := make([]byte, 5)
		if _, err := io.ReadFull(res.Body, b); err != nil || string(b) != want {
			t.Fatal(string(b), err)
		}
		seen <- true
	}
}

// TestProtectHidesTrailersOfRequests: they came after everything was judged.
func TestProtectHidesTrailersOfRequests(t *testing.T) {
	for _, target := range []string{"/buffer", "/stream"} {
		_, s, _ := protect(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			if len(r.Trailer) > 0 || r.Header.Get("Trailer") != "" || r.Header.Get("X-Admin") != "" {
				io.WriteString(w, "saw them")
			}
		})
		c := dialRaw(t, s)
		c.send("POST " + target + " HTTP/1.1\r\nHost: a\r\nTrailer: X-Admin\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\na\r\n0\r\nX-Admin: 1\r\n\r\n")
		if b, err := io.ReadAll(c.in); err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 200") || strings.Contains(string(b), "saw them") {
			t.Errorf("%s: %q %v", target, b, err)
		}
	}
}

// TestProtectAbsoluteTarget: the handler sees the target as it was judged.
func TestProtectAbsoluteTarget(t *testing.T) {
	_, s, _ := protect(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.RequestURI+" "+r.Host+" "+r.URL.Path)
	})
	c := dialRaw(t, s)
	c.send("GET http://b.test/get HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
	if b, err := io.ReadAll(c.in); err != nil || !strings.HasSuffix(string(b), "\r\n\r\n/get b.test /get") {
		t.Errorf("%q %v", b, err)
	}
}
