package overload

import (
	"github.com/gatehouse-api/gatehouse/gate"
)

// Settings are those of one operation.
type Settings struct {
	Operation string // its name
	Class     Class
	Callers   *Callers // whose calls have another class; nil for nobody
	Observe   bool     // what would be refused is noted
}

// Door is the first step of an operation: it refuses what the gate has no room
// for before anything costly, by the address of the client. It is immutable; many
// goroutines may use it at once.
type Door struct {
	gate    *Gate
	limit   *Limit
	best    Class // that a call can turn out to be of
	observe bool
}

// Way is the step behind those that find out who calls, and the last one before
// the API is called: it refuses what the API has no room for. It is immutable;
// many goroutines may use it at once.
type Way struct {
	gate    *Gate
	limit   *Limit
	timing  *Timing
	class   Class
	callers *Callers
	observe bool
}

var (
	_ gate.HeadGuard       = (*Door)(nil)
	_ gate.AnswerHeadGuard = (*Door)(nil)
	_ gate.DoneGuard       = (*Door)(nil)
	_ gate.HeadGuard       = (*Way)(nil)
	_ gate.ForwardGuard    = (*Way)(nil)
	_ gate.AnswerHeadGuard = (*Way)(nil)
	_ gate.DoneGuard       = (*Way)(nil)
)

// NewDoor returns the first step of an operation whose API has the limit l.
func (g *Gate) NewDoor(l *Limit, s Settings) *Door {
	return &Door{gate: g, limit: l, best: s.Callers.best(s.Class), observe: s.Observe}
}

// NewWay returns the other one.
func (g *Gate) NewWay(l *Limit, s Settings) *Way {
	return &Way{gate: g, limit: l, timing: l.Timing(s.Operation), class: s.Class, callers: s.Callers, observe: s.Observe}
}

// Aside says that these steps say nothing of whether a call is allowed.
func (*Door) Aside() {}

// Aside is as that of Door.
func (*Way) Aside() {}

// Places in Exchange.Holds.
const (
	atGate = iota
	atAPI
)

// Head takes x in at the gate. Who calls is not known yet, so the call may be as
// important as any of its operation can be.
func (d *Door) Head(x *gate.Exchange) gate.Verdict {
	g := d.gate
	if uint32(d.best) < g.squeeze.Load() {
		if v := deny(x, &g.pool, d.best, reasonMemory, d.observe); v != gate.Allow {
			return v
		}
	}
	if d.limit.full(d.best) {
		if v := deny(x, &d.limit.pool, d.best, reasonLimit, d.observe); v != gate.Allow {
			return v
		}
	}
	t, reason := g.enter(d.best, g.clients.address(x.Client), d.observe)
	x.Holds[atGate] = uint32(t)
	if reason != "" {
		return deny(x, &g.pool, d.best, reason, d.observe)
	}
	return gate.Allow
}

// AnswerHead ends the work: what follows is the length of the answer.
func (d *Door) AnswerHead(x *gate.Exchange) gate.Verdict {
	d.Done(x)
	return gate.Allow
}

// Done gives back what x holds.
func (d *Door) Done(x *gate.Exchange) {
	d.gate.leave(ticket(x.Holds[atGate]))
	x.Holds[atGate] = 0
}

// full reports whether there is no room and has not been for a while, so that a
// call of the class need not be looked at any further. Without a queue that
// stands it may still wait.
func (l *Limit) full(c Class) bool {
	return l.queue.stands.Load() && !l.room(c, l.busy.Load())
}

// Head refuses early what would find no room later, now that it is known who
// calls.
func (w *Way) Head(x *gate.Exchange) gate.Verdict {
	c := w.callers.class(x.Principal, w.class)
	switch {
	case uint32(c) < w.gate.squeeze.Load():
		return deny(x, &w.gate.pool, c, reasonMemory, w.observe)
	case w.limit.full(c):
		return deny(x, &w.limit.pool, c, reasonLimit, w.observe)
	}
	return gate.Allow
}

// Forward takes x in at the API. A body that the client sends while it is
// forwarded takes as long as the client likes: such a call needs room, and takes
// none.
func (w *Way) Forward(x *gate.Exchange) gate.Verdict {
	l, c := w.limit, w.callers.class(x.Principal, w.class)
	client := l.key(x)
	t, reason := l.enter(c, client, w.observe)
	if reason == reasonLimit && t == 0 && c > Low && !w.observe {
		var gone bool
		if t, gone = l.wait(x, c, client); gone {
			return x.Deny(gate.Refusal{Code: gate.ClientGone})
		}
		if t != 0 {
			reason = ""
		}
	}
	if reason != "" {
		l.look(nanos(x.Received)) // where no call ends nobody else does
	}
	if t != 0 && streams(x) {
		l.leaves(t)
		t = 0
	}
	x.Holds[atAPI] = uint32(t)
	if reason != "" {
		return deny(x, &l.pool, c, reason, w.observe)
	}
	return gate.Allow
}

// streams reports whether the body is forwarded as it comes.
func streams(x *gate.Exchange) bool { return x.Incoming != nil && x.Body == nil }

// AnswerHead ends the work of the API, and takes its time to account: that of
// answers which say that it did what was asked. An error comes faster, or as slow
// as its cause.
func (w *Way) AnswerHead(x *gate.Exchange) gate.Verdict {
	if x.Holds[atAPI] != 0 {
		w.limit.leaves(ticket(x.Holds[atAPI]))
		x.Holds[atAPI] = 0
		if x.Answer.Status < 400 {
			w.limit.measure(w.timing, x.Answered.Sub(x.Sent), nanos(x.Answered))
		}
	}
	return gate.Allow
}

// Done gives back what x still holds, since no answer came. That the API did not
// answer in time is a time as well, and so is how long a client waited that left.
func (w *Way) Done(x *gate.Exchange) {
	if x.Holds[atAPI] == 0 {
		return
	}
	w.limit.leaves(ticket(x.Holds[atAPI]))
	x.Holds[atAPI] = 0
	if !x.Refused || x.Answered.IsZero() {
		return
	}
	switch took, now := x.Answered.Sub(x.Sent), nanos(x.Answered); x.Refusal.Code {
	case gate.UpstreamTimeout:
		w.limit.measure(w.timing, took, now)
	case gate.ClientGone:
		w.limit.abandoned(w.timing, took, now)
	}
}

// deny refuses x, or notes that it would be refused.
func deny(x *gate.Exchange, p *pool, c Class, reason string, observe bool) gate.Verdict {
	p.refused(c, reason)
	r := gate.Refusal{Code: gate.Overloaded, Keyword: reason, Retry: retry()}
	if observe {
		x.Report(r)
		return gate.Allow
	}
	return x.Deny(r)
}
