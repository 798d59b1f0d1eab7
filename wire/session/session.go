// Package session is what the engines of HTTP/1.1 and HTTP/2 share: the
// server that they belong to, and the life of one connection. The server
// accepts connections, speaks TLS and hands each of them to one engine, which
// owns it from then on.
//
// The packages below wire import it. It knows the gate and nothing of how
// requests are written.
package session

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/forwarded"
	"github.com/gatehouse-api/gatehouse/wire/internal/under"
)

// Session is a connection in the hands of its engine.
type Session interface {
	// Serve serves the connection until it is over and closes it. It runs
	// once, on a goroutine of its own.
	Serve()
	// Drain ends the connection as soon as what is in flight has ended: one
	// that waits for a request ends when none comes within Limits.Farewell. Any
	// goroutine may call it, at any time and more than once; it does not wait.
	Drain()
	// Cut ends the connection now, so that no answer that breaks off looks
	// like a whole one. Any goroutine may call it, at any time and more than
	// once.
	Cut()
}

// Engine makes a session of a connection whose first byte has not been read.
type Engine func(*Shared, *Conn) Session

// Shared is what all connections of one server have in common. But for the
// atomic fields it does not change while the server serves.
type Shared struct {
	Gate   *gate.Gate
	Limits Limits         // with their defaults
	On     *gate.Listener // of every exchange; may be nil
	// Asker takes the exchanges of proxies that only ask; nil where clients call.
	Asker Asker
	// Base is the context of every exchange. When what is left is cut it ends,
	// with a *gate.Unavailable as its cause.
	Base context.Context
	Log  *slog.Logger // never nil
	// Proxies are those whose word on who the client is is taken.
	Proxies atomic.Pointer[forwarded.Trust]
	// Verify is asked for every request on a connection with TLS, also on one
	// that was kept: may a client with this state speak to host? Undecided lets
	// it pass; any other code is the refusal. It must be quick and allocate
	// nothing. nil asks nobody.
	Verify   func(state *tls.ConnectionState, host []byte) gate.Code
	Draining atomic.Bool // answers end their connections
	Cutting  atomic.Bool // what is left is cut
	// Poison overwrites each head when its exchange ends, so that whoever
	// kept a view finds nonsense. For tests.
	Poison bool
	Counts Counts
}

// Counts are what a server counts of connections.
type Counts struct {
	Opened     atomic.Int64 // connections that an engine got
	Open       atomic.Int64 // of these, open now
	Handshakes atomic.Int64 // of TLS that failed
	Requests   atomic.Int64 // heads that became exchanges
}

// Asker is for connections of proxies that forward calls by themselves and ask
// the gate about them. Ask makes of x, which an engine has filled in, the call
// that is asked about, and has s.Gate serve that. Many goroutines may use it
// at once.
type Asker interface {
	Ask(s *Shared, x *gate.Exchange, w gate.Wire)
}

// Serve walks x, which an engine has filled in.
func (s *Shared) Serve(x *gate.Exchange, w gate.Wire) {
	if s.Asker != nil {
		s.Asker.Ask(s, x, w)
		return
	}
	s.Gate.Serve(x, w)
}

// Introducer is a raw connection that a load balancer may have passed on: its
// first bytes say who the client is. Whoever serves it calls Introduce on the
// connection's own goroutine before anything else, with a read deadline set;
// RemoteAddr is the client's when it returns nil. Otherwise the connection is
// of no use and is closed without a word.
type Introducer interface{ Introduce() error }

// Conn is a connection of which nothing has been read as HTTP.
type Conn struct {
	net.Conn                // plain bytes: the TLS connection where there is one
	Raw      net.Conn       // of the socket
	Under    *under.Conn    // what TLS reads and writes; nil without TLS, and where its engine leaves that alone
	Peer     netip.AddrPort // the other end, unmapped; invalid when it has no address
	TLS      *tls.ConnectionState
	Hello    *gate.Hello // nil without TLS, and where the plan asks for none
	Since    time.Time   // when it was accepted
}

// Recover is deferred by every goroutine of a connection: one that fails takes its
// own connection with it and no other. What the client got is cut, since nobody
// knows how far it came.
func (s *Shared) Recover(n interface{ Cut() }) {
	if p := recover(); p != nil {
		s.Log.Error("a connection failed", "panic", gate.Fault(p), "stack", string(debug.Stack()))
		n.Cut()
	}
}

// Check asks Verify, when there is TLS and somebody to ask.
func (s *Shared) Check(c *Conn, host []byte) gate.Code {
	if s.Verify == nil || c.TLS == nil {
		return gate.Undecided
	}
	return s.Verify(c.TLS, host)
}
