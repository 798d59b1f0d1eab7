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
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

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

// hello reads the body and answers with a few bytes.
var hello = api(func(_ context.Context, x *gate.Exchange) error {
	if _, err := content(x); err != nil {
		return err
	}
	answer(x, 200, "hello from the API")
	return nil
})

// slow is echo, but for GET, which waits until its client leaves.
var slow = api(func(ctx context.Context, x *gate.Exchange) error {
	if string(x.Method) != "GET" {
		return echo(ctx, x)
	}
	<-ctx.Done()
	return context.Cause(ctx)
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

// raw is a client that writes frames as it likes.
type raw struct {
	t       testing.TB
	conn    net.Conn
	framer  *http2.Framer
	fields  bytes.Buffer
	encoder *hpack.Encoder
	decoder *hpack.Decoder
}

// raw connects and exchanges prefaces.
func (s *server) raw(t testing.TB, settings ...http2.Setting) *raw {
	t.Helper()
	r := s.connect(t)
	r.write([]byte(http2.ClientPreface))
	r.check(r.framer.WriteSettings(settings...))
	r.expect("SETTINGS")
	r.check(r.framer.WriteSettingsAck())
	r.expect("WINDOW_UPDATE")
	r.expect("SETTINGS") // the acknowledgement
	return r
}

// connect only connects.
func (s *server) connect(t testing.TB) *raw {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	r := &raw{t: t, conn: c, framer: http2.NewFramer(c, c), decoder: hpack.NewDecoder(4096, nil)}
	r.framer.AllowIllegalWrites = true
	r.prepare()
	return r
}

func (r *raw) prepare() { r.encoder = hpack.NewEncoder(&r.fields) }

func (r *raw) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *raw) write(b []byte) {
	r.t.Helper()
	_, err := r.conn.Write(b)
	r.check(err)
}

// block encodes "name", "value", ...
func (r *raw) block(fields ...string) []byte {
	r.fields.Reset()
	for i := 0; i < len(fields); i += 2 {
		r.encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return bytes.Clone(r.fields.Bytes())
}

// usual is the head of a request with fields behind it.
func usual(method, path string, fields ...string) []string {
	return append([]string{":method", method, ":scheme", "http", ":path", path, ":authority", "api.test"}, fields...)
}

// head sends a whole field block.
func (r *raw) head(id uint32, end bool, fields ...string) {
	r.t.Helper()
	r.check(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: r.block(fields...), EndStream: end, EndHeaders: true}))
}

// next reads a frame; nil at the end of the connection.
func (r *raw) next() http2.Frame {
	r.t.Helper()
	f, err := r.framer.ReadFrame()
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			r.t.Fatal("nothing came")
		}
		return nil
	}
	return f
}

// expect reads a frame and demands its type.
func (r *raw) expect(kind string) http2.Frame {
	r.t.Helper()
	f := r.next()
	if f == nil || f.Header().Type.String() != kind {
		r.t.Fatalf("got %v, want %s", f, kind)
	}
	return f
}

// reset reads up to a RST_STREAM of id, or the end, and returns its code.
func (r *raw) reset(id uint32) http2.ErrCode {
	r.t.Helper()
	for {
		switch f := r.next().(type) {
		case nil:
			r.t.Fatalf("the connection ended before stream %d", id)
		case *http2.RSTStreamFrame:
			if f.StreamID == id {
				return f.ErrCode
			}
		case *http2.GoAwayFrame:
			r.t.Fatalf("GOAWAY %v instead of a reset of stream %d", f.ErrCode, id)
		}
	}
}

// bye reads up to the end of the connection and returns the code of the last
// GOAWAY.
func (r *raw) bye() http2.ErrCode {
	r.t.Helper()
	code := http2.ErrCode(0xffff)
	for {
		switch f := r.next().(type) {
		case nil:
			return code
		case *http2.GoAwayFrame:
			code = f.ErrCode
		}
	}
}

// response reads the answer on stream id: its status, and its body up to the
// end of the stream.
func (r *raw) response(id uint32) (status, body string) {
	r.t.Helper()
	for {
		f := r.next()
		if f == nil {
			r.t.Fatalf("the connection ended before the answer on stream %d", id)
		}
		if f.Header().StreamID != id {
			continue
		}
		switch f := f.(type) {
		case *http2.HeadersFrame:
			fields, err := r.decoder.DecodeFull(f.HeaderBlockFragment())
			r.check(err)
			for _, h := range fields {
				if h.Name == ":status" {
					status = h.Value
				}
			}
			if f.StreamEnded() {
				return status, body
			}
		case *http2.DataFrame:
			if body += string(f.Data()); f.StreamEnded() {
				return status, body
			}
		case *http2.RSTStreamFrame:
			return status, body + " reset " + f.ErrCode.String()
		}
	}
}
