package serve

import (
	"io"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
)

// Config is one gate in front of one API.
type Config struct {
	Contract string             // path of the API's document
	Read     *contract.Contract // the contract itself, instead of a path; it is not served twice
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
	// Cut ends the draining at once when it is closed; may be nil.
	Cut <-chan struct{}

	Version string    // of the program, for the banner
	Stdout  io.Writer // events
	Stderr  io.Writer // the banner and the program's log
	Quiet   bool      // no banner, and of the log warnings only
}

// defaultDrain is how long exchanges may go on.
const defaultDrain = 30 * time.Second
