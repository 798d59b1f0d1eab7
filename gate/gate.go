// Package gate holds the words of one exchange (Exchange, Verdict,
// Refusal, Event, Plan) and its walk: the phases in their one fixed order, the
// modes, the refusals. Engines in wire bring exchanges in, guards judge them,
// sinks write the events down. It imports contract and what lies below, knows
// nothing of net/http, and never which guards there are.
package gate

import (
	"log/slog"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// Gate walks exchanges through the live plan. Its methods may be used by many
// goroutines at once. State that outlives plans hangs on the gate's owner,
// not on plans.
type Gate struct {
	sink   Sink
	tap    Tap
	log    *slog.Logger
	poison bool

	maxBuffered int64
	buffered    atomic.Int64 // bytes of large body buffers in use
	live        atomic.Pointer[Plan]
	pool        spare.Pool[Exchange, *Exchange]
}

// Options are what a gate needs besides a plan.
type Options struct {
	Sink Sink         // takes one event for each exchange; nil drops them
	Tap  Tap          // sees them as well; nil for nobody
	Log  *slog.Logger // takes causes that clients must not see; nil drops them
	// MaxBuffered bounds the body buffers of all exchanges together, in bytes,
	// beyond the 64 KiB that each may have anyway; 256 MiB when 0. A body that
	// finds no room is refused as overloaded.
	MaxBuffered int64
	// Poison overwrites every buffer when its exchange ends, so that whoever
	// kept a view finds nonsense. For tests.
	Poison bool
}

// New returns a gate without a plan: it refuses everything as not-ready.
func New(o Options) *Gate {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxBuffered <= 0 {
		o.MaxBuffered = 256 << 20
	}
	return &Gate{sink: o.Sink, tap: o.Tap, log: o.Log, poison: o.Poison, maxBuffered: o.MaxBuffered}
}

// Swap makes p the plan of exchanges that begin from now on and returns the
// one before it. Exchanges in flight keep theirs.
func (g *Gate) Swap(p *Plan) *Plan { return g.live.Swap(p) }

// Plan returns the live plan; nil before the first Swap.
func (g *Gate) Plan() *Plan { return g.live.Load() }

// Acquire returns an empty exchange for an engine to fill in.
func (g *Gate) Acquire() *Exchange { return g.pool.Get() }

// Release takes an exchange back after Serve. No view of it may be used
// afterwards.
func (g *Gate) Release(x *Exchange) {
	if g.poison {
		x.poison()
	}
	if x.Answer.Lease != nil {
		x.Answer.Lease.End()
	}
	if x.reserved > 0 {
		g.buffered.Add(-x.reserved)
	}
	x.reset()
	g.pool.Put(x)
}

// poison overwrites what views of the gate's buffers would see.
func (x *Exchange) poison() {
	for _, b := range [][]byte{x.buffer, x.scratch, x.reply, x.answer, x.trimmed, x.Heard.JSON} {
		b = b[:cap(b)]
		for i := range b {
			b[i] = 0xDB
		}
	}
}
