package serve

import (
	"io"
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

// check finds the first mistake that can be seen without looking around; what
// edge and upstream know better is left to them.
func (c *Config) check() error {
	switch {
	case c.Contract == "" && c.Read == nil:
		return &ConfigError{"contract", "is missing", "name the API's OpenAPI document: --contract openapi.yaml"}
	case c.Upstream == "":
		return &ConfigError{"upstream", "is missing", "say where the API is: --upstream http://127.0.0.1:9000"}
	case c.MaxBodyBytes < 0:
		return &ConfigError{"max-body", "must be at least 1", "leave it out for 1MiB"}
	case c.Drain < 0:
		return &ConfigError{"drain", "must not be negative", "leave it out for 30s"}
	}
	return nil
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
