// Package h2 is the engine of HTTP/2 (RFC 9113): one goroutine reads a
// connection, one goroutine for each stream in flight walks its exchange
// through the gate, and what they have to say is written in batches by
// whichever of them finds that nobody writes. Frames are taken apart by the
// Framer of golang.org/x/net/http2 and fields by its hpack; states, windows,
// bounds and all judgement are ours.
//
// Package serve imports it, and has package server hand it connections. It knows
// the gate and the session, and nothing of contracts, guards, upstreams or
// HTTP/1.1.
package h2

import (
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// Bounds of one connection beside those of session.Limits.
const (
	// maxStreams is how many streams a client may have open. A stream that was
	// reset counts for as long as its exchange still runs, so that opening and
	// resetting buys no work (CVE-2023-44487).
	maxStreams = 128
	// streamWindow and connWindow bound the bytes of bodies that came and that
	// nobody has read yet, of one stream and of all.
	streamWindow = 256 << 10
	connWindow   = 512 << 10
	// maxFrame is the largest payload that is taken, and sent (RFC 9113
	// section 4.2: the least that there may be).
	maxFrame = 16 << 10
	// maxContinuations bounds the frames of one field block behind its first
	// (CVE-2024-27316). Their bytes are bounded by twice Limits.HeadBytes.
	maxContinuations = 32
	// maxPending bounds what waits to be written before streams wait in turn.
	maxPending = 128 << 10
	// turnBytes is what one stream may add to a batch.
	turnBytes = 32 << 10
)

var (
	_ session.Session = (*conn)(nil)
	_ session.Engine  = New
)

// New returns the session of a connection on which the client's preface has
// not been read.
func New(shared *session.Shared, c *session.Conn) session.Session {
	return newConn(shared, c)
}
