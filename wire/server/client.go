package server

import (
	"crypto/tls"
	"net"
	"net/netip"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/h1"
	"github.com/gatehouse-api/gatehouse/wire/internal/under"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// client is one open connection.
type client struct {
	server  *Server
	raw     net.Conn
	since   time.Time
	session session.Session // guarded by Server.mu; nil until its protocol is known
}

// take serves a connection on a goroutine of its own.
func (s *Server) take(raw net.Conn, t *tls.Config) {
	c := &client{server: s, raw: raw, since: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[c] = struct{}{}
	s.active.Add(1)
	go c.serve(t)
}

// serve makes the connection ready and hands it to its engine. A handshake of
// TLS takes some 8 KiB of stack, which a goroutine keeps long after. What
// follows needs a fraction of it, and most connections are idle: so they have
// another goroutine.
func (c *client) serve(t *tls.Config) {
	conn, engine := c.begin(t)
	switch {
	case engine == nil:
		c.raw.Close()
		c.leave()
	case t != nil:
		go c.run(conn, engine)
	default:
		c.run(conn, engine)
	}
}

// run is the life of a connection that is ready.
func (c *client) run(conn *session.Conn, engine session.Engine) {
	defer c.leave()
	session := c.enter(engine(&c.server.shared, conn))
	defer c.server.shared.Recover(session)
	session.Serve()
}

// early is a connection that no engine has.
type early struct{ net.Conn }

func (e early) Cut() { e.Close() }

// begin makes a connection ready for its engine, within HeadTimeout. There is
// none when it is of no use.
func (c *client) begin(t *tls.Config) (*session.Conn, session.Engine) {
	s := c.server
	defer s.shared.Recover(early{c.raw})
	if i, ok := c.raw.(session.Introducer); ok || t != nil || s.prior {
		c.raw.SetDeadline(c.since.Add(s.shared.Limits.HeadTimeout))
		if s.shared.Draining.Load() {
			c.hurry() // drain may have come before
		}
		defer c.raw.SetDeadline(time.Time{})
		if ok && i.Introduce() != nil {
			return nil, nil
		}
	}
	conn := &session.Conn{Conn: c.raw, Raw: c.raw, Since: c.since}
	if a, ok := c.raw.RemoteAddr().(*net.TCPAddr); ok {
		p := a.AddrPort()
		conn.Peer = netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	engine := session.Engine(h1.New)
	switch {
	case t != nil:
		heard := &heard{Conn: under.New(c.raw)}
		secure := tls.Server(heard, t)
		if err := secure.Handshake(); err != nil {
			if !s.shared.Draining.Load() { // else its time was cut short
				s.handshakes.note(err)
			}
			return nil, nil
		}
		state := secure.ConnectionState()
		conn.Conn, conn.Under, conn.TLS, conn.Hello = secure, heard.Conn, &state, heard.hello
		switch state.NegotiatedProtocol {
		case "", "http/1.1":
		case "h2":
			engine = s.http2
		default: // the handshake was all that was wanted (RFC 8737 section 3)
			secure.Close()
			return nil, nil
		}
	case s.prior:
		var known bool
		if conn.Conn, known = sniff(c.raw); known {
			engine = s.http2
		}
	}
	return conn, engine
}

// enter hands the connection to its session.
func (c *client) enter(n session.Session) session.Session {
	counts := &c.server.shared.Counts
	counts.Opened.Add(1)
	counts.Open.Add(1)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if c.session = n; c.server.ending {
		n.Drain()
	}
	return n
}

// leave ends what take began.
func (c *client) leave() {
	defer c.server.active.Done()
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if delete(c.server.open, c); c.session != nil {
		c.server.shared.Counts.Open.Add(-1)
	}
}

// drain needs Server.mu. A client that has just connected has a moment to say
// what it wants.
func (c *client) drain() {
	if c.session == nil {
		c.hurry()
		return
	}
	c.session.Drain()
}

// hurry bounds what comes before the engine. It sets it anew.
func (c *client) hurry() { c.raw.SetDeadline(time.Now().Add(c.server.shared.Limits.Farewell)) }

// cut needs Server.mu.
func (c *client) cut() {
	if c.session == nil {
		c.raw.Close()
		return
	}
	c.session.Cut()
}
