// Package challenge is the guard that asks clients for a proof of work: a number
// that costs some seconds to find and a microsecond to check. The puzzle holds
// all that is to be known of it, under a key of the gate or of all gates of an
// API, so that asking costs no memory; a proof is good once at each gate. Programs read and write header fields,
// browsers get a page with a script of the gate's own. The root package builds
// one Guard for each operation, and package serve keeps the State, which
// outlives plans; other guards know it as somebody who can be asked. It knows
// nothing of net/http or of configuration files.
package challenge

import (
	"cmp"
	"crypto/rand"
	"math/bits"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/replay"
	"github.com/gatehouse-api/gatehouse/guard/internal/count"
)

// Names of what clients see.
const (
	puzzleField = "Gatehouse-Puzzle"
	proofField  = "Gatehouse-Proof"
	proofCookie = "gatehouse-proof"
	passCookie  = "gatehouse-pass"
)

// Bounds.
const (
	MaxValid  = 10 * time.Minute // that a puzzle may be solved
	maxProof  = 200              // bytes
	maxProofs = 1 << 17          // that are remembered; then none is taken
	sets      = 1024             // of networks that were asked, 8 in each
	window    = 10 * time.Minute // in which they are counted
	cheap     = 16               // puzzles of a network in a window, before they cost more
)

// State is what is known of puzzles. It outlives plans; many goroutines may use
// it at once.
type State struct {
	own   *Key // random
	used  *replay.Set
	asked *count.Table

	Asked, Proved, Refused atomic.Uint64 // puzzles given out, proofs that were good, and that were not
}

// NewState returns a state with a key of its own, for guards that have none: what
// these asked ends with it.
func NewState() *State {
	return &State{own: randomKey(), used: replay.New(MaxValid, maxProofs), asked: count.New(sets)}
}

// Options say when an operation asks, and for how much.
type Options struct {
	API, Operation string
	Key            *Key          // that seals puzzles; nil for that of the state
	Always         bool          // every call
	Bits           int           // of work: 2 to the power of it tries, on average
	MaxBits        int           // that a network which asks a lot is asked for
	Valid          time.Duration // at most MaxValid
	Pass           time.Duration // for which a browser that has proved need not do so again; 0 for none
}

// Guard asks for proofs at one operation. It is immutable; many goroutines may
// use it at once.
type Guard struct {
	state *State
	key   *Key
	o     Options
}

var _ gate.HeadGuard = (*Guard)(nil)

// New returns the guard of an operation.
func New(s *State, o Options) *Guard { return &Guard{state: s, key: cmp.Or(o.Key, s.own), o: o} }

// Head takes proofs, and asks for one where every call needs it.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	proof, from := find(x)
	if len(proof) > 0 {
		why := g.check(x, proof)
		switch {
		case why == good:
			g.state.Proved.Add(1)
			x.Proven = true
			g.pass(x)
			return gate.Allow
		case why == full:
			return x.Deny(gate.Refusal{Code: gate.Overloaded, Retry: 1})
		case from == inField: // who comes with one wants to know
			g.state.Refused.Add(1)
			return g.ask(x, why.String())
		}
		g.state.Refused.Add(1) // a browser sends its cookie again
	}
	if g.o.Always && !g.passes(x) {
		return g.ask(x, "")
	}
	return gate.Allow
}

// Demand lets x pass that has proved work, and asks others.
func (g *Guard) Demand(x *gate.Exchange) gate.Verdict {
	if x.Proven || g.passes(x) {
		return gate.Allow
	}
	return g.ask(x, "")
}

// Ask refuses x for the want of a proof, with a puzzle.
func (g *Guard) Ask(x *gate.Exchange) gate.Verdict { return g.ask(x, "") }

func (g *Guard) ask(x *gate.Exchange, why string) gate.Verdict {
	g.state.Asked.Add(1)
	puzzle := g.puzzle(x)
	x.AddFields = append(x.AddFields, gate.Field{Name: fieldPuzzle, Value: puzzle})
	r := gate.Refusal{Code: gate.ChallengeRequired, Keyword: why}
	if navigates(x) {
		r.Page = page(puzzle)
		x.AddFields = append(x.AddFields, gate.Field{Name: fieldPolicy, Value: policy})
	}
	return x.Deny(r)
}

var (
	fieldPuzzle = []byte(puzzleField)
	fieldPolicy = []byte("Content-Security-Policy")
	fieldCookie = []byte("Set-Cookie")
)

// A puzzle is "1.EXPIRY.BITS.SALT.MAC": when it ends, in seconds since 1970 in
// base 36; how many zero bits SHA-256 of the proof must begin with; a random
// salt; and a keyed hash of all that, the API, the operation and the client's
// network (/24 or /48), both in base64url. A proof is the puzzle, a dot and
// digits.
const version = "1"

const (
	saltBytes  = 8
	saltDigits = 11
	macBytes   = 16
	macDigits  = 22
)

// puzzle makes one that the client can solve.
func (g *Guard) puzzle(x *gate.Exchange) []byte {
	var salt [saltBytes]byte
	rand.Read(salt[:])
	b := append(make([]byte, 0, 64), version+"."...)
	b = strconv.AppendInt(b, x.Received.Add(g.o.Valid).Unix(), 36)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(g.bits(x)), 10)
	b = append(b, '.')
	b = encoding.AppendEncode(b, salt[:])
	var sum [macBytes]byte
	g.key.sum(&sum, "puzzle", g.o.API, g.o.Operation, client(x), b)
	return encoding.AppendEncode(append(b, '.'), sum[:])
}

// bits is how much work the client is asked for: one bit more each time that its
// network has asked twice as often.
func (g *Guard) bits(x *gate.Exchange) int {
	network := count.Network(client(x))
	n := g.state.asked.Add(g.state.asked.Key('n', "", network, nil), window, x.Received)
	return min(g.o.Bits+bits.Len(uint(n/cheap)), max(g.o.MaxBits, g.o.Bits))
}

// client is whose network counts.
func client(x *gate.Exchange) netip.Addr {
	if x.Client.IsValid() {
		return x.Client
	}
	return x.Peer.Addr()
}
