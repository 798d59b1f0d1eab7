package h2

import (
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

// What frames may cost that bring nothing. A client earns more by what it
// lets us do: whoever reads much sends many WINDOW_UPDATEs and, to measure its
// way, PINGs.
const (
	chatterBurst = 1000
	chatterRate  = 100 // a second
	chatterWorth = 4   // of an exchange
	chatterBytes = 256 // of a body, in either direction, that are worth one

	// Streams that end before their answer: reset by the client, or by us
	// because the client made us (CVE-2023-44487, CVE-2025-8671).
	resetBurst = 2 * maxStreams
	resetRate  = 20 // a second
	resetWorth = 1  // of an exchange that ended well
)

// mostEarned bounds what is earned and not spent. A client that takes in a whole
// window of 4 MiB at once answers with an update for every 4 KiB of it, of the
// stream and of the connection, before more can be sent.
const mostEarned = 1 << 14

// credit bounds how often something may happen: a burst, a rate, and what is
// earned. It looks at the time only when it is used up.
type credit struct {
	left, burst, rate int64
	since             time.Time    // when it was filled up last
	earned            atomic.Int64 // by any goroutine
}

// start fills the credit.
func (c *credit) start(burst, rate int64) { c.left, c.burst, c.rate = burst, burst, rate }

// spend reports whether there was something left.
func (c *credit) spend(now time.Time) bool {
	if c.left == 0 {
		c.left = min(c.earned.Swap(0), mostEarned)
		if c.since.IsZero() {
			c.since = now
		}
		if n := int64(now.Sub(c.since).Seconds() * float64(c.rate)); n > 0 {
			c.left = max(c.left, min(c.left+n, c.burst))
			c.since = now
		}
	}
	if c.left == 0 {
		return false
	}
	c.left--
	return true
}

// chat counts a frame that brings nothing.
func (c *conn) chat() error {
	if c.chatter.spend(c.now) {
		return nil
	}
	return fault(http2.ErrCodeEnhanceYourCalm, "too many frames that bring nothing")
}

// tire counts a stream that ended before its answer.
func (c *conn) tire() error {
	if c.resets.spend(c.now) {
		return nil
	}
	return fault(http2.ErrCodeEnhanceYourCalm, "too many streams were ended before their answer")
}

// recent remembers the streams that were reset last from this side: a client
// that has not heard of it yet may go on for a while (RFC 9113 section 5.1).
type recent struct {
	ids []uint32
	at  int
}

const maxRecent = 2 * maxStreams

func (r *recent) add(id uint32) {
	if len(r.ids) < maxRecent {
		r.ids = append(r.ids, id)
		return
	}
	r.ids[r.at] = id
	r.at = (r.at + 1) % maxRecent
}

func (r *recent) has(id uint32) bool {
	for _, other := range r.ids {
		if other == id {
			return true
		}
	}
	return false
}
