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

// check finds the first mistake that can be seen without opening anything;
// what edge and upstream know better is left to them.
func (c *Config) check() error {
	switch {
	case c.Contract == "" && c.Read == nil:
		return &ConfigError{Flag: "contract", Text: "is missing", Hint: "name the API's OpenAPI document: --contract openapi.yaml"}
	case c.Upstream == "":
		return &ConfigError{Flag: "upstream", Text: "is missing", Hint: "say where the API is: --upstream http://127.0.0.1:9000"}
	case c.MaxBodyBytes < 0:
		return &ConfigError{Flag: "max-body", Text: "must be at least 1", Hint: "leave it out for 1MiB"}
	case c.Drain < 0:
		return &ConfigError{Flag: "drain", Text: "must not be negative", Hint: "leave it out for 30s"}
	case c.Read != nil:
		return nil
	}
	return CheckContractPath(c.Contract)
}

// CheckContractPath finds what is no file that could hold a contract.
func CheckContractPath(path string) error {
	if strings.Contains(path, "://") {
		return &ConfigError{Flag: "contract", Text: "is a URL, and contracts are read from files only", Hint: "save the document and name the file"}
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return &ConfigError{Flag: "contract", Text: path + " is a folder", Hint: "name the OpenAPI document in it"}
	}
	return nil
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

// listenError says what to do about an address or a certificate that the
// system does not grant.
func listenError(err error) error {
	e := &ConfigError{Flag: "listen", Text: err.Error(), Cause: err}
	var file *fs.PathError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		e.Hint = "another program listens there: end it, or choose another port; port 0 takes a free one"
	case errors.Is(err, syscall.EACCES) && !errors.As(err, &file):
		e.Hint = "ports below 1024 need rights: choose a higher one, or grant CAP_NET_BIND_SERVICE"
	case errors.As(err, &file):
		e.Flag, e.Hint = "tls-cert, --tls-key", "name PEM files that this user can read"
	default:
		return err
	}
	return e
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
