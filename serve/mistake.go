package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/gatehouse-api/gatehouse/wire/edge"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// ConfigError is a mistake in one setting, or a setting that the system does
// not grant.
type ConfigError struct {
	Flag  string // of the command, without dashes
	Text  string // what is wrong with it
	Hint  string // what to do next
	Cause error  // what the system said; nil when the setting itself is wrong
}

func (e *ConfigError) Error() string { return e.Flag + ": " + e.Text }

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.Cause }

// check finds the mistakes that can be seen without opening anything, all at
// once; what edge and upstream know better is left to them.
func (c *Config) check() error {
	var list []error
	if c.Read == nil {
		list = append(list, CheckContractPath(c.Contract))
	}
	if c.Upstream == "" {
		list = append(list, &ConfigError{Flag: "upstream", Text: "is missing", Hint: "say where the API is: --upstream http://127.0.0.1:9000"})
	}
	if err := c.edge().Check(); err != nil {
		list = append(list, c.listenError(err))
	}
	if c.MaxBodyBytes < 0 {
		list = append(list, &ConfigError{Flag: "max-body", Text: "must be at least 1", Hint: "leave it out for 1MiB"})
	}
	if c.Drain < 0 {
		list = append(list, &ConfigError{Flag: "drain", Text: "must not be negative", Hint: "leave it out for 30s"})
	}
	return errors.Join(list...)
}

// ConfigErrors returns the mistakes that err, of Start or Run, holds.
func ConfigErrors(err error) (list []*ConfigError) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			list = append(list, ConfigErrors(e)...)
		}
		return list
	}
	if e := (*ConfigError)(nil); errors.As(err, &e) {
		list = append(list, e)
	}
	return list
}

// CheckContractPath finds what is no file that could hold a contract.
func CheckContractPath(path string) error {
	if path == "" {
		return &ConfigError{Flag: "contract", Text: "is missing", Hint: "name the API's OpenAPI document: --contract openapi.yaml"}
	}
	if strings.Contains(path, "://") {
		return &ConfigError{Flag: "contract", Text: "is a URL, and contracts are read from files only", Hint: "save the document and name the file"}
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return &ConfigError{Flag: "contract", Text: path + " is a folder", Hint: "name the OpenAPI document in it"}
	}
	return nil
}

// edge is where and how to listen.
func (c *Config) edge() *edge.Options {
	return &edge.Options{Address: c.Listen, CertFile: c.TLSCert, KeyFile: c.TLSKey, PlainHTTP: c.PlainHTTP}
}

// newUpstream returns the way to the API.
func (c *Config) newUpstream() (*upstream.Upstream, error) {
	const hint = "write it like http://127.0.0.1:9000"
	target, err := url.Parse(c.Upstream)
	if err != nil {
		return nil, &ConfigError{Flag: "upstream", Text: "is not a URL", Hint: hint}
	}
	if port := target.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return nil, &ConfigError{Flag: "upstream", Text: "has a port that does not exist: ports are 1 to 65535", Hint: hint}
		}
	}
	u, err := upstream.New(target, upstream.Options{})
	if err != nil {
		return nil, &ConfigError{Flag: "upstream", Text: strings.TrimPrefix(err.Error(), "upstream: ")}
	}
	return u, nil
}

// listenError says what to do about an address or a certificate that is a
// mistake or that the system does not grant.
func (c *Config) listenError(err error) error {
	const files = "tls-cert, --tls-key"
	var file *fs.PathError
	var number syscall.Errno
	var lookup *net.DNSError
	switch {
	case errors.Is(err, edge.ErrPair):
		return &ConfigError{Flag: files, Text: err.Error(), Hint: "give --tls-cert and --tls-key together"}
	case errors.Is(err, edge.ErrAddress):
		return &ConfigError{Flag: "listen", Text: err.Error(), Hint: "write it like --listen 127.0.0.1:8080"}
	case errors.Is(err, edge.ErrExposed):
		_, port, _ := net.SplitHostPort(c.Listen)
		return &ConfigError{Flag: "listen", Text: c.Listen + ": " + err.Error(),
			Hint: "give --tls-cert and --tls-key, listen on loopback as in 127.0.0.1:" + port + ", or allow it with --plain-http"}
	case errors.As(err, &file):
		return &ConfigError{Flag: files, Text: err.Error(), Hint: "name PEM files that this user can read", Cause: err}
	case errors.As(err, &number):
		return &ConfigError{Flag: "listen", Text: c.Listen + ": " + number.Error(), Hint: bindHints[number], Cause: err}
	case errors.As(err, &lookup):
		return &ConfigError{Flag: "listen", Text: err.Error(), Hint: "name an address of this machine", Cause: err}
	}
	return &ConfigError{Flag: files, Text: err.Error(), Cause: err}
}

// bindHints say what to do when the system does not grant an address.
var bindHints = map[syscall.Errno]string{
	syscall.EADDRINUSE:    "another program listens there: end it, or choose another port; port 0 takes a free one",
	syscall.EACCES:        "ports below 1024 need rights: choose a higher one, or grant CAP_NET_BIND_SERVICE",
	syscall.EADDRNOTAVAIL: "name an address of this machine",
}

// eventsError is for a file that cannot be written.
func eventsError(err error) error {
	return &ConfigError{Flag: "events", Text: err.Error(), Hint: "name a file in a folder that this user can write to, - for standard output, or none", Cause: err}
}

// loops reports whether the upstream is the gate itself, so that a call would
// go round until something breaks.
func (p *Program) loops() error {
	target, err := url.Parse(p.config.Upstream)
	own, ok := p.listener.Addr().(*net.TCPAddr)
	if err != nil || !ok || target.Port() != fmt.Sprint(own.Port) {
		return nil
	}
	host, listening := target.Hostname(), own.AddrPort().Addr().Unmap()
	to, err := netip.ParseAddr(host)
	if host == "localhost" {
		to, err = netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	to = to.Unmap()
	if err == nil && (to == listening || listening.IsUnspecified() && ofThisMachine(to) || host == "localhost" && listening.IsLoopback()) {
		return &ConfigError{Flag: "upstream", Text: "is the address on which the gate itself listens", Hint: "name the address of the API"}
	}
	return nil
}

// ofThisMachine reports whether a is an address of this machine.
func ofThisMachine(a netip.Addr) bool {
	if a.IsLoopback() || a.IsUnspecified() {
		return true
	}
	list, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, i := range list {
		if n, ok := i.(*net.IPNet); ok && n.IP.Equal(net.IP(a.AsSlice())) {
			return true
		}
	}
	return false
}
