package edge

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// limited bounds the open connections of a listener, in all and for each
// client network. One more is closed at once: to let it wait would keep
// everyone behind it waiting too.
type limited struct {
	tcp     *net.TCPListener
	log     *slog.Logger
	said    time.Time // of Accept alone; when dropped ones were logged last
	dropped atomic.Int64

	mu        sync.Mutex
	max, each int                  // guarded by mu
	open      int                  // guarded by mu
	by        map[netip.Prefix]int // guarded by mu; never holds more than open
}

func limit(l *net.TCPListener, most, each int, log *slog.Logger) *limited {
	return &limited{tcp: l, max: most, each: each, log: log, by: map[netip.Prefix]int{}}
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.tcp.AcceptTCP()
		if err != nil {
			return nil, err
		}
		from := network(c)
		if l.enter(from) {
			return &counted{TCPConn: c, from: from, limited: l}, nil
		}
		l.drop()
		c.SetLinger(0) // leaves nothing behind in the kernel
		c.Close()
	}
}

// drop counts a connection beyond the bounds and says so now and then.
func (l *limited) drop() {
	n, now := l.dropped.Add(1), time.Now()
	if now.Sub(l.said) < sayEvery {
		return
	}
	l.said = now
	l.mu.Lock()
	most, each := l.max, l.each
	l.mu.Unlock()
	l.log.Warn("there are too many connections, new ones are closed", "in all", most, "of one address", each, "closed so far", n)
}

// sayEvery is how often dropped connections are logged at most.
const sayEvery = 10 * time.Second

// Close implements net.Listener.
func (l *limited) Close() error { return l.tcp.Close() }

// Addr implements net.Listener.
func (l *limited) Addr() net.Addr { return l.tcp.Addr() }

func (l *limited) enter(from netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.max || l.by[from] >= l.each {
		return false
	}
	l.open++
	l.by[from]++
	return true
}

func (l *limited) leave(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.by[from]--; l.by[from] == 0 {
		delete(l.by, from)
	}
}

// network is what one client is taken to hold: an IPv4 address or an IPv6 /64.
func network(c *net.TCPConn) netip.Prefix {
	a, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := a.AddrPort().Addr().Unmap().WithZone("")
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// counted gives its place back when it is closed.
type counted struct {
	*net.TCPConn
	from    netip.Prefix
	limited *limited
	once    sync.Once
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.once.Do(func() { c.limited.leave(c.from) })
	return c.TCPConn.Close()
}
