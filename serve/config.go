package serve

import (
	"context"
	"io"
	"net/netip"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
)

// Config is what a program is told: the file that says everything, or the few
// settings of a gate in front of one API. Either way the same config.Config
// comes of it.
type Config struct {
	// File is the path of a gatehouse.yaml; the settings down to Drain are then
	// not read.
	File string

	Contract string             // path of the API's document
	Read     *contract.Contract // the contract itself, instead of a path; it is served once and never read again
	Upstream string             // URL of the API
	Listen   string             // host:port; port 0 for any

	Mode           config.Mode
	Authentication config.Authentication
	Undeclared     config.Treatment // in requests
	MaxBodyBytes   int64            // of one request body; 1 MiB when 0

	TLSCert, TLSKey string // PEM files; plain HTTP when both are empty
	PlainHTTP       bool   // plain HTTP beyond loopback is meant

	Events string        // a file to append to, "-" for Stdout, "none" or "" for nowhere
	Drain  time.Duration // how long exchanges may go on after the end; 30 s when 0

	// Reload asks Wait to read everything again; may be nil.
	Reload <-chan struct{}
	// Poll is how often Wait looks for changes of files; 1 s when 0, never when
	// it is negative.
	Poll time.Duration
	// Look returns a variable of the environment, by which systemd says which
	// sockets it has opened and where it wants to be told how things are; nil
	// for a program that systemd has not started.
	Look func(name string) (value string, ok bool)
	// Cut ends the draining at once when it is closed; may be nil.
	Cut <-chan struct{}

	Version string    // of the program, for the banner
	Stdout  io.Writer // events
	Stderr  io.Writer // the banner and the program's log
	Quiet   bool      // no banner, and of the log warnings only
	Person  bool      // somebody reads Stderr: what is shown once may be shown there

	// Alter changes a configuration that was read, before anything is made of it;
	// nil leaves it as it is. It is for copies of a gate that try something out.
	Alter func(*config.Config)
	// AlterVault changes the server that references to Vault are asked of, before
	// anything is; nil leaves it as it is. It is for copies.
	AlterVault func(*config.Vault)
	// Lookup finds the addresses of hosts that stand in requests; nil asks as the
	// system is set up. It is for copies.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

	// Patience is how long the service may take that opens the gate's own keys; 0
	// for as long as any. It is for copies.
	Patience time.Duration

	recheck     time.Duration // session.Limits.Recheck, for tests
	revocations int           // the capacity of their table, for tests
}

const (
	defaultDrain = 30 * time.Second
	defaultPoll  = time.Second
)

// fill puts defaults in the place of what was left out.
func (c *Config) fill() {
	if c.Poll == 0 {
		c.Poll = defaultPoll
	}
	if c.Look == nil {
		c.Look = func(string) (string, bool) { return "", false }
	}
	if c.Stderr == nil {
		c.Stderr = io.Discard
	}
	if c.Stdout == nil {
		c.Stdout = io.Discard
	}
}

// settings writes the settings of a gate in front of one API as a file would.
func (c *Config) settings() *config.Config {
	l := config.Listener{Address: c.Listen, PlainHTTP: c.PlainHTTP}
	if c.TLSCert != "" || c.TLSKey != "" {
		l.TLS = &config.TLS{Pair: config.Pair{Certificate: config.File(c.TLSCert), Key: config.File(c.TLSKey)}}
	}
	a := config.API{Contract: config.File(c.Contract), Upstreams: []config.Upstream{{URL: c.Upstream}}}
	a.Authentication = c.Authentication
	a.Mode, a.MaxBodyBytes = c.Mode, config.Bytes(c.MaxBodyBytes)
	a.Undeclared.Requests = c.Undeclared
	s := &config.Config{Version: 1, Listeners: []config.Listener{l}, APIs: []config.API{a}, Record: config.Record{Events: c.Events}, Overload: config.Overload{Disabled: true}, Drain: c.Drain}
	if s.Drain == 0 {
		s.Drain = defaultDrain
	}
	return s
}
