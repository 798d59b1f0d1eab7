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
	if now := x.gate.live.Load(); now != x.Plan && now != nil && !x.servedBy(now) {
		return false
	}
	for i := range x.Operation.Steps {
		s := &x.Operation.Steps[i]
		if s.Recheck == nil || s.Mode == Observe || x.skips(i) {
			continue
		}
		if s.Recheck.Recheck(x) != Allow {
			return false
		}
	}
	return true
}

// servedBy reports whether p has an operation of the same name at the place of
// the exchange's own.
func (x *Exchange) servedBy(p *Plan) bool {
	p.Routes.Match(&x.other, x.Host, x.Method, x.Path)
	if x.other.API < 0 {
		return false
	}
	if x.other.Outcome != route.Found {
		return p.APIs[x.other.API].Mode == Observe && x.Operation == x.API.Unrouted
	}
	return p.Operations[x.other.Number].Name == x.Operation.Name
}
