package edge

import (
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/gatehouse-api/gatehouse/wire/internal/proxyproto"
)

// SetSenders changes who must begin each connection with a header of the PROXY
// protocol, for connections that come from now on: TCP from these networks,
// and everyone on a Unix socket when networks is not nil. Others are not
// listened to: what they send in its place is a request that is no HTTP.
func (l *limited) SetSenders(networks []netip.Prefix) {
	if networks == nil {
		l.senders.Store(nil)
		return
	}
	networks = slices.Clone(networks)
	l.senders.Store(&networks)
}

// passes reports whether who is at an address passes connections on.
func (l *limited) passes(at net.Addr) bool {
	list := l.senders.Load()
	if list == nil {
		return false
	}
	ip := ipOf(at)
	return slices.ContainsFunc(*list, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// stream is what both kinds of sockets can do.
type stream interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
}

// passed is a connection whose client is known when the header before its
// first byte was read.
type passed struct {
	stream
	seat   seat
	once   sync.Once
	err    error // of Introduce
	client atomic.Pointer[net.TCPAddr]
}

func (l *limited) passedOn(c stream) net.Conn {
	if !l.enter(netip.Prefix{}) {
		return nil
	}
	return &passed{stream: c, seat: seat{limited: l}}
}

// Introduce reads the header, once; until then RemoteAddr is the load
// balancer's. It waits as long as the read deadline lets it, so whoever calls
// it has set one and is not the goroutine that accepts. When it returns an
// error the connection is of no use. A header that names nobody leaves the
// load balancer for the client.
func (c *passed) Introduce() error {
	c.once.Do(func() {
		if c.err = c.introduce(); c.err != nil {
			return
		}
		c.err = c.settle()
	})
	return c.err
}

func (c *passed) introduce() error {
	client, err := proxyproto.Read(c.stream)
	switch {
	case err != nil:
		l := c.seat.limited
		if n := l.counts.unheard.Add(1); l.unheard.again() {
			l.log.Warn("connections come without a readable header of the PROXY protocol, they are closed", "so far", n, "the last because", err)
		}
		return err
	case client.IsValid():
		c.client.Store(net.TCPAddrFromAddrPort(client))
	default:
		c.client.Store(addressOf(c.stream))
	}
	return nil
}

// settle counts the connection for its client.
func (c *passed) settle() error {
	l, from := c.seat.limited, network(c.RemoteAddr())
	if _, unix := c.stream.(*net.UnixConn); unix && c.client.Load() == &loopback {
		return nil // nobody was named
	}
	if !l.settle(from) {
		l.drop()
		return errCrowded
	}
	c.seat.from = from
	return nil
}

// Read implements net.Conn; the header is never part of what is read.
func (c *passed) Read(p []byte) (int, error) {
	if err := c.Introduce(); err != nil {
		return 0, err
	}
	return c.stream.Read(p)
}

// RemoteAddr implements net.Conn.
func (c *passed) RemoteAddr() net.Addr {
	if a := c.client.Load(); a != nil {
		return a
	}
	return addressOf(c.stream)
}

// Close implements net.Conn.
func (c *passed) Close() error {
	// Introduce may be at work. It fails once the socket is closed, and the
	// place that it took must not be given back before it has.
	err := c.stream.Close()
	c.once.Do(func() { c.err = net.ErrClosed })
	c.seat.leave()
	return err
}

// SetLinger is that of TCP; a Unix socket has nothing to linger for.
func (c *passed) SetLinger(seconds int) error {
	if t, ok := c.stream.(*net.TCPConn); ok {
		return t.SetLinger(seconds)
	}
	return nil
}

// ReadFrom implements io.ReaderFrom, for the kernel to move the bytes where it
// can.
func (c *passed) ReadFrom(r io.Reader) (int64, error) {
	if t, ok := c.stream.(*net.TCPConn); ok {
		return t.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{c.stream}, r)
}

// loopback is the address of clients that come through a Unix socket: they are
// on this machine.
var loopback = net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}

// addressOf is the address of the other end.
func addressOf(c stream) *net.TCPAddr {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return a
	}
	return &loopback
}

// local is a connection through a Unix socket.
type local struct {
	*net.UnixConn
	seat seat
}

// RemoteAddr implements net.Conn: the loopback address without a port.
func (c *local) RemoteAddr() net.Addr { return &loopback }

// Close implements net.Conn.
func (c *local) Close() error {
	c.seat.leave()
	return c.UnixConn.Close()
}
