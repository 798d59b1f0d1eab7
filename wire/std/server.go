// Package std is the engine on net/http's server: it reads HTTP/1.1 from
// listeners that package edge opens, fills exchanges and writes answers. It
// does not trust net/http to refuse what has two readings: Server reads the
// heads itself and follows every body's framing before net/http sees a byte
// (see conn). Under TLS only HTTP/1.1 is offered; HTTP/2 comes with an engine
// of its own. Handler serves programs that bring their own net/http server;
// what that server repairs or hides (bare LF, folded lines, a Content-Length
// beside Transfer-Encoding) cannot be refused there.
//
// Package serve and the root package import it. It knows the gate and nothing of
// contracts, guards or upstreams.
package std

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/forwarded"
)

// Server serves exchanges of one gate on any number of listeners.
type Server struct {
	gate    *gate.Gate
	limits  Limits
	poison  bool
	on      *gate.Listener // of every exchange; may be nil
	verify  func(*tls.ConnectionState, []byte) gate.Code
	proxies atomic.Pointer[forwarded.Trust]
	http    http.Server
	cutting atomic.Bool             // what is left is cut
	end     context.CancelCauseFunc // of every exchange's context
	active  sync.WaitGroup          // handlers

	handshakes handshakes

	mu    sync.Mutex
	conns map[*conn]struct{} // guarded by mu; open connections
}

// Options are what a server needs besides a gate.
type Options struct {
	Limits Limits
	// Listener is where the exchanges of this server come in; nil when nothing
	// is said of it. Listeners that differ need a server each.
	Listener *gate.Listener
	// Proxies are the networks whose word on who the client is, in Forwarded
	// and X-Forwarded-*, is taken. Nobody else's is.
	Proxies []netip.Prefix
	Log     *slog.Logger // takes failed handshakes now and then, and at debug level what net/http says; nil drops it
	// Verify is session.Shared.Verify.
	Verify func(state *tls.ConnectionState, host []byte) gate.Code
	// Poison overwrites each head when its exchange ends, so that whoever
	// kept a view finds nonsense. For tests.
	Poison bool
}

// NewServer returns a server that waits for Serve.
func NewServer(g *gate.Gate, o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{gate: g, limits: o.Limits.WithDefaults(), poison: o.Poison, on: o.Listener, verify: o.Verify, conns: map[*conn]struct{}{}}
	s.SetProxies(o.Proxies)
	s.handshakes.log = o.Log
	base, end := context.WithCancelCause(context.Background())
	s.end = end
	s.http = http.Server{
		BaseContext:       func(net.Listener) context.Context { return base },
		Handler:           http.HandlerFunc(s.handle),
		ReadHeaderTimeout: s.limits.HeadTimeout,
		IdleTimeout:       s.limits.IdleTimeout,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
		DisableGeneralOptionsHandler: true,
	}
	return s
}

// SetProxies changes Options.Proxies for exchanges that begin from now on, on
// open connections, too.
func (s *Server) SetProxies(networks []netip.Prefix) { s.proxies.Store(forwarded.New(networks)) }

// connKey is the context's key of the connection.
type connKey struct{}

// Serve accepts connections from l until Shutdown, which makes it return nil.
// With t it speaks TLS on them. It closes l.
func (s *Server) Serve(l net.Listener, t *tls.Config) error {
	err := s.http.Serve(&listener{Listener: l, server: s, tls: t})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	s.active.Add(1)
	defer s.active.Done()
	t := turns.Get().(*turn)
	t.w, t.r = w, r
	t.conn = r.Context().Value(connKey{}).(*conn)
	defer t.conn.ended.Add(1)
	t.serve(s.gate, fromHead)
}

// errCut is why exchanges end that Shutdown cuts: it is not the client who is
// gone.
var errCut = &gate.Unavailable{Code: gate.NotReady, Cause: errors.New("the gate ended before the exchange did")}

// Shutdown stops to accept, closes connections that wait for a request and
// lets exchanges in flight end; their answers say Connection: close. When ctx
// ends first, it cuts the rest, whose contexts end with a gate.Unavailable as
// their cause, and returns the context's error.
func (s *Server) Shutdown(ctx context.Context) error {
	s.closeUntouched()
	err := s.http.Shutdown(ctx)
	if err != nil {
		s.cutting.Store(true)
		s.end(errCut)
		s.http.Close()
	}
	s.active.Wait()
	s.end(nil)
	return err
}

// closeUntouched closes connections on which nothing came yet; net/http would
// wait for their first request.
func (s *Server) closeUntouched() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if !c.touched.Load() {
			c.raw.Close()
		}
	}
}

func (s *Server) remember(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// listener makes a conn of each connection.
type listener struct {
	net.Listener
	server *Server
	tls    *tls.Config
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := newConn(l.server, raw, l.tls)
	raw.SetWriteDeadline(time.Now().Add(l.server.limits.HeadTimeout)) // for the handshake; see conn.Write
	l.server.remember(c)
	return c, nil
}
