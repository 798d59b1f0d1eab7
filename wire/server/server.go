// Package server serves clients: it accepts the connections of listeners that
// package edge opens, speaks TLS on them, hands each to the engine of its
// protocol, and ends them in good order. Each connection has one goroutine from
// its acceptance to its end.
//
// Package serve imports it. It knows the engines and nothing of contracts,
// guards or upstreams.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/forwarded"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// Server serves exchanges of one gate on any number of listeners.
type Server struct {
	shared     session.Shared
	http2      session.Engine
	prior      bool
	end        context.CancelCauseFunc // of every exchange's context
	handshakes handshakes

	mu        sync.Mutex
	ending    bool                      // guarded by mu
	listeners map[net.Listener]struct{} // guarded by mu
	open      map[*client]struct{}      // guarded by mu
	active    sync.WaitGroup            // goroutines of connections, and Serve
	stop      chan struct{}             // closed by Shutdown
}

// Options are what a server needs besides a gate.
type Options struct {
	Limits session.Limits
	// Listener is where the exchanges of this server come in; nil when nothing
	// is said of it. Listeners that differ need a server each.
	Listener *gate.Listener
	// Asker takes the exchanges of proxies that only ask; nil where clients call.
	Asker session.Asker
	// Proxies are the networks whose word on who the client is, in Forwarded
	// and X-Forwarded-*, is taken. Nobody else's is.
	Proxies []netip.Prefix
	Log     *slog.Logger // takes failed handshakes now and then; nil drops it
	// HTTP2 is the engine of connections whose clients chose "h2" while the
	// TLS handshake was made. Which protocols are offered says the listener's
	// configuration of TLS.
	HTTP2 session.Engine
	// PriorKnowledge lets clients begin with HTTP/2 where there is no TLS (RFC
	// 9113 section 3.3).
	PriorKnowledge bool
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
	s := &Server{http2: o.HTTP2, prior: o.PriorKnowledge && o.HTTP2 != nil, listeners: map[net.Listener]struct{}{}, open: map[*client]struct{}{}, stop: make(chan struct{})}
	h := &s.shared
	h.Gate, h.Limits, h.On, h.Log, h.Verify, h.Poison = g, o.Limits.WithDefaults(), o.Listener, o.Log, o.Verify, o.Poison
	h.Asker = o.Asker
	h.Base, s.end = context.WithCancelCause(context.Background())
	s.handshakes.log, s.handshakes.count = o.Log, &h.Counts.Handshakes
	s.SetProxies(o.Proxies)
	return s
}

// SetProxies changes Options.Proxies for exchanges that begin from now on, on
// open connections, too.
func (s *Server) SetProxies(networks []netip.Prefix) {
	s.shared.Proxies.Store(forwarded.New(networks))
}

// Counts are what the server counts.
func (s *Server) Counts() *session.Counts { return &s.shared.Counts }

// Serve accepts connections from l until Shutdown, which makes it return nil.
// With t it speaks TLS on them. It closes l.
func (s *Server) Serve(l net.Listener, t *tls.Config) error {
	defer l.Close()
	if !s.listen(l) {
		return nil
	}
	defer s.unlisten(l)
	if t != nil {
		t = s.hear(t)
	}
	pause := time.Duration(0)
	for {
		raw, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			s.take(raw, t)
		case s.ended():
			return nil
		case !temporary(err):
			return err
		default: // as when there is no descriptor left: others may end
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.wait(pause)
		}
	}
}

// passing are errors of accepting that are of one connection, or of a system
// that is short of something (accept(2)). Temporary does not know them.
var passing = [...]error{
	syscall.ENOBUFS, syscall.ENOMEM, syscall.EPROTO, syscall.EPERM, syscall.ENOPROTOOPT,
	syscall.ENETDOWN, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.EHOSTUNREACH,
}

func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary() || slices.ContainsFunc(passing[:], func(p error) bool { return errors.Is(err, p) })
}

// wait waits for d, or for Shutdown.
func (s *Server) wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.stop:
	}
}

func (s *Server) listen(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending {
		return false
	}
	s.listeners[l] = struct{}{}
	s.active.Add(1) // for a connection that comes while the server ends
	return true
}

func (s *Server) unlisten(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
	s.active.Done()
}

func (s *Server) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending
}

// errCut is why exchanges end that Shutdown cuts: it is not the client who is
// gone.
var errCut = &gate.Unavailable{Code: gate.NotReady, Cause: errors.New("the gate ended before the exchange did")}

// Shutdown stops to accept, closes connections that wait for a request when
// none comes within Limits.Farewell, and lets exchanges in flight end; their
// answers end their connections. When ctx
// ends first, it cuts the rest, whose contexts end with a gate.Unavailable as
// their cause, and returns the context's error.
func (s *Server) Shutdown(ctx context.Context) error {
	s.drain()
	ended := make(chan struct{})
	go func() {
		s.active.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		select {
		case <-ended: // both at once
		default:
			err = ctx.Err()
			s.cut()
		}
	}
	<-ended
	s.end(nil)
	return err
}

func (s *Server) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ending {
		s.ending = true
		close(s.stop)
	}
	s.shared.Draining.Store(true)
	for l := range s.listeners {
		l.Close()
	}
	for c := range s.open {
		c.drain()
	}
}

func (s *Server) cut() {
	s.shared.Cutting.Store(true)
	s.end(errCut)
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		c.cut()
	}
}
