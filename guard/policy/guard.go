package policy

import (
	"errors"
	"time"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Guard judges the calls of one operation by the rules that can speak of it.
// It is immutable; many goroutines may use it at once.
//
// A call passes when a rule permits it and none forbids it: where no rule
// speaks of a call that is not public, it is refused. A rule that forbids and
// fails while it is looked at has forbidden; one that permits and fails has not
// permitted. A public call needs no rule that permits.
type Guard struct {
	set        *Set
	operation  *operation
	head, body slice
	both       need // what the rules of both ask of the context
}

var (
	_ gate.HeadGuard    = (*Guard)(nil)
	_ gate.RecheckGuard = (*Guard)(nil)
	_ gate.Newest       = (*Guard)(nil)
	_ gate.BodyGuard    = (*Whole)(nil)
)

// Whole is a Guard some of whose rules read the body.
type Whole struct{ *Guard }

// Step returns the guard as a step of gate wants it: with a Body only where
// rules read the body.
func (g *Guard) Step() gate.HeadGuard {
	if g.body.count > 0 {
		return &Whole{g}
	}
	return g
}

// Of returns the guard that a step holds; nil for another one.
func Of(step gate.HeadGuard) *Guard {
	switch g := step.(type) {
	case *Guard:
		return g
	case *Whole:
		return g.Guard
	}
	return nil
}

// Guard returns the guard of an operation, nil when no rule is needed and none
// can speak of it.
func (s *Set) Guard(op *contract.Operation) (*Guard, source.Problems) {
	for _, o := range s.operations {
		if o.name != op.Name() {
			continue
		}
		g := &Guard{set: s, operation: o}
		g.head, g.body = s.slices(o)
		g.both = need{parts: map[string]*need{}}
		g.both.merge(&g.head.reads)
		g.both.merge(&g.body.reads)
		var problems source.Problems
		switch {
		case o.open.free() && g.head.count+g.body.count == 0:
			return nil, nil
		case !o.open.free() && !g.head.permits && !g.body.permits:
			problems = append(problems, source.Warn(op.Node, "write a rule that permits it", "no rule permits %s, so that nobody can call it", o.name))
		}
		return g, problems
	}
	return nil, source.Problems{source.At(op.Node, "", "the rules know nothing of %s", op.Name())}
}

// Asks reports whether some rule asks for a part of the context.
func (g *Guard) Asks(part string) bool { return g.both.has(part) }

// merge asks for what other asks for, as well.
func (n *need) merge(other *need) {
	n.whole = n.whole || other.whole
	for name, part := range other.parts {
		if n.parts == nil {
			n.parts = make(map[string]*need)
		}
		if n.parts[name] == nil {
			n.parts[name] = new(need)
		}
		n.parts[name].merge(part)
	}
}

// Head judges by the rules that need no body. Where others do, the call waits
// for them, unless it is forbidden already, or a proxy asks that keeps bodies to
// itself: then no rule that reads the body permits, and one that may forbid has.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	kept := x.BodyKept() && x.BodyLength != 0
	if kept && g.body.forbids {
		return x.Deny(gate.Refusal{Code: gate.PolicyDenied, Cause: errValue})
	}
	waits := g.body.count > 0 && !kept
	if waits && x.Intake.Mode == gate.Stream {
		// Nobody reads it: its type is not that of the contract, and the guard of
		// requests is only observed.
		return x.Deny(gate.Refusal{Code: gate.PolicyDenied, Cause: errValue})
	}
	d := g.decide(x, x.Received, false)
	if d.forbidden || !d.permitted && !(waits && g.body.permits) {
		return d.refuse(x)
	}
	if !waits {
		d.note(x)
	}
	for _, kind := range d.shares {
		x.Share(kind)
	}
	return gate.Allow
}

// Body judges by all rules.
func (g *Whole) Body(x *gate.Exchange) gate.Verdict {
	d := g.decide(x, x.Received, true)
	if d.forbidden || !d.permitted {
		return d.refuse(x)
	}
	d.note(x)
	return gate.Allow
}

// Recheck judges once more by the rules that need no body, as things are now.
func (g *Guard) Recheck(x *gate.Exchange) gate.Verdict {
	d := g.decide(x, time.Now(), false)
	if d.forbidden || !d.permitted && !g.body.permits {
		return gate.Deny
	}
	return gate.Allow
}

// note puts the rules that decided on the event.
func (d *decision) note(x *gate.Exchange) {
	for _, id := range d.rules {
		x.Decided(id)
	}
}

func (d *decision) refuse(x *gate.Exchange) gate.Verdict {
	d.note(x)
	if errors.Is(d.cause, errUnavailable) {
		return x.Deny(gate.Refusal{Code: gate.PolicyUnavailable, Cause: d.cause, Retry: retry})
	}
	return x.Deny(gate.Refusal{Code: gate.PolicyDenied, Cause: d.cause})
}

// Closed refuses calls that no operation describes: no rule can speak of them.
type Closed struct{}

var _ gate.HeadGuard = Closed{}

// Head implements gate.HeadGuard.
func (Closed) Head(x *gate.Exchange) gate.Verdict {
	return x.Deny(gate.Refusal{Code: gate.PolicyDenied})
}

// Newest implements gate.Newest.
func (g *Guard) Newest() {}
