package upstream

import (
	"errors"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Stats is what an Upstream has counted since it was made, and what it holds
// now.
type Stats struct {
	InFlight int64 // exchanges, now
	Idle     int64 // connections that are kept, now
	Opened   int64 // connections
	Reused   int64 // exchanges that took a kept connection
	// Failed are exchanges without an answer.
	Unreachable int64 // no connection came about
	TimedOut    int64 // the API took too long
	Broken      int64 // the API broke off, or answered with what is not HTTP
	Overloaded  int64 // as many as the limit allows were with the API
}

// counts is Stats as it is counted.
type counts struct {
	opened, reused                            atomic.Int64
	unreachable, timedOut, broken, overloaded atomic.Int64
}

// Stats returns a snapshot.
func (u *Upstream) Stats() Stats {
	c := &u.counts
	return Stats{
		InFlight: u.busy.Load(), Idle: int64(u.pool.size()), Opened: c.opened.Load(), Reused: c.reused.Load(),
		Unreachable: c.unreachable.Load(), TimedOut: c.timedOut.Load(), Broken: c.broken.Load(), Overloaded: c.overloaded.Load(),
	}
}

// InFlight is how many exchanges are with the API now.
func (u *Upstream) InFlight() int64 { return u.busy.Load() }

// failed counts an exchange without an answer. What the client did is no
// failure of the API.
func (c *counts) failed(err error) {
	var u *gate.Unavailable
	if !errors.As(err, &u) {
		return
	}
	switch u.Code {
	case gate.UpstreamUnreachable:
		c.unreachable.Add(1)
	case gate.UpstreamTimeout:
		c.timedOut.Add(1)
	case gate.UpstreamBroken:
		c.broken.Add(1)
	case gate.Overloaded:
		c.overloaded.Add(1)
	}
}
