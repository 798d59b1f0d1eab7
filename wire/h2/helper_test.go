package h2

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// api is an upstream in the process: send answers as it likes.
type api func(ctx context.Context, x *gate.Exchange) error

// Send implements gate.Upstream.
func (a api) Send(ctx context.Context, x *gate.Exchange) error { return a(ctx, x) }

// answer fills in an answer of known length.
func answer(x *gate.Exchange, status int, body string) {
	x.Answer.Status, x.Answer.Length = status, int64(len(body))
	x.Answer.Fields = append(x.Answer.Fields[:0], gate.Field{Name: []byte("Content-Type"), Value: []byte("text/plain")})
	x.Answer.Body = io.NopCloser(bytes.NewReader([]byte(body)))
}

// content reads the body of a request, however it is taken.
func content(x *gate.Exchange) ([]byte, error) {
	if x.Body != nil || x.Incoming == nil {
		return bytes.Clone(x.OutBody), nil
	}
	return io.ReadAll(x.Incoming)
}

// echo answers with the body of the request.
var echo = api(func(_ context.Context, x *gate.Exchange) error {
	b, err := content(x)
	if err != nil {
		return err
	}
	answer(x, 200, string(b))
	return nil
})

// server accepts connections for the engine.
type server struct {
	*stage.House
	shared *session.Shared
	end    context.CancelCauseFunc
	addr   string
	roots  *tls.Config // of clients; nil without TLS

	mu       sync.Mutex
	sessions map[session.Session]struct{} // guarded by mu
	active   sync.WaitGroup
}

// serve serves a house in front of up until the test ends.
func serve(t testing.TB, up gate.Upstream, secure bool, change func(*session.Shared)) *server {
	t.Helper()
	leak.Check(t)
	base, end := context.WithCancelCause(context.Background())
	s := &server{House: stage.New(t, up), end: end, sessions: map[session.Session]struct{}{}}
	s.shared = &session.Shared{Gate: s.Gate, Base: base, Log: slog.New(slog.DiscardHandler), Poison: true}
	if change != nil {
		change(s.shared)
	}
	s.shared.Limits = s.shared.Limits.WithDefaults()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	var config *tls.Config
	if secure {
		cert, key, roots := stage.Files(t)
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		config = &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2"}}
		s.roots = &tls.Config{RootCAs: roots, NextProtos: []string{"h2"}}
	}
	s.active.Go(func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			s.active.Go(func() { s.take(raw, config) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.shared.Cutting.Store(true)
		end(&gate.Unavailable{Code: gate.NotReady, Cause: errors.New("the test is over")})
		s.each(session.Session.Cut)
		s.active.Wait()
	})
	return s
}

func (s *server) take(raw net.Conn, config *tls.Config) {
	c := &session.Conn{Conn: raw, Raw: raw, Peer: netip.MustParseAddrPort(raw.RemoteAddr().String())}
	if config != nil {
		t := tls.Server(raw, config)
		if err := t.Handshake(); err != nil {
			raw.Close()
			return
		}
		state := t.ConnectionState()
		c.Conn, c.TLS = t, &state
	}
	one := New(s.shared, c)
	s.mu.Lock()
	s.sessions[one] = struct{}{}
	s.mu.Unlock()
	one.Serve()
	s.mu.Lock()
	delete(s.sessions, one)
	s.mu.Unlock()
}

func (s *server) each(f func(session.Session)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for one := range s.sessions {
		f(one)
	}
}

// client is a well-behaved one.
func (s *server) client(t testing.TB) *http.Client {
	t.Helper()
	tr := &http.Transport{TLSClientConfig: s.roots, Protocols: new(http.Protocols), DisableCompression: true}
	tr.Protocols.SetHTTP2(s.roots != nil)
	tr.Protocols.SetUnencryptedHTTP2(s.roots == nil)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: time.Minute}
}

func (s *server) url(path string) string {
	if s.roots == nil {
		return "http://" + s.addr + path
	}
	return "https://" + s.addr + path
}

// read ends a call and returns its status and body.
func read(t testing.TB, res *http.Response, err error) (int, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
