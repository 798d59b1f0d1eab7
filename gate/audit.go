package gate

import (
	"errors"
	"runtime/debug"
)

// Audit is the place that one exchange has in a record of which nothing may be
// lost. A ForwardGuard that has made room there leaves it in Exchange.Audit; the
// gate tells it how the exchange ended, exactly once. It is used by the
// exchange's goroutine alone.
type Audit interface {
	// Answered keeps how the exchange ended before the client gets the first
	// byte. Where it cannot, the client gets a refusal in place of the answer,
	// which says that the call may have been performed.
	Answered(x *Exchange, e *Event) error
	// End keeps the event and gives back the room that was not needed. Views in e
	// are valid until it returns.
	End(e *Event)
}

// Describe returns what the event would say by now. It and views in it are
// valid until the next call of Describe or the exchange's end.
func (x *Exchange) Describe() *Event {
	x.describe()
	return &x.event
}

// account has an answer kept before the client gets it, a refusal as well.
func (g *Gate) account(x *Exchange) {
	if x.Audit == nil {
		return
	}
	err := x.answered()
	if err == nil {
		return
	}
	x.closeAnswer()
	x.Reply = Reply{Fields: x.Reply.Fields[:0]}
	x.Guard, x.Refused = "audit", true
	x.Refusal = Refusal{Code: AuditIncomplete, Cause: err}
	g.refuse(x)
}

// answered asks the record. What fails in it keeps nothing.
func (x *Exchange) answered() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("the record failed: " + Fault(p))
		}
	}()
	return x.Audit.Answered(x, x.Describe())
}

// endAudit tells the record of the end.
func (g *Gate) endAudit(x *Exchange) {
	a := x.Audit
	if a == nil {
		return
	}
	x.Audit = nil
	defer func() {
		if p := recover(); p != nil {
			g.log.Error("the record failed after the exchange", "id", x.ID.String(), "panic", Fault(p), "stack", string(debug.Stack()))
		}
	}()
	a.End(&x.event)
}
