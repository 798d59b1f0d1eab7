package limit

import (
	"context"
	"time"
)

// Shared is a counter that several nodes have in common, such as one in Redis.
// The guard asks it seldom: it leases a slice of units for one key, spends that
// in memory, one atomic operation a call, and asks for the next slice in the
// background when half of the slice is left. Only the first call of a key,
// and one that finds its slice empty, waits, for at most Limit.Wait: the context
// ends then. A slice is at most Rule.Slice units, 2% of the limit, so that the
// nodes together let through at most nodes × slice more than the limit.
//
// What an implementation keeps:
//
//   - A counter is named by Rule.ID, which holds what makes the limit another
//     one (name, kind, unit, key, length), and Key: 32 bytes together. Both are
//     the same on all nodes that have the same secret (StateOptions.Secret).
//     Amount and Burst may change under a counter that lives: a reload resets
//     nothing.
//   - Time is its own (TIME of Redis): nodes' clocks differ. Ask.Now is for logs
//     and for fakes.
//   - Each method is one round trip and atomic: one script.
//   - A counter that is as good as new is let expire: Rate when its bucket is
//     full again, Window after two windows, Quota at the end of its period
//     (Limit.Ends), Concurrency when the last hold is over.
//   - An error is that it cannot be known: no connection, a time-out, an answer
//     that is not understood, a server that is read-only or still loading. It
//     never means "refused", which is a Grant of 0 units. The guard then does as
//     Limit.OnFailure says, and leaves the counter alone for a moment: it is no
//     use to retry within a call.
//   - It is used by many goroutines at once, and keeps no Ask.
type Shared interface {
	// Take leases units of a limit that is no Concurrency. It grants as many as
	// there are, at most Want, and counts them as spent; when there are fewer
	// than Need it grants none and counts none, but for the calls over the limit
	// of a rule with CountRefused. By kind:
	//
	//   - Rate (GCRA): T = Per/Amount is the time of one unit, kept is the
	//     theoretical arrival time tat. With base = max(tat, now) there are
	//     floor((Burst·T - (base - now)) / T) units. Granting n sets tat = base +
	//     n·T. Retry = Need·T - (Burst·T - (base - now)).
	//   - Window: windows begin at multiples of Per since 1970. With f the part
	//     of the current one that is over there are Amount - floor(before·(1-f))
	//     - current units; granting n adds n to current.
	//   - Quota: there are Amount - used units in the period that Limit.Began and
	//     Limit.Ends say; granting n adds n to used. Until is not after the end
	//     of the period.
	//
	// Units that are not spent until Grant.Until are void; they stay counted.
	Take(ctx context.Context, ask *Ask) (Grant, error)
	// Give takes back Want units of an earlier Grant that were not spent, when a
	// node ends or a slice was not needed; Now is when they were granted: units
	// of a window or a period that is over are not given back to another. Best
	// effort: nobody waits for it.
	Give(ctx context.Context, ask *Ask) error
	// Hold says how many places of a Concurrency this node wants to have in all,
	// Want, of which its calls use Need. It replaces what the node held before,
	// also by fewer, and 0 lets go. It grants min(Want, Amount - what the other
	// nodes hold), and never fewer than Need as long as the node's earlier hold
	// is not over. A hold is over at Until, at least 10 s from now; the guard
	// asks again before. Nodes are told apart by the implementation, with a
	// name of each process that is never used again.
	Hold(ctx context.Context, ask *Ask) (Grant, error)
}

// Reach is what a Shared may know besides: that it is of no use to ask, so that
// calls need not find out.
type Reach interface{ Up() bool }

// Ask is what a node asks a Shared for.
type Ask struct {
	Rule *Rule // read-only; its Limit has kind and numbers
	Key  Hash  // of whose counter
	Want int64 // units, at least Need
	Need int64 // fewer are of no use; at least 1 for Take
	For  time.Duration
	Now  time.Time
}

// Grant is what a Shared answers.
type Grant struct {
	Units int64     // that the node may spend: 0, or Need to Want
	Until time.Time // they are void from then on: at most For from now, by this node's clock
	// Remaining is what the limit has left for all nodes behind this grant.
	Remaining int64
	// Retry is when Need units may be there, where none were granted; 0 when
	// nobody knows.
	Retry time.Duration
}

// Hash is a keyed hash of whose calls are counted together: 128 bits of
// SipHash-2-4.
type Hash [16]byte
