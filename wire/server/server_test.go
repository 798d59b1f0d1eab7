package server_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// answering is an API.
type answering string

func (a answering) Send(_ context.Context, x *gate.Exchange) error {
	x.Answer = gate.Answer{Status: 200, Length: int64(len(a)), Body: io.NopCloser(strings.NewReader(string(a)))}
	return nil
}

// weary is a listener that cannot accept now and then.
type weary struct {
	net.Listener
	left atomic.Int64
}

type passing struct{}

func (passing) Error() string   { return "too many open files" }
func (passing) Temporary() bool { return true }

func (w *weary) Accept() (net.Conn, error) {
	switch n := w.left.Add(-1); {
	case n > 0:
		return nil, passing{}
	case n == 0:
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.ENOBUFS)}
	}
	return w.Listener.Accept()
}

// start serves on a loopback address until the test ends.
func start(t *testing.T, o server.Options) (s *server.Server, address string) {
	t.Helper()
	leak.Check(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &weary{Listener: l}
	w.left.Store(3)
	s = server.NewServer(stage.New(t, answering("done")).Gate, o)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(w, nil) }()
	t.Cleanup(func() {
		s.Shutdown(context.Background())
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if n := s.Counts().Open.Load(); n != 0 {
			t.Errorf("%d connections are open", n)
		}
	})
	return s, l.Addr().String()
}

// talk writes the parts and returns what comes until the server closes.
func talk(t *testing.T, address string, parts ...string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	for _, p := range parts {
		if _, err := io.WriteString(c, p); err != nil {
			t.Fatal(err)
		}
	}
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const last = "GET /get HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

// TestServeGoesOn accepts although it failed for a while, and counts.
func TestServeGoesOn(t *testing.T) {
	s, address := start(t, server.Options{})
	for range 3 {
		if got := talk(t, address, last); !strings.HasSuffix(got, "\r\n\r\ndone") {
			t.Errorf("%q", got)
		}
	}
	if n := s.Counts(); n.Opened.Load() != 3 || n.Requests.Load() != 3 || n.Handshakes.Load() != 0 {
		t.Errorf("opened %d, requests %d", n.Opened.Load(), n.Requests.Load())
	}
}

// TestBeginningThatFails: a mistake of the program in a handshake takes its own
// connection and no other.
func TestBeginningThatFails(t *testing.T) {
	leak.Check(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	s := server.NewServer(stage.New(t, answering("done")).Gate, server.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	ended := make(chan error, 1)
	go func() {
		ended <- s.Serve(l, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { panic("a mistake") }})
	}()
	for range 2 {
		if c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true}); err == nil {
			c.Close()
			t.Error("the handshake was made")
		}
	}
	s.Shutdown(context.Background())
	if err := <-ended; err != nil || strings.Count(log.String(), "a connection failed") != 2 {
		t.Errorf("%v, the log says %q", err, log.String())
	}
}

// failing is an API whose answer fails while it is passed on.
type failing struct{}

func (failing) Send(_ context.Context, x *gate.Exchange) error {
	x.Answer = gate.Answer{Status: 200, Length: 100 << 10, Body: failing{}}
	return nil
}
func (failing) Read([]byte) (int, error) { panic("planted") }
func (failing) Close() error             { return nil }

// TestFailureEndsOneConnection: a defect in what passes bytes on costs the
// connection on which it shows, which must not look like one that ended well,
// and nothing else. The exchange is told of as any other.
func TestFailureEndsOneConnection(t *testing.T) {
	var log strings.Builder
	h := stage.New(t, failing{})
	s := server.NewServer(h.Gate, server.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l, nil) }()
	for n := range 2 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, last)
		if b, err := io.ReadAll(c); err == nil {
			t.Errorf("ended well with %q", b)
		}
		c.Close()
		if e := h.Event(n); e.Outcome != gate.Aborted {
			t.Errorf("the event says %v", e.Outcome)
		}
	}
	s.Shutdown(context.Background())
	if err := <-ended; err != nil || strings.Count(log.String(), "a value of the type string") != 2 {
		t.Errorf("%v: %s", err, log.String())
	}
	if strings.Contains(log.String(), "planted") { // it may be of what clients sent
		t.Errorf("the log has what the panic said: %s", log.String())
	}
}

// TestServeAfterShutdown serves nobody.
func TestServeAfterShutdown(t *testing.T) {
	s, _ := start(t, server.Options{})
	if err := s.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(l, nil); err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		c.Close()
		t.Error("the listener is open")
	}
}

// other is an engine that says what it was given.
type other struct{ *session.Conn }

func (o other) Serve() {
	b := make([]byte, 64)
	n, _ := io.ReadFull(o, b[:24])
	io.WriteString(o, "other: "+string(b[:n]))
	o.Close()
}
func (o other) Drain() {}
func (o other) Cut()   { o.Close() }

// TestPriorKnowledge tells by its first bytes what a connection speaks, however
// they come, and only where it is allowed.
func TestPriorKnowledge(t *testing.T) {
	h2 := func(_ *session.Shared, c *session.Conn) session.Session { return other{c} }
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	limits := session.Limits{Linger: time.Millisecond, HeadTimeout: 150 * time.Millisecond}
	for _, row := range []struct {
		name    string
		allowed bool
		parts   []string
		want    string
	}{
		{"preface", true, []string{preface}, "other: " + preface},
		{"preface-in-pieces", true, []string{"P", "RI * HT", "TP/2.0", "\r\n\r\nSM\r\n\r\n"}, "other: " + preface},
		{"another-request", true, []string{last}, "HTTP/1.1 200 "},
		{"begins-alike", true, []string{"PR", "OPFIND /get HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"}, "HTTP/1.1 200 "},
		{"stays-alike", true, []string{"PRI * HT"}, "HTTP/1.1 408 "},
		{"not-allowed", false, []string{preface}, "HTTP/1.1 400 "},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, address := start(t, server.Options{HTTP2: h2, PriorKnowledge: row.allowed, Limits: limits})
			if got := talk(t, address, row.parts...); !strings.HasPrefix(got, row.want) {
				t.Errorf("%q, want %q", got, row.want)
			}
		})
	}
}

// TestHandshakeForAProof agrees on a protocol that no engine speaks: nobody
// gets to speak HTTP on such a connection, whatever it asks for.
func TestHandshakeForAProof(t *testing.T) {
	leak.Check(t)
	cert, key, roots := stage.Files(t)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := server.NewServer(stage.New(t, answering("done")).Gate, server.Options{})
	ended := make(chan error, 1)
	go func() {
		ended <- s.Serve(l, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"proof/1", "http/1.1"}})
	}()
	defer func() { s.Shutdown(context.Background()); <-ended }()
	for protocol, want := range map[string]bool{"proof/1": false, "http/1.1": true} {
		c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "localhost", NextProtos: []string{protocol}})
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(c, "GET /get HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
		text, err := io.ReadAll(c)
		if got := strings.Contains(string(text), "200"); got != want || os.IsTimeout(err) {
			t.Errorf("%s: answered %v, %v", protocol, got, err)
		}
		c.Close()
	}
}
