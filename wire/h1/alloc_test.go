package h1_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/h1"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// fixed is an API that always answers alike, without allocating.
type fixed struct {
	body   []byte
	known  bool // the length of it
	reader reader
	buf    [512]byte
}

type reader struct{ bytes.Reader }

func (*reader) Close() error { return nil }

var plainText = gate.Field{Name: []byte("Content-Type"), Value: []byte("text/plain")}

func (f *fixed) Send(_ context.Context, x *gate.Exchange) error {
	if x.Intake.Mode == gate.Stream && x.Incoming != nil {
		for {
			if _, err := x.Incoming.Read(f.buf[:]); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
		}
	}
	f.reader.Reset(f.body)
	x.Answer.Status, x.Answer.Length, x.Answer.Body = 200, -1, &f.reader
	if f.known {
		x.Answer.Length = int64(len(f.body))
	}
	x.Answer.Fields = append(x.Answer.Fields, plainText)
	return nil
}

// engine serves one loopback connection to up and returns the client's end.
func engine(t testing.TB, up gate.Upstream, l session.Limits) net.Conn {
	t.Helper()
	return engineOn(t, stage.New(t, up).Gate, l)
}

func engineOn(t testing.TB, g *gate.Gate, l session.Limits) net.Conn {
	t.Helper()
	leak.Check(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	s := h1.New(&session.Shared{Gate: g, Limits: l.WithDefaults(), Base: context.Background()}, &session.Conn{Conn: raw, Raw: raw})
	ended := make(chan bool)
	go func() { s.Serve(); close(ended) }()
	t.Cleanup(func() {
		client.Close()
		s.Cut()
		<-ended
	})
	return client
}

// TestNothingIsAllocated serves requests of a kept connection without
// allocating: head, body, walk and answer.
func TestNothingIsAllocated(t *testing.T) {
	body := strings.Repeat("x", 1024)
	for _, row := range []struct {
		name, text string
		up         *fixed
	}{
		{"get", "GET /get?a=b HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nUser-Agent: test\r\n\r\n", &fixed{body: []byte(body), known: true}},
		{"get-100-kib", "GET /get HTTP/1.1\r\nHost: a\r\n\r\n", &fixed{body: bytes.Repeat([]byte("y"), 100<<10), known: true}},
		{"get-chunked", "GET /get HTTP/1.1\r\nHost: a\r\n\r\n", &fixed{body: []byte(body)}},
		{"post", "POST /buffer HTTP/1.1\r\nHost: a\r\nContent-Length: 1024\r\n\r\n" + body, &fixed{body: []byte("ok"), known: true}},
		{"post-stream", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 8192\r\n\r\n" + strings.Repeat(body, 8), &fixed{body: []byte("ok"), known: true}},
		{"post-chunked", "POST /buffer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + body + "\r\n0\r\n\r\n", &fixed{body: []byte("ok"), known: true}},
		{"refused", "GET /private HTTP/1.1\r\nHost: a\r\n\r\n", &fixed{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := engine(t, row.up, session.Limits{})
			sent, got := []byte(row.text), make([]byte, 128<<10)
			once := func() { exchange(t, c, sent, got) }
			for range 20 {
				once()
			}
			if n := testing.AllocsPerRun(200, once); n > 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// exchange sends a request and reads the answer into buf; it returns its bytes.
func exchange(t testing.TB, c net.Conn, request, buf []byte) []byte {
	if _, err := c.Write(request); err != nil {
		t.Fatal(err)
	}
	n, want := 0, -1
	for want < 0 || n < want {
		m, err := c.Read(buf[n:])
		if n += m; err != nil {
			t.Fatal(err)
		}
		head := bytes.Index(buf[:n], []byte("\r\n\r\n"))
		switch at := bytes.Index(buf[:n], []byte("Content-Length: ")); {
		case head < 0 || want >= 0:
		case at < 0: // chunked
			if bytes.HasSuffix(buf[:n], []byte("\r\n0\r\n\r\n")) {
				want = n
			}
		default:
			at += len("Content-Length: ")
			length, _ := strconv.Atoi(string(buf[at : at+bytes.IndexByte(buf[at:], '\r')]))
			want = head + 4 + length
		}
	}
	return buf[:n]
}

func BenchmarkExchange(b *testing.B) {
	body := strings.Repeat("x", 1024)
	for name, text := range map[string]string{
		"get":  "GET /get?a=b HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nUser-Agent: test\r\n\r\n",
		"post": "POST /buffer HTTP/1.1\r\nHost: a\r\nContent-Length: 1024\r\n\r\n" + body,
	} {
		b.Run(name, func(b *testing.B) {
			c := engine(b, &fixed{body: []byte(body), known: true}, session.Limits{})
			sent, got := []byte(text), make([]byte, 8<<10)
			b.ReportAllocs()
			for b.Loop() {
				exchange(b, c, sent, got)
			}
		})
	}
}
