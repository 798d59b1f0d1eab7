package upstream

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync"
	"time"
)

// link is a connection to the API, in plain bytes. It follows the framing of
// the answers that pass through it, because net/http's client repairs what
// has two readings, and it bounds the time in which nothing moves in either
// direction.
type link struct {
	net.Conn
	limit time.Duration

	broken error // of the reading side; stays, since readers ask again

	mu     sync.Mutex
	answer follower // guarded by mu
}

// begin announces a request that takes the connection.
func (l *link) begin(head bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer.begin(head)
}

// Read implements net.Conn.
func (l *link) Read(p []byte) (int, error) {
	for l.broken == nil {
		// The transport always has a read waiting, which a write that goes
		// on must keep alive; see readUntil.
		l.Conn.SetReadDeadline(l.readUntil())
		n, err := l.Conn.Read(p)
		if n > 0 {
			l.mu.Lock()
			n, l.broken = l.answer.follow(p[:n])
			l.mu.Unlock()
			if l.broken != nil {
				return n, l.broken
			}
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, l.broken
}

// Write implements net.Conn.
func (l *link) Write(p []byte) (int, error) {
	l.Conn.SetReadDeadline(l.readUntil())
	l.Conn.SetWriteDeadline(time.Now().Add(l.limit))
	return l.Conn.Write(p)
}

// readUntil is a little later than a write begun now may last: of two that
// wait, the write ends first and says why.
func (l *link) readUntil() time.Time { return time.Now().Add(l.limit + l.limit/2) }

// dialer opens links.
type dialer struct {
	net.Dialer
	tls   *tls.Config
	limit time.Duration // of a link
}

// plain connects without TLS.
func (d *dialer) plain(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &link{Conn: c, limit: d.limit}, nil
}

// secure connects with TLS, below the link, which sees plain bytes.
func (d *dialer) secure(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	t := tls.Client(c, d.tls)
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return &link{Conn: t, limit: d.limit}, nil
}

// settings are those of the client's side of TLS to host.
func settings(given *tls.Config, host string) *tls.Config {
	t := &tls.Config{}
	if given != nil {
		t = given.Clone()
	}
	t.NextProtos = []string{"http/1.1"}
	if t.ServerName == "" {
		t.ServerName = host
	}
	return t
}

// watchers tell a link that a request takes it, before it is written.
var watchers = [2]*httptrace.ClientTrace{watcher(false), watcher(true)}

func watcher(head bool) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if l, ok := i.Conn.(*link); ok {
			l.begin(head)
		}
	}}
}

// watched returns ctx with the watcher for a request.
func watched(ctx context.Context, head bool) context.Context {
	w := watchers[0]
	if head {
		w = watchers[1]
	}
	if httptrace.ContextClientTrace(ctx) != nil {
		w = watcher(head) // it will be linked with the one before
	}
	return httptrace.WithClientTrace(ctx, w)
}
