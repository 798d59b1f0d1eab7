package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/wire/edge"
)

// ConfigError is a mistake in one flag, or a setting that the system does not
// grant.
type ConfigError struct {
	Flag  string // of the command, without dashes
	Text  string // what is wrong with it
	Hint  string // what to do next
	Cause error  // what the system said; nil when the setting itself is wrong
}

func (e *ConfigError) Error() string { return e.Flag + ": " + e.Text }

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.Cause }

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

// fault is one thing that is wrong with a setting, for whoever wrote it: in a
// file at a place, or on the command line by a flag.
type fault struct {
	at     config.Place
	flag   string
	text   string
	hint   string // what to do next with the flag
	remedy string // and with the file
	cause  error  // what the system said; nil when the setting itself is wrong
}

// faults are all that is wrong.
type faults struct {
	file     bool // the settings stand in a file
	problems source.Problems
	mistakes []error
}

// add notes what is wrong; nil is nothing.
func (f *faults) add(w *fault) {
	switch {
	case w == nil:
	case f.file:
		f.problems = append(f.problems, w.at.Problem(w.remedy, "%s", w.text))
	default:
		f.mistakes = append(f.mistakes, &ConfigError{Flag: w.flag, Text: w.text, Hint: w.hint, Cause: w.cause})
	}
}

// err is everything that keeps the settings from being served: mistakes of
// flags, else problems.
func (f *faults) err() error {
	if len(f.mistakes) > 0 {
		return errors.Join(f.mistakes...)
	}
	f.problems = f.problems.Sort()
	return f.problems.Err()
}

