// Package edge opens the addresses on which clients reach the gate: it holds
// plain HTTP to loopback unless told otherwise, keeps the certificates and what
// is asked of those of clients, which may change while the gate serves, reads
// whom a load balancer passes on, and bounds how many connections there are.
// Package server gets a net.Listener and a *tls.Config from it and does the
// rest.
//
// Package serve imports it. It knows nothing of HTTP, of the gate or of
// contracts.
package edge

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"
)

// Options says where and how to listen. A zero number takes its default.
type Options struct {
	// Address is host:port, where port 0 takes a free one; unix: and a path; or
	// systemd: and the name of a socket that comes as Socket.
	Address string
	// Mode is that of the file of a Unix socket; default 0660.
	Mode fs.FileMode
	// Socket is one that was opened by somebody else for this address: the
	// listener takes a hold of its own on it. nil opens the address.
	Socket net.Listener
	// TLS says how TLS is spoken; nil for plain HTTP.
	TLS *TLS
	// PlainHTTP allows to listen without TLS on an address that others can
	// reach.
	PlainHTTP bool
	// Beside is a listener at the same address that this one is to follow:
	// it takes the open socket over, so that there is no moment in which
	// nobody listens. nil opens the address.
	Beside *Listener

	// Senders are the networks whose connections begin with a header of the
	// PROXY protocol: see SetSenders.
	Senders        []netip.Prefix
	MaxConnections int           // open at once; default 8192
	MaxPerAddress  int           // of these from one IPv4 address or IPv6 /64; default 1024
	Poll           time.Duration // how often the files are looked at for changes; default 1s
	Log            *slog.Logger  // takes what happens to certificate and bounds; nil drops it
}

// Listener is one open address. Accept drops connections beyond the bounds.
type Listener struct {
	*limited
	trace  *trace  // of a Unix socket
	secure *secure // nil without TLS
}

var _ net.Listener = (*Listener)(nil)

// Listen opens an address. Beside the mistakes of Check its errors are those
// of the network, as *net.OpError or *net.DNSError, and of the files.
func Listen(o Options) (*Listener, error) {
	addr, err := o.resolve()
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	fill(&o.MaxConnections, 8192)
	fill(&o.MaxPerAddress, 1024)
	fill(&o.Poll, time.Second)
	fill(&o.Mode, 0o660)
	l := &Listener{}
	if o.TLS != nil {
		if l.secure, err = openSecure(o.TLS, o.Log); err != nil {
			return nil, err
		}
	}
	under, trace, err := o.socket(addr)
	if err != nil {
		return nil, err
	}
	l.trace = trace
	l.limited = limit(under, o.MaxConnections, o.MaxPerAddress, o.Log)
	l.SetSenders(o.Senders)
	if l.secure != nil {
		l.secure.watch(o.Poll)
	}
	return l, nil
}

func fill[T int | time.Duration | fs.FileMode](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// check finds ErrPair.
func (o *TLS) check() error {
	if o == nil {
		return nil
	}
	for _, p := range o.Pairs {
		if p.CertFile == "" || p.KeyFile == "" {
			return ErrPair
		}
	}
	if len(o.Pairs) == 0 && o.Source == nil {
		return ErrPair
	}
	return nil
}

// TLS returns the settings to speak TLS with, nil for plain HTTP.
func (l *Listener) TLS() *tls.Config {
	if l.secure == nil {
		return nil
	}
	return l.secure.settings
}

// Ends tells for each certificate of a file when it ends.
func (l *Listener) Ends(yield func(file string, end time.Time) bool) {
	if l.secure == nil {
		return
	}
	for _, p := range l.secure.pairs {
		if !yield(p.certFile, p.live.Load().Leaf.NotAfter) {
			return
		}
	}
}

// Reread looks at once for changes of the files that TLS needs, which are
// looked for now and then anyway.
func (l *Listener) Reread() {
	if l.secure != nil {
		l.secure.reload()
	}
}

// SetBounds changes how many connections may be open, in all and from one
// client; both at least 1. Those that are open stay.
func (l *Listener) SetBounds(most, each int) {
	l.limited.mu.Lock()
	defer l.limited.mu.Unlock()
	l.limited.max, l.limited.each = most, each
}

// File returns the open socket for another program to listen on as well. The
// file of a Unix socket is that program's from then on, if it takes it: see
// Leave.
func (l *Listener) File() (*os.File, error) {
	filer, ok := l.under.(interface{ File() (*os.File, error) })
	if !ok {
		return nil, errors.New("the socket cannot be shared")
	}
	return filer.File()
}

// Leave makes Close leave the file of a Unix socket where it is: another
// program listens there.
func (l *Listener) Leave() { l.trace.leave() }

// Adopt makes Close remove the file of a Unix socket that another program has
// opened and left.
func (l *Listener) Adopt() {
	at, ok := l.Addr().(*net.UnixAddr)
	if !ok || l.trace != nil {
		return
	}
	if info, err := os.Lstat(at.Name); err == nil {
		l.trace = &trace{path: at.Name, info: info, holds: 1}
	}
}

// Close stops to listen and ends what Listen started. Open connections stay.
func (l *Listener) Close() error {
	err := l.under.Close()
	if err == nil { // the first time
		l.trace.close()
	}
	if l.secure != nil {
		l.secure.close()
	}
	return err
}
