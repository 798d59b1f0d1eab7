package wire_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// chunks are bodies in the chunked coding; want is what they hold, and a row
// without it is refused.
var chunks = []struct {
	name, text, want string
	broken           bool
}{
	{name: "one", text: "5\r\nhello\r\n0\r\n\r\n", want: "hello"},
	{name: "two", text: "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", want: "hello!"},
	{name: "none", text: "0\r\n\r\n"},
	{name: "upper-case-size", text: "A\r\n0123456789\r\n0\r\n\r\n", want: "0123456789"},
	{name: "leading-zeros", text: "0005\r\nhello\r\n000\r\n\r\n", want: "hello"},
	{name: "extension-dropped", text: "5;a=b\r\nhello\r\n0;c\r\n\r\n", want: "hello"},
	{name: "trailer-dropped", text: "5\r\nhello\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n", want: "hello"},
	{name: "size-with-prefix", text: "0x5\r\nhello\r\n0\r\n\r\n", broken: true},
	{name: "size-with-space-before", text: " 5\r\nhello\r\n0\r\n\r\n", broken: true},
	{name: "size-with-space-behind", text: "5 \r\nhello\r\n0\r\n\r\n", broken: true},
	{name: "size-with-plus", text: "+5\r\nhello\r\n0\r\n\r\n", broken: true},
	{name: "size-negative", text: "-5\r\nhello\r\n0\r\n\r\n", broken: true},
	{name: "size-with-underscore", text: "0_5\r\nhello\r\n0\r\n\r\n", broken: true},
	{name: "size-empty", text: "\r\nhello\r\n0\r\n\r\n", broken: true},
	{name: "size-too-long", text: "0000000000000005\r\nhello\r\n0\r\n\r\n", broken: true},
	{name: "size-that-overflows", text: "10000000000000005\r\nhello\r\n0\r\n\r\n", broken: true},
	{name: "size-ends-in-lf", text: "5\nhello\r\n0\r\n\r\n", broken: true},
	{name: "size-ends-in-cr", text: "5\rhello\r\n0\r\n\r\n", broken: true},
	{name: "extension-with-lf", text: "5;a\nhello\r\n0\r\n\r\n", broken: true},
	{name: "extension-with-control", text: "5;\x00\r\nhello\r\n0\r\n\r\n", broken: true},
	{name: "extension-endless", text: "5;" + strings.Repeat("a", 5000) + "\r\nhello\r\n0\r\n\r\n", broken: true},
	{name: "data-without-crlf", text: "5\r\nhello0\r\n\r\n", broken: true},
	{name: "data-with-lf", text: "5\r\nhello\n0\r\n\r\n", broken: true},
	{name: "data-longer-than-size", text: "4\r\nhello\r\n0\r\n\r\n", broken: true},
	{name: "end-with-lf", text: "5\r\nhello\r\n0\r\n\n", broken: true},
	{name: "end-without-empty-line", text: "5\r\nhello\r\n0\r\nGET /private HTTP/1.1\r\n\r\n", broken: true},
	{name: "trailer-that-frames", text: "5\r\nhello\r\n0\r\nContent-Length: 7\r\n\r\n", broken: true},
	{name: "trailer-that-authenticates", text: "5\r\nhello\r\n0\r\nauthorization: x\r\n\r\n", broken: true},
	{name: "trailer-folded", text: "5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n", broken: true},
	{name: "trailer-with-space-before-colon", text: "5\r\nhello\r\n0\r\nX : a\r\n\r\n", broken: true},
	{name: "trailer-with-nul", text: "5\r\nhello\r\n0\r\nX: \x00\r\n\r\n", broken: true},
	{name: "trailer-endless", text: "5\r\nhello\r\n0\r\n" + strings.Repeat("X: a\r\n", 2000) + "\r\n", broken: true},
}

func TestChunkedCoding(t *testing.T) {
	leak.Check(t)
	for i := range 4 {
		// What is sent of a broken body may come late: nothing else goes there.
		secure, broken := i&1 == 1, i&2 == 2
		back := record(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		p := serve(t, to(t, back.url, upstream.Options{}), server.Options{}, secure)
		for _, row := range chunks {
			if row.broken != broken {
				continue
			}
			for _, path := range []string{"/buffer", "/stream"} {
				for _, how := range []string{"whole", "split"} {
					t.Run(p.url[:5]+path+"-"+row.name+"-"+how, func(t *testing.T) {
						chunk(t, p, back, path, row.text, how, row.want, row.broken)
					})
				}
			}
		}
	}
}

func chunk(t *testing.T, p *path, back *recorder, path, text, how, want string, broken bool) {
	t.Helper()
	first := p.Events()
	c := p.dial(t)
	head := "POST " + path + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	if how == "whole" {
		send(t, c, head+text+good)
	} else {
		if plain, ok := c.(*net.TCPConn); ok {
			plain.SetNoDelay(true)
		}
		send(t, c, head)
		for i := range min(len(text), 100) {
			io.WriteString(c, text[i:i+1])
		}
		io.WriteString(c, text[min(len(text), 100):]+good)
	}
	in := bufio.NewReader(c)
	res, _ := receive(t, in, "POST")
	sent := back.take
	if broken {
		if res.StatusCode != 400 || !res.Close {
			t.Errorf("status %d, close %v, want 400 and the end", res.StatusCode, res.Close)
		}
		if e := p.Event(first); e.Code != gate.Malformed {
			t.Errorf("event %v", e.Code)
		}
		if n, err := in.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Error("the connection goes on")
		}
		if got := sent(); strings.Contains(got, "before") || strings.Contains(got, "private") || strings.Contains(got, "/buffer") {
			t.Errorf("the API got %q", got)
		}
		return
	}
	if res.StatusCode != 200 {
		t.Fatalf("status %d", res.StatusCode)
	}
	if next, _ := receive(t, in, "GET"); next.StatusCode != 200 {
		t.Errorf("the request behind it got %d", next.StatusCode)
	}
	got := sent()
	_, rest, _ := strings.Cut(got, "\r\n\r\n")
	body, after, _ := strings.Cut(rest, "GET /get?before ")
	if path == "/stream" {
		body = plain(t, body)
	}
	if body != want || after == "" || strings.Contains(got, "X-Sum") || strings.Contains(got, "a=b") {
		t.Errorf("the API got %q", got)
	}
}

// plain takes the chunked coding off, as the API would.
func plain(t *testing.T, body string) string {
	t.Helper()
	var out strings.Builder
	for body != "0\r\n\r\n" {
		var n int
		size, rest, ok := strings.Cut(body, "\r\n")
		for _, d := range size {
			n = n<<4 | strings.IndexRune("0123456789abcdef", d)
		}
		if !ok || n == 0 || len(rest) < n+2 || rest[n:n+2] != "\r\n" {
			t.Fatalf("not in the chunked coding: %q", body)
		}
		out.WriteString(rest[:n])
		body = rest[n+2:]
	}
	return out.String()
}