// check finds the mistakes of flags that can be seen without opening anything,
// all at once; what edge and upstream know better is left to them.
func (c *Config) check(f *faults) {
	if c.Read == nil {
		var wrong *ConfigError
		if errors.As(CheckContractPath(c.Contract), &wrong) {
			f.mistakes = append(f.mistakes, wrong)
		}
	}
	if c.Upstream == "" {
		f.add(&fault{flag: "upstream", text: "is missing", hint: "say where the API is: --upstream http://127.0.0.1:9000"})
	}
	l := &c.settings().Listeners[0]
	if err := edgeOptions(l).Check(); err != nil {
		f.add(listenFault(l, err))
	}
	if c.MaxBodyBytes < 0 {
		f.add(&fault{flag: "max-body", text: "must be at least 1", hint: "leave it out for 1MiB"})
	}
	if c.Drain < 0 {
		f.add(&fault{flag: "drain", text: "must not be negative", hint: "leave it out for 30s"})
	}
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

// edgeOptions is where and how to listen. A listener that lets no call pass may
// stand beyond loopback without TLS.
func edgeOptions(l *config.Listener) *edge.Options {
	o := &edge.Options{
		Address: l.Address, PlainHTTP: l.PlainHTTP || redirectsAll(l),
		MaxConnections: l.MaxConnections, MaxPerAddress: l.MaxConnectionsPerAddress,
	}
	o.Mode = socketModes[l.SocketAccess]
	if p := l.ProxyProtocol; p != nil {
		o.Senders = append([]netip.Prefix{}, p.From...)
	}
	if l.TLS != nil {
		o.TLS = tlsOptions(l.TLS)
		if l.HTTP2 != config.NoHTTP2 {
			o.TLS.Protocols = []string{"h2", "http/1.1"}
		}
	}
	return o
}

// socketModes are the modes of the files of Unix sockets.
var socketModes = map[config.SocketAccess]fs.FileMode{config.ByOwner: 0o600, config.ByGroup: 0o660, config.ByAll: 0o666}

// listenFault says what to do about an address or a certificate that is a
// mistake or that the system does not grant.
func listenFault(l *config.Listener, err error) *fault {
	const files = "tls-cert, --tls-key"
	var file *fs.PathError
	var number syscall.Errno
	var lookup *net.DNSError
	address := l.Place.At("address")
	pair, clients := filesPlace(l, err)
	switch {
	case errors.Is(err, edge.ErrPair):
		return &fault{at: pair, flag: files, text: err.Error(), hint: "give --tls-cert and --tls-key together", remedy: "give certificate and key together"}
	case errors.Is(err, edge.ErrAddress):
		return &fault{at: address, flag: "listen", text: err.Error(), hint: "write it like --listen 127.0.0.1:8080", remedy: "write it like 127.0.0.1:8080"}
	case errors.Is(err, edge.ErrPath):
		const hint = "write it like unix:/run/gatehouse.sock"
		return &fault{at: address, flag: "listen", text: err.Error(), hint: hint, remedy: hint}
	case errors.Is(err, edge.ErrNoName):
		const hint = "start the gate by a socket unit whose FileDescriptorName= is what stands behind systemd:"
		return &fault{at: address, flag: "listen", text: l.Address + ": " + err.Error(), hint: hint, remedy: hint, cause: err}
	case errors.Is(err, edge.ErrExposed):
		if strings.HasPrefix(l.Address, "systemd:") {
			const hint = "have the socket unit listen on loopback or a Unix socket, or allow it with plain_http: true"
			return &fault{at: address, flag: "listen", text: l.Address + ": " + err.Error(), hint: hint, remedy: "give tls a certificate and a key, " + hint}
		}
		_, port, _ := net.SplitHostPort(l.Address)
		return &fault{at: address, flag: "listen", text: l.Address + ": " + err.Error(),
			hint:   "give --tls-cert and --tls-key, listen on loopback as in 127.0.0.1:" + port + ", or allow it with --plain-http",
			remedy: "give tls a certificate and a key, listen on loopback as in 127.0.0.1:" + port + ", or allow it with plain_http: true"}
	case clients:
		return &fault{at: pair, text: causes(err), remedy: "name PEM files that this user can read: authorities, and revocation lists that they have signed and that hold now", cause: err}
	case errors.As(err, &file):
		const hint = "name PEM files that this user can read"
		return &fault{at: pair, flag: files, text: causes(err), hint: hint, remedy: hint, cause: err}
	case errors.As(err, &number):
		hint := bindHints[number]
		if _, unix := strings.CutPrefix(l.Address, "unix:"); unix {
			hint = pathHints[number]
		}
		return &fault{at: address, flag: "listen", text: l.Address + ": " + number.Error(), hint: hint, remedy: hint, cause: err}
	case errors.As(err, &lookup):
		const hint = "name an address of this machine"
		return &fault{at: address, flag: "listen", text: err.Error(), hint: hint, remedy: hint, cause: err}
	}
	const fits = "name a certificate chain and the key that it was made for, both in PEM"
	return &fault{at: pair, flag: files, text: err.Error(), hint: fits, remedy: fits, cause: err}
}

// bindHints say what to do when the system does not grant an address.
var bindHints = map[syscall.Errno]string{
	syscall.EADDRINUSE:    "another program listens there: end it, or choose another port; port 0 takes a free one",
	syscall.EACCES:        "ports below 1024 need rights: choose a higher one, or grant CAP_NET_BIND_SERVICE",
	syscall.EADDRNOTAVAIL: "name an address of this machine",
}

// pathHints say so of the path of a Unix socket.
var pathHints = map[syscall.Errno]string{
	syscall.EADDRINUSE: "another program listens there, or the file is no socket: choose another path",
	syscall.EACCES:     "name a folder that this user can write to",
	syscall.ENOENT:     "make the folder first",
}

// eventsFault is for a file that cannot be written.
func eventsFault(at config.Place, err error) *fault {
	const hint = "name a file in a folder that this user can write to, - for standard output, or none"
	return &fault{at: at.At("events"), flag: "events", text: err.Error(), hint: hint, remedy: hint, cause: err}
}

// loops reports whether an API is the gate itself at one of its addresses, so
// that a call would go round until something breaks.
func loops(u *config.Upstream, own net.Addr) *fault {
	target, err := url.Parse(u.URL)
	at, ok := own.(*net.TCPAddr)
	if err != nil || !ok || target.Port() != fmt.Sprint(at.Port) {
		return nil
	}
	host, listening := target.Hostname(), at.AddrPort().Addr().Unmap()
	to, err := netip.ParseAddr(host)
	if host == "localhost" {
		to, err = netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	to = to.Unmap()
	if err == nil && (to == listening || listening.IsUnspecified() && ofThisMachine(to) || host == "localhost" && listening.IsLoopback()) {
		const hint = "name the address of the API"
		return &fault{at: u.Place.At("url"), flag: "upstream", text: "this is the address on which the gate itself listens", hint: hint, remedy: hint}
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

// causes is the text of one or several errors of the file system, on one line.
func causes(err error) string {
	var several interface{ Unwrap() []error }
	if !errors.As(err, &several) {
		return cause(err).Error()
	}
	var list []string
	for _, e := range several.Unwrap() {
		list = append(list, causes(e))
	}
	return strings.Join(list, "; ")
}

// cause takes the operation and the path off an error of the file system and
// names the file once.
func cause(err error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return fmt.Errorf("%s: %w", file.Path, file.Err)
	}
	return err
}
