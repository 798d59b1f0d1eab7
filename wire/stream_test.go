package wire_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/std"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// TestAnswerStreams wants each part of an answer at the client before the
// next one is written.
func TestAnswerStreams(t *testing.T) {
	for _, media := range []string{"text/event-stream", "application/octet-stream"} {
		t.Run(strings.ReplaceAll(media, "/", "-"), func(t *testing.T) {
			next := make(chan bool)
			p := lay(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", media)
				w.(http.Flusher).Flush()
				for range next {
					fmt.Fprint(w, "data: x\n\n")
					w.(http.Flusher).Flush()
				}
			}), server.Options{})
			res, err := p.client(t).Get(p.url + "/get") // returns before there is a body
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			for range 3 {
				next <- true
				if _, err := io.ReadFull(res.Body, make([]byte, 9)); err != nil {
					t.Fatal(err)
				}
			}
			close(next)
			if n, err := res.Body.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("%d bytes and %v at the end", n, err)
			}
		})
	}
}

// TestBothWaysAtOnce lets the API echo each part before the client sends the
// next one.
func TestBothWaysAtOnce(t *testing.T) {
	p := lay(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		rc.EnableFullDuplex()
		rc.Flush()
		b := make([]byte, 100)
		for {
			n, err := r.Body.Read(b)
			w.Write(b[:n])
			rc.Flush()
			if err != nil {
				return
			}
		}
	}), server.Options{})
	c := p.dial(t)
	send(t, c, "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	in := bufio.NewReader(c)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != 200 {
		t.Fatal(res, err)
	}
	for i := range 5 {
		word := fmt.Sprintf("word%d", i)
		send(t, c, "5\r\n"+word+"\r\n")
		b := make([]byte, 5)
		if _, err := io.ReadFull(res.Body, b); err != nil || string(b) != word {
			t.Fatalf("got %q, %v", b, err)
		}
	}
	send(t, c, "0\r\n\r\n")
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	if !res.Close { // nobody knew at its head that all of the request would be read
		t.Error("the answer does not say that the connection ends")
	}
}

// TestEarlyAnswer has the API answer while the client still sends and wants
// the whole answer at the client, and no request behind it.
func TestEarlyAnswer(t *testing.T) {
	leak.Check(t)
	back := listen(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		http.ReadRequest(in)
		io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nearly")
		io.Copy(io.Discard, in)
	})
	p := serve(t, to(t, back, upstream.Options{}), server.Options{}, false)
	for _, length := range []string{"Content-Length: 100000", "Transfer-Encoding: chunked"} {
		c := p.dial(t)
		send(t, c, "POST /stream HTTP/1.1\r\nHost: a\r\n"+length+"\r\n\r\n")
		in := bufio.NewReader(c)
		if res, body := receive(t, in, "POST"); res.StatusCode != 413 || body != "early" {
			t.Errorf("%s: %d %q", length, res.StatusCode, body)
		}
		if n, err := in.Read(make([]byte, 1)); n != 0 || err == nil || isTimeout(err) {
			t.Errorf("%s: the connection goes on: %v", length, err)
		}
	}
}

