package upstream

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// place is where the API is found: addresses that a name has now, an address,
// or a Unix socket. A new connection asks for the name's addresses anew. While
// connections are kept they are asked for now and then, and a connection to an
// address that has vanished is not used again.
type place struct {
	network, address string // for dialling
	name             string // to ask for; "" for what has no addresses
	port             string

	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	known  atomic.Pointer[[]netip.Addr] // that the name has or had lately; nil for any
	asking sync.Mutex                   // held by who asks
	last   []netip.Addr                 // guarded by asking; the last answer
	asked  instant                      // guarded by asking; when it came
}

// askEvery is how often the addresses of a name are asked for.
const askEvery = 30 * time.Second

// maxAddresses bounds those of one name.
const maxAddresses = 256

func (p *place) init(target *url.URL) {
	if target.Scheme == "unix" {
		p.network, p.address = "unix", target.Path
		return
	}
	p.port = target.Port()
	if p.port == "" {
		p.port = "80"
		if target.Scheme == "https" {
			p.port = "443"
		}
	}
	p.network, p.address = "tcp", net.JoinHostPort(target.Hostname(), p.port)
	if _, err := netip.ParseAddr(target.Hostname()); err != nil {
		p.name = target.Hostname()
	}
	p.lookup = net.DefaultResolver.LookupNetIP
}

// has reports whether connections to a belong to the API still.
func (p *place) has(a netip.Addr) bool {
	known := p.known.Load()
	return known == nil || !a.IsValid() || slices.Contains(*known, a)
}

// found is told of the address of a new connection. One that was not known
// means that what is known is old.
func (p *place) found(a netip.Addr) {
	if !p.has(a) {
		p.known.Store(nil)
	}
}

// refresh asks for the addresses of the name when that was not done for long.
// What has been answered once holds for one answer more: name servers that
// give some of many addresses in turn make none of them vanish. Without an
// answer everything stays as it is.
func (p *place) refresh(ctx context.Context, limit time.Duration) {
	if p.name == "" || !p.asking.TryLock() {
		return
	}
	defer p.asking.Unlock()
	at := now()
	if p.last != nil && at-p.asked < instant(askEvery) {
		return
	}
	p.asked = at
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	list, err := p.lookup(ctx, "ip", p.name)
	if err != nil || len(list) == 0 {
		return
	}
	for i := range list {
		list[i] = list[i].Unmap()
	}
	list = list[:min(len(list), maxAddresses)]
	both := append(slices.Clone(list), p.last...)
	if p.last == nil { // connections may be older than this answer
		p.known.Store(nil)
	} else {
		p.known.Store(&both)
	}
	p.last = list
}

// addressOf is the other end of a connection; not valid for a Unix socket.
func addressOf(c net.Conn) netip.Addr {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
