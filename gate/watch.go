package gate

import (
	"io"

	"github.com/gatehouse-api/gatehouse/contract/route"
)

// Watch tells of the client's connection while an exchange takes long. An
// engine sets it instead of a goroutine that waits for the client to leave.
// The goroutine that has the exchange calls it, not often.
type Watch interface {
	// Gone reports whether the client has left.
	Gone() bool
	// Valid says whether the connection may still be used for the exchange:
	// Undecided, or why it must end, such as a client certificate that was
	// revoked meanwhile.
	Valid(x *Exchange) Code
}

// Tunnel is the body of an answer of status 101: a connection on which both
// sides speak another protocol. CloseWrite ends what the client sends.
type Tunnel interface {
	io.ReadWriteCloser
	CloseWrite() error
}

// RecheckGuard is asked now and then whether an exchange that takes long, a
// tunnel or a stream, may go on. x is as its Head left it. It must not change
// x. The zero Verdict denies.
type RecheckGuard interface {
	Recheck(x *Exchange) Verdict
}

// Newest marks a RecheckGuard that judges by words of the operator which may
// have changed: when another plan serves by now, its guard of the operation is
// asked in the place of the one that the exchange began with.
type Newest interface{ Newest() }

// Recheck reports whether an exchange that takes long may go on: its client's
// connection is still good, the plan that serves now still has the operation,
// and no guard is against it. Engines ask at an interval.
func (x *Exchange) Recheck() bool {
	if x.Watch != nil && x.Watch.Valid(x) != Undecided {
		return false
	}
	if x.Operation == nil {
		return true
	}
	operation := x.Operation
	if now := x.gate.live.Load(); now != x.Plan && now != nil {
		if operation = x.servedBy(now); operation == nil {
			return false
		}
	}
	for i := range x.Operation.Steps {
		s := &x.Operation.Steps[i]
		if _, newest := s.Recheck.(Newest); newest && operation != x.Operation {
			continue
		}
		if !x.skips(i) && !s.stays(x) {
			return false
		}
	}
	if operation == x.Operation {
		return true
	}
	for i := range operation.Steps {
		s := &operation.Steps[i]
		if _, newest := s.Recheck.(Newest); newest && !s.stays(x) {
			return false
		}
	}
	return true
}

// stays reports whether the step lets an exchange that takes long go on.
func (s *Step) stays(x *Exchange) bool {
	return s.Recheck == nil || s.Mode == Observe || s.Recheck.Recheck(x) == Allow
}

// servedBy returns the operation of p that has the name and the place of the
// exchange's own; nil for none.
func (x *Exchange) servedBy(p *Plan) *Operation {
	p.Routes.Match(&x.other, x.Host, x.Method, x.Path)
	if x.other.API < 0 {
		return nil
	}
	if x.other.Outcome != route.Found {
		if api := p.APIs[x.other.API]; api.Mode == Observe && x.Operation == x.API.Unrouted {
			return api.Unrouted
		}
		return nil
	}
	if o := p.Operations[x.other.Number]; o.Name == x.Operation.Name {
		return o
	}
	return nil
}
