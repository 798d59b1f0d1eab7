package serve

import (
	"io"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// Config is one gate in front of one API.
type Config struct {
	Contract string             // path of the API's document
	Read     *contract.Contract // the contract itself, instead of a path; it is not served twice
	Upstream string             // URL of the API
	Listen   string             // host:port; port 0 for any

	Mode           gate.Mode
	Authentication gatehouse.Authentication
	Undeclared     schema.Policy
	MaxBodyBytes   int64 // of one request body; 1 MiB when 0

	TLSCert, TLSKey string // PEM files; plain HTTP when both are empty
	PlainHTTP       bool   // plain HTTP beyond loopback is meant

	Events string        // a file to append to, "-" for Stdout, "none" or "" for nowhere
	Drain  time.Duration // how long exchanges may go on after the end; 30 s when 0
	// Cut ends the draining at once when it is closed; may be nil.
	Cut <-chan struct{}

	Version string    // of the program, for the banner
	Stdout  io.Writer // events
	Stderr  io.Writer // the banner and the program's log
	Quiet   bool      // no banner, and of the log warnings only
}

// ConfigError is a mistake in one setting.
type ConfigError struct {
	Flag string // of the command, without dashes
	Text string // what is wrong with it
	Hint string // what to do next
}

func (e *ConfigError) Error() string { return e.Flag + ": " + e.Text }

// defaultDrain is how long exchanges may go on.
const defaultDrain = 30 * time.Second

// check finds the first mistake that can be seen without reading a file.
func (c *Config) check() error {
	switch {
	case c.Contract == "" && c.Read == nil:
		return &ConfigError{"contract", "is missing", "name the API's OpenAPI document: --contract openapi.yaml"}
	case c.Upstream == "":
		return &ConfigError{"upstream", "is missing", "say where the API is: --upstream http://127.0.0.1:9000"}
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return &ConfigError{"tls-cert", "and --tls-key belong together", "give both files, or none for plain HTTP"}
	case c.MaxBodyBytes < 0:
		return &ConfigError{"max-body", "must be at least 1", "leave it out for 1MiB"}
	case c.Drain < 0:
		return &ConfigError{"drain", "must not be negative", "leave it out for 30s"}
	}
	return c.checkListen()
}

// newUpstream returns the way to the API.
func (c *Config) newUpstream() (*upstream.Upstream, error) {
	target, err := url.Parse(c.Upstream)
	if err != nil {
		return nil, &ConfigError{"upstream", "is not a URL", "write it like http://127.0.0.1:9000"}
	}
	u, err := upstream.New(target, upstream.Options{})
	if err != nil {
		return nil, &ConfigError{"upstream", strings.TrimPrefix(err.Error(), "upstream: "), ""}
	}
	return u, nil
}

func (c *Config) checkListen() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return &ConfigError{"listen", "must be host and port", "write it like 127.0.0.1:8080 or :8443"}
	}
	if c.TLSCert == "" && !c.PlainHTTP && !loopback(host) {
		return &ConfigError{"listen", "is reached from beyond this machine and would speak plain HTTP, so that credentials and data could be read on the way",
			"give --tls-cert and --tls-key, or say --plain-http when something in front speaks TLS"}
	}
	return nil
}

// loopback reports whether host is surely this machine alone. A name other
// than localhost is not looked up: what it means can change.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
