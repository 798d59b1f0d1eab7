package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// link is a connection to the API, in plain bytes. It follows the framing of
// the answers that pass through it, because net/http's client repairs what
// has two readings, and it bounds the time in which nothing moves in either
// direction.
type link struct {
	net.Conn
	limit time.Duration

	look   look        // at the socket
	habit  *habit      // of the API
	kept   bool        // the request that begins is not the first one here
	once   bool        // and nobody may send it twice
	sent   atomic.Bool // some of the request may have left
	broken error       // of the reading side; stays, since readers ask again

	mu     sync.Mutex
	answer follower // guarded by mu
}

// begin announces a request that takes the connection, which served others
// before when it was kept. One that must not be sent twice goes out once.
func (l *link) begin(head, kept, once bool) {
	l.kept, l.once = kept, once
	l.sent.Store(false)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer.begin(head)
}

// Read implements net.Conn.
func (l *link) Read(p []byte) (int, error) {
	for l.broken == nil {
		// The transport always has a read waiting, which a write that goes
		// on must keep alive; see patience.
		began := time.Now()
		l.Conn.SetReadDeadline(began.Add(l.patience()))
		n, err := l.Conn.Read(p)
		if n > 0 {
			l.mu.Lock()
			n, l.broken = l.answer.follow(p[:n])
			l.mu.Unlock()
			if l.broken != nil {
				return n, l.broken
			}
		}
		if err != nil && n == 0 {
			l.ended(began, err)
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, l.broken
}

// ended notes when the API ends a connection between answers, soon after one.
func (l *link) ended(began time.Time, err error) {
	l.mu.Lock()
	between := l.answer.phase == nothing || l.answer.phase == inHead && l.answer.status == 0 && len(l.answer.line) == 0
	l.mu.Unlock()
	if now := time.Now(); between && now.Sub(began) < soon && !isTimeout(err) && !errors.Is(err, net.ErrClosed) {
		l.habit.until.Store(now.Add(wary).UnixNano())
	}
}

// habit remembers that the API was seen to end connections soon after an
// answer without saying so. For a while then no request that must go out once
// takes a kept connection: the end may be on its way.
type habit struct{ until atomic.Int64 } // in Unix nanoseconds

const (
	soon = time.Second
	wary = 10 * time.Second
)

func (h *habit) shows() bool {
	until := h.until.Load()
	return until != 0 && time.Now().UnixNano() < until
}

var errEnded = errors.New("the API ended the kept connection")

// Write implements net.Conn. Of a request on a kept connection that the API
// has ended in the meantime, or on which there is something to read before
// the request is sent, it writes nothing: such a request is as good as new.
func (l *link) Write(p []byte) (int, error) {
	if l.kept && l.once && !l.sent.Load() && (l.habit.shows() || l.look.stale()) {
		return 0, errEnded
	}
	l.sent.Store(true) // from here on nobody knows, even when the write fails
	now := time.Now()
	l.Conn.SetReadDeadline(now.Add(l.patience()))
	l.Conn.SetWriteDeadline(now.Add(l.limit))
	return l.Conn.Write(p)
}

// patience of a read is a little more than that of a write begun now: of two
// that wait, the write ends first and says why.
func (l *link) patience() time.Duration { return l.limit + l.limit/2 }

// dialer opens links.
type dialer struct {
	net.Dialer
	tls   *tls.Config
	limit time.Duration // of a link
	habit habit
}

// plain connects without TLS.
func (d *dialer) plain(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &link{Conn: c, look: lookAt(c), habit: &d.habit, limit: d.limit}, nil
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
	return &link{Conn: t, look: lookAt(c), habit: &d.habit, limit: d.limit}, nil
}

// settings are those of the client's side of TLS to host.
func settings(o *Options, host string) *tls.Config {
	t := &tls.Config{}
	if o.TLS != nil {
		t = o.TLS.Clone()
	}
	if o.Roots != nil {
		t.RootCAs = o.Roots
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
			l.begin(head, i.Reused, false)
		}
	}}
}

// watched returns ctx with the watcher for the call. One that must not be
// sent twice has a watcher of its own, which notes the link.
func (c *call) watched(ctx context.Context, x *gate.Exchange) context.Context {
	head := string(x.Method) == http.MethodHead
	w := watchers[0]
	switch {
	case x.BodyLength != 0, !head && string(x.Method) != http.MethodGet:
		w = &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
			if l, ok := i.Conn.(*link); ok {
				c.link = l
				l.begin(head, i.Reused, true)
			}
		}}
	case httptrace.ContextClientTrace(ctx) != nil:
		w = watcher(head) // it will be linked with the one before
	case head:
		w = watchers[1]
	}
	return httptrace.WithClientTrace(ctx, w)
}
