package edge

import (
	"errors"
	"net"
	"path/filepath"
	"strings"
)

// The words before an address that is no host:port.
const (
	unixWord    = "unix:"    // and the absolute path of a Unix socket
	systemdWord = "systemd:" // and the name of a socket that systemd holds
)

// maxPath is how long the path of a Unix socket may be on Linux, in bytes.
const maxPath = 107

// The mistakes in Options that Check and Listen find.
var (
	ErrPair    = errors.New("TLS needs both a certificate file and a key file")
	ErrAddress = errors.New("the address is not host:port, as in 127.0.0.1:8080")
	ErrPath    = errors.New("a Unix socket is an absolute path of at most 107 bytes, as in unix:/run/gatehouse.sock")
	ErrExposed = errors.New("without TLS, others on the network could read and change requests")
	ErrNoName  = errors.New("systemd has handed over no socket of this name")
)

// mistakes are those that show without opening anything.
var mistakes = []error{ErrPair, ErrAddress, ErrPath, ErrExposed}

// Check finds a mistake in o without opening anything: ErrPair, ErrAddress,
// ErrPath or ErrExposed. A host that cannot be looked up is none.
func (o *Options) Check() error {
	_, err := o.resolve()
	for _, m := range mistakes {
		if errors.Is(err, m) {
			return err
		}
	}
	return nil
}

// resolve returns the address, when nothing is wrong; nil for one that only
// the socket knows.
func (o *Options) resolve() (net.Addr, error) {
	if err := o.TLS.check(); err != nil {
		return nil, err
	}
	if o.Socket != nil {
		return o.Socket.Addr(), o.exposes(o.Socket.Addr())
	}
	if strings.HasPrefix(o.Address, systemdWord) {
		return nil, nil
	}
	if path, ok := strings.CutPrefix(o.Address, unixWord); ok {
		if !filepath.IsAbs(path) || len(path) > maxPath || strings.ContainsRune(path, 0) {
			return nil, ErrPath
		}
		return &net.UnixAddr{Name: path, Net: "unix"}, nil
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
	return addr, o.exposes(addr)
}

// exposes returns ErrExposed where plain HTTP would leave this machine.
func (o *Options) exposes(at net.Addr) error {
	tcp, ok := at.(*net.TCPAddr)
	if ok && o.TLS == nil && !o.PlainHTTP && !tcp.IP.IsLoopback() {
		return ErrExposed
	}
	return nil
}
