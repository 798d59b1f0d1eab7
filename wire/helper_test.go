package wire_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/edge"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// path is a client's way through an engine and a gate to an API.
type path struct {
	*stage.House
	server *server.Server
	addr   string
	url    string
	tls    *tls.Config // of clients; nil for plain HTTP
	log    *log
}

// lay starts a server in front of api.
func lay(t testing.TB, api http.Handler, o server.Options) *path {
	t.Helper()
	leak.Check(t)
	return layTLS(t, api, o, false)
}

// layTLS is lay, with TLS when secure.
func layTLS(t testing.TB, api http.Handler, o server.Options, secure bool) *path {
	t.Helper()
	back := httptest.NewServer(api)
	t.Cleanup(back.Close)
	return serve(t, to(t, back.URL, upstream.Options{}), o, secure)
}

// to returns an upstream for the API at target.
func to(t testing.TB, target string, o upstream.Options) *upstream.Upstream {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	o.Poison = true
	up, err := upstream.New(u, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(up.Close)
	return up
}

func serve(t testing.TB, up gate.Upstream, so server.Options, secure bool) *path {
	t.Helper()
	o := edge.Options{Address: "127.0.0.1:0"}
	var roots *x509.CertPool
	if secure {
		var files edge.Pair
		files.CertFile, files.KeyFile, roots = stage.Files(t)
		o.TLS = &edge.TLS{Pairs: []edge.Pair{files}}
		if so.HTTP2 != nil {
			o.TLS.Protocols = []string{"h2", "http/1.1"}
		}
	}
	l, err := edge.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	h := stage.New(t, up)
	log := &log{}
	so.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	so.Poison = true
	p := &path{House: h, server: server.NewServer(h.Gate, so), addr: l.Addr().String(), log: log}
	p.url = "http://" + p.addr
	if secure {
		p.tls = &tls.Config{RootCAs: roots, ServerName: "localhost"}
		p.url = "https://" + p.addr
	}
	ended := make(chan error, 1)
	go func() { ended <- p.server.Serve(l, l.TLS()) }()
	t.Cleanup(func() {
		p.server.Shutdown(over())
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if s := log.String(); strings.Contains(s, "panic") {
			t.Errorf("net/http says: %s", s)
		}
	})
	return p
}

// log collects what is logged.
type log struct {
	mu sync.Mutex
	b  strings.Builder // guarded by mu
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// over is a context that has ended.
func over() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// client returns a client of its own, which t closes.
func (p *path) client(t testing.TB) *http.Client {
	t.Helper()
	tr := &http.Transport{DisableCompression: true, TLSClientConfig: p.tls}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// dial opens a connection on which a test writes what it likes.
func (p *path) dial(t testing.TB) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if p.tls != nil {
		c = tls.Client(c, p.tls)
	}
	c.SetDeadline(time.Now().Add(10 * time.Second)) // a hang is a failure
	return c
}

// send writes the parts one by one.
func send(t testing.TB, c net.Conn, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if _, err := io.WriteString(c, p); err != nil {
			t.Fatal(err)
		}
	}
}

// receive reads one answer with its body.
func receive(t testing.TB, r *bufio.Reader, method string) (*http.Response, string) {
	t.Helper()
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("answer of %d breaks off: %v", res.StatusCode, err)
	}
	return res, string(b)
}

// recorder is an API that keeps the bytes of what it is sent. It answers
// every request with its Answer, which is 204 when empty.
type recorder struct {
	Answer string
	url    string

	mu   sync.Mutex
	seen bytes.Buffer // guarded by mu
}

func record(t testing.TB, answer string) *recorder {
	t.Helper()
	r := &recorder{Answer: answer}
	if r.Answer == "" {
		r.Answer = "HTTP/1.1 204 No Content\r\n\r\n"
	}
	r.url = listen(t, r.serve)
	return r
}

// listen runs an API that does serve with each connection, and returns its
// URL.
func listen(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); work.Wait() })
	return "http://" + l.Addr().String()
}

func (r *recorder) serve(c net.Conn) {
	in := bufio.NewReader(io.TeeReader(c, r))
	for {
		q, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, q.Body); err != nil {
			return
		}
		if _, err := io.WriteString(c, r.Answer); err != nil {
			return
		}
		if q.Close || strings.Contains(r.Answer, "Connection: close") || !strings.Contains(r.Answer, "\r\n\r\n") {
			return
		}
	}
}

// Write implements io.Writer.
func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen.Write(p)
}

// take returns what came since the last call.
func (r *recorder) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.seen.String()
	r.seen.Reset()
	return s
}