// TestBodyIsNeverTakenForARequest has the API answer early, and the rest of
// the body look like a request.
func TestBodyIsNeverTakenForARequest(t *testing.T) {
	leak.Check(t)
	back := listen(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly")
		}
	})
	p := serve(t, to(t, back, upstream.Options{}), server.Options{}, false)
	other := httptest.NewServer(std.Handler(p.Gate, std.Limits{}))
	t.Cleanup(other.Close)
	for _, way := range []*path{p, {addr: strings.TrimPrefix(other.URL, "http://")}} {
		for _, length := range []string{"Content-Length: 100000", "Transfer-Encoding: chunked"} {
			c := way.dial(t)
			send(t, c, "POST /stream HTTP/1.1\r\nHost: a\r\n"+length+"\r\n\r\n")
			in := bufio.NewReader(c)
			if res, body := receive(t, in, "POST"); res.StatusCode != 200 || body != "early" || !res.Close {
				t.Errorf("%s: %d %q, close %v", length, res.StatusCode, body, res.Close)
			}
			io.WriteString(c, good) // may be refused by then
			if rest, _ := io.ReadAll(in); len(rest) > 0 {
				t.Errorf("%s: a second answer: %q", length, rest)
			}
		}
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// TestAPIBreaksOff wants a truncated answer to reach the client truncated.
func TestAPIBreaksOff(t *testing.T) {
	leak.Check(t)
	for _, row := range []struct{ name, answer string }{
		{"in-a-length", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhello"},
		{"in-a-chunk", "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"},
		{"between-chunks", "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
		{"in-a-broken-chunk", "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloxx"},
	} {
		for _, secure := range []bool{false, true} {
			for _, version := range []string{"1.0", "1.1"} {
				t.Run(fmt.Sprintf("%s-http-%s-tls-%v", row.name, version, secure), func(t *testing.T) {
					back := record(t, row.answer)
					p := serve(t, to(t, back.url, upstream.Options{}), server.Options{}, secure)
					c := p.dial(t)
					send(t, c, "GET /get HTTP/"+version+"\r\nHost: a\r\n\r\n")
					res, err := http.ReadResponse(bufio.NewReader(c), nil)
					if err == nil {
						_, err = io.ReadAll(res.Body)
					}
					if err == nil || isTimeout(err) {
						t.Errorf("the client takes it for whole: %v", err)
					}
					if e := p.Event(0); e.Outcome != gate.Aborted {
						t.Errorf("outcome %v", e.Outcome)
					}
				})
			}
		}
	}
}

// TestExpectContinue wants 100 only after the head was allowed.
func TestExpectContinue(t *testing.T) {
	p := lay(t, http.HandlerFunc(echo), server.Options{})
	c := p.dial(t)
	in := bufio.NewReader(c)
	const head = " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
	send(t, c, "POST /buffer"+head)
	if line, err := in.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("%q, %v", line, err)
	}
	in.ReadString('\n')
	send(t, c, "hello")
	if res, body := receive(t, in, "POST"); res.StatusCode != 200 || body != "hello" {
		t.Errorf("%d %q", res.StatusCode, body)
	}
	send(t, c, "GET /private"+head)
	if res, _ := receive(t, in, "GET"); res.StatusCode != 401 || !res.Close {
		t.Errorf("status %d, close %v", res.StatusCode, res.Close)
	}
}

func TestAPIThatCannotBeReached(t *testing.T) {
	leak.Check(t)
	l, err := net.Listen("tcp", "127.0.0.2:0") // where nothing else in this test listens
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	p := serve(t, to(t, "http://"+l.Addr().String(), upstream.Options{}), server.Options{}, false)
	for i, path := range []string{"/buffer", "/stream"} {
		res, err := p.client(t).Post(p.url+path, "text/plain", io.MultiReader(strings.NewReader("hello")))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if e := p.Event(i); res.StatusCode != 502 || e.Code != gate.UpstreamUnreachable || e.Outcome != gate.Failed {
			t.Errorf("%s: %d %v %v", path, res.StatusCode, e.Code, e.Outcome)
		}
	}
}

func TestAPIThatDoesNotAnswer(t *testing.T) {
	leak.Check(t)
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts in the kernel alone
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	up := to(t, "http://"+l.Addr().String(), upstream.Options{AnswerTimeout: brief, MaxInFlight: 1})
	p := serve(t, up, server.Options{}, false)
	for i, path := range []string{"/buffer", "/stream"} {
		res, err := p.client(t).Post(p.url+path, "text/plain", strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if e := p.Event(i); res.StatusCode != 504 || e.Code != gate.UpstreamTimeout {
			t.Errorf("%s: %d %v", path, res.StatusCode, e.Code)
		}
	}
}
