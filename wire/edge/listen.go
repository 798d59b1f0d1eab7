// Package edge opens the addresses on which clients reach the gate: it holds
// plain HTTP to loopback unless told otherwise, keeps the TLS settings and the
// certificate that may change while the gate serves, and bounds how many
// connections there are. Engines get a net.Listener and a *tls.Config from it
// and do the rest.
//
// Package serve imports it. It knows nothing of HTTP, of the gate or of
// contracts.
package edge

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"
)

// Options says where and how to listen. A zero number takes its default.
type Options struct {
	Address string // host:port; port 0 takes a free one
	// CertFile and KeyFile are PEM files; with them TLS 1.3 is spoken.
	CertFile, KeyFile string
	// PlainHTTP allows to listen without TLS on an address that others can
	// reach.
	PlainHTTP bool
	// Beside is a listener at the same address that this one is to follow:
	// it takes the open socket over, so that there is no moment in which
	// nobody listens. nil opens the address.
	Beside *Listener

	MaxConnections int           // open at once; default 8192
	MaxPerAddress  int           // of these from one IPv4 address or IPv6 /64; default 1024
	Poll           time.Duration // how often the files are looked at for changes; default 1s
	Log            *slog.Logger  // takes what happens to certificate and bounds; nil drops it
}

// Listener is one open address. Accept drops connections beyond the bounds.
type Listener struct {
	*limited
	pair *pair // nil without TLS
	tls  *tls.Config
}

var _ net.Listener = (*Listener)(nil)

// The mistakes in Options that Check and Listen find.
var (
	ErrPair    = errors.New("TLS needs both a certificate file and a key file")
	ErrAddress = errors.New("the address is not host:port, as in 127.0.0.1:8080")
	ErrExposed = errors.New("without TLS, others on the network could read and change requests")
)

// Check finds a mistake in o without opening anything: ErrPair, ErrAddress or
// ErrExposed. A host that cannot be looked up is none.
func (o *Options) Check() error {
	_, err := o.resolve()
	if err == nil || errors.Is(err, ErrPair) || errors.Is(err, ErrAddress) || errors.Is(err, ErrExposed) {
		return err
	}
	return nil
}

// resolve returns the address, when nothing is wrong.
func (o *Options) resolve() (*net.TCPAddr, error) {
	if (o.CertFile == "") != (o.KeyFile == "") {
		return nil, ErrPair
	}
	_, port, err := net.SplitHostPort(o.Address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return nil, ErrAddress
	}
	addr, err := net.ResolveTCPAddr("tcp", o.Address)
	if err != nil {
		return nil, err
	}
	if o.CertFile == "" && !o.PlainHTTP && !addr.IP.IsLoopback() {
		return nil, ErrExposed
	}
	return addr, nil
}

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
	l := &Listener{}
	if o.CertFile != "" {
		if l.pair, err = openPair(o.CertFile, o.KeyFile, o.Log); err != nil {
			return nil, err
		}
		l.tls = settings(l.pair)
	}
	tcp, err := socket(addr, o.Beside)
	if err != nil {
		return nil, err
	}
	l.limited = limit(tcp, o.MaxConnections, o.MaxPerAddress, o.Log)
	if l.pair != nil {
		l.pair.watch(o.Poll)
	}
	return l, nil
}

func fill[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// settings are those of the server's side of TLS: version 1.3 alone (RFC
// 8446), HTTP/1.1 alone until there is an engine for HTTP/2.
func settings(p *pair) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.live.Load(), nil },
	}
}

// TLS returns the settings to speak TLS with, nil for plain HTTP.
func (l *Listener) TLS() *tls.Config { return l.tls }

// Reread looks at once for changes of the certificate, which are looked for now
// and then anyway.
func (l *Listener) Reread() {
	if l.pair != nil {
		l.pair.reload()
	}
}

// Close stops to listen and ends what Listen started. Open connections stay.
func (l *Listener) Close() error {
	err := l.limited.Close()
	if l.pair != nil {
		l.pair.close()
	}
	return err
}
