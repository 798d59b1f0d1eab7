// Package audit has calls recorded of which nothing may be lost, before they
// are forwarded. The root makes its guards; it imports gate and knows nothing of
// ledgers, files or other guards.
package audit

import (
	"context"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Recorder keeps a record of which nothing may be lost. Many goroutines use it
// at once.
type Recorder interface {
	// Begin makes room for all that will be said of an exchange that is about to
	// be forwarded. Where durable, e is what is known by now, and it returns once
	// that is on disk, or ctx ends; otherwise e is nil. An error means that there is
	// no room, and that the exchange must not go on.
	Begin(ctx context.Context, e *gate.Event, durable bool) (gate.Audit, error)
}

// Guard is a gate.ForwardGuard that makes room in a record. It stands behind
// all others: what it has room for is forwarded next.
type Guard struct {
	to      Recorder
	durable bool
	unsafe  bool // only calls whose method may change something
}

// New returns a guard. durable says that what is recorded is on disk before the
// API is called, and before the client gets an answer.
func New(to Recorder, durable bool) *Guard { return &Guard{to: to, durable: durable} }

// Unsafe returns a guard of calls whose method nobody knows before: it makes room
// for those that may change something (RFC 9110 section 9.2.1).
func Unsafe(to Recorder) *Guard { return &Guard{to: to, unsafe: true} }

var _ gate.ForwardGuard = (*Guard)(nil)

// Keeps says that room is made also for calls that a proxy forwards.
func (*Guard) Keeps() {}

// Forward makes room, or refuses.
func (g *Guard) Forward(x *gate.Exchange) gate.Verdict {
	if g.unsafe && gate.Safe(string(x.Method)) {
		return gate.Allow
	}
	var e *gate.Event
	if g.durable {
		e = x.Describe()
	}
	a, err := g.to.Begin(x.Context, e, g.durable)
	if err != nil {
		return x.Deny(gate.Refusal{Code: gate.AuditUnavailable, Cause: err, Retry: 1})
	}
	x.Audit = a
	return gate.Allow
}
