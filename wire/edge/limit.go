package edge

import (
	"errors"
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
	under   net.Listener // *net.TCPListener or *net.UnixListener
	log     *slog.Logger
	senders atomic.Pointer[[]netip.Prefix] // who says whose connections they pass on; nil when nobody does
	counts  counts
	said    said // of dropped connections
	unheard said // of headers that were not understood

	mu        sync.Mutex
	max, each int                  // guarded by mu
	open      int                  // guarded by mu
	by        map[netip.Prefix]int // guarded by mu; never holds more than open
}

// counts are what a listener counts.
type counts struct{ opened, dropped, unheard atomic.Int64 }

// Counts are what a listener has counted since it was opened.
type Counts struct {
	Opened  int64 // connections that were taken
	Open    int64 // of these, open now
	Dropped int64 // closed at once, since there were too many
	Unheard int64 // closed without a readable header of the PROXY protocol
}

// Counts returns what was counted so far.
func (l *limited) Counts() Counts {
	l.mu.Lock()
	open := l.open
	l.mu.Unlock()
	return Counts{l.counts.opened.Load(), int64(open), l.counts.dropped.Load(), l.counts.unheard.Load()}
}

func limit(l net.Listener, most, each int, log *slog.Logger) *limited {
	return &limited{under: l, max: most, each: each, log: log, by: map[netip.Prefix]int{}}
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.under.Accept()
		if err != nil {
			return nil, err
		}
		if admitted := l.admit(c); admitted != nil {
			l.counts.opened.Add(1)
			return admitted, nil
		}
		l.drop()
		reset(c)
	}
}

// admit gives a connection its place; nil when there is none. One that was
// passed on counts for its client as soon as that is known, and in all from
// the beginning.
func (l *limited) admit(c net.Conn) net.Conn {
	switch c := c.(type) {
	case *net.TCPConn:
		if l.passes(c.RemoteAddr()) {
			return l.passedOn(c)
		}
		if from := network(c.RemoteAddr()); l.enter(from) {
			return &counted{TCPConn: c, seat: seat{from: from, limited: l}}
		}
	case *net.UnixConn:
		if l.senders.Load() != nil {
			return l.passedOn(c)
		}
		if l.enter(netip.Prefix{}) {
			return &local{UnixConn: c, seat: seat{limited: l}}
		}
	}
	return nil
}

// reset closes a connection and leaves nothing of it behind in the kernel.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		t.SetLinger(0)
	}
	c.Close()
}

// said keeps a warning from being repeated too often.
type said struct{ at atomic.Int64 }

// again reports whether enough time has gone by to say it once more.
func (s *said) again() bool {
	now, last := time.Now().UnixNano(), s.at.Load()
	return now-last >= int64(sayEvery) && s.at.CompareAndSwap(last, now)
}

// sayEvery is how often one thing is logged at most.
const sayEvery = 10 * time.Second

// drop counts a connection beyond the bounds and says so now and then.
func (l *limited) drop() {
	n := l.counts.dropped.Add(1)
	if !l.said.again() {
		return
	}
	l.mu.Lock()
	most, each := l.max, l.each
	l.mu.Unlock()
	l.log.Warn("there are too many connections, new ones are closed", "in all", most, "of one address", each, "closed so far", n)
}

// Addr implements net.Listener.
func (l *limited) Addr() net.Addr { return l.under.Addr() }

// enter takes a place; a from that is not valid counts in all alone.
func (l *limited) enter(from netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.max || from.IsValid() && l.by[from] >= l.each {
		return false
	}
	l.open++
	if from.IsValid() {
		l.by[from]++
	}
	return true
}

// settle makes a place that counted in all alone one of from.
func (l *limited) settle(from netip.Prefix) bool {
	if !from.IsValid() {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by[from] >= l.each {
		return false
	}
	l.by[from]++
	return true
}

func (l *limited) leave(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if !from.IsValid() {
		return
	}
	if l.by[from]--; l.by[from] == 0 {
		delete(l.by, from)
	}
}

// network is what one client is taken to hold: an IPv4 address or an IPv6 /64.
// It is not valid where there is no address.
func network(at net.Addr) netip.Prefix {
	ip := ipOf(at)
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

// ipOf is the address of the other end without a zone, invalid where there is
// none.
func ipOf(at net.Addr) netip.Addr {
	a, ok := at.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return a.AddrPort().Addr().Unmap().WithZone("")
}

// seat is a connection's place.
type seat struct {
	from    netip.Prefix
	limited *limited
	once    sync.Once
}

func (s *seat) leave() { s.once.Do(func() { s.limited.leave(s.from) }) }

// counted gives its place back when it is closed.
type counted struct {
	*net.TCPConn
	seat seat
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.seat.leave()
	return c.TCPConn.Close()
}

// errCrowded is why a connection that was passed on is closed: its client has
// too many.
var errCrowded = errors.New("the client has too many connections")
