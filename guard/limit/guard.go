package limit

import (
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// MaxRules bounds the limits of one operation.
const MaxRules = 16

// Guard holds the calls of one operation to their limits, in one place of its
// walk. It is immutable; many goroutines may use it at once.
type Guard struct {
	state   *State
	uses    []use
	observe bool
	policy  []byte // RateLimit-Policy; nil when another guard of the operation says it
}

// use is how an operation uses a rule.
type use struct {
	*Rule
	fixed  []byte // of its key
	parts  []Part // the others
	weight int64
	item   []byte // of RateLimit, up to what is left: "name";r=
}

var (
	_ gate.HeadGuard = (*Guard)(nil)
	_ gate.DoneGuard = (*Guard)(nil)
	_ gate.BodyGuard = (*Cost)(nil)
	_ gate.DoneGuard = (*Cost)(nil)
)

// Guards makes the guards of an operation, each nil when it is not needed: early
// is for the place before credentials are looked at, late for that behind them,
// and cost for the end of the body's phase, where what a query costs is known.
func (s *State) Guards(rules []*Rule, a About) (early, late *Guard, cost *Cost) {
	var lists [3][]use
	for _, r := range rules {
		at := 0
		switch {
		case r.Unit == Complexity:
			at = 2
		case r.late():
			at = 1
		}
		u := use{Rule: r, fixed: r.fixed(&a), weight: max(1, a.Weight), item: r.item()}
		for _, p := range r.Key {
			if p.What < API || p.What == Country {
				u.parts = append(u.parts, p)
			}
		}
		lists[at] = append(lists[at], u)
	}
	policy := policyOf(rules)
	var guards [3]*Guard
	for i, list := range lists {
		if len(list) > 0 {
			guards[i] = &Guard{state: s, uses: list, observe: a.Observe, policy: policy}
			policy = nil
		}
	}
	if guards[2] != nil {
		cost = &Cost{guards[2]}
	}
	return guards[0], guards[1], cost
}

// late reports whether a limit can only be judged behind authentication.
func (l *Limit) late() bool {
	for _, p := range l.Key {
		if p.What.late() {
			return true
		}
	}
	return l.Late
}

// Head implements gate.HeadGuard.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict { return g.judge(x) }

// Done implements gate.DoneGuard.
func (g *Guard) Done(x *gate.Exchange) { settle(x) }

// Cost is a Guard of what is known when the body was read.
type Cost struct{ guard *Guard }

// Body implements gate.BodyGuard.
func (c *Cost) Body(x *gate.Exchange) gate.Verdict {
	if x.Complexity <= 0 {
		return gate.Allow
	}
	return c.guard.judge(x)
}

// Done implements gate.DoneGuard.
func (c *Cost) Done(x *gate.Exchange) { settle(x) }

// judge asks all limits. Where one refuses, what the others have counted is
// given back, also by a guard before.
func (g *Guard) judge(x *gate.Exchange) gate.Verdict {
	now := g.state.moment(x.Received)
	from := 0
	if g.observe {
		from = len(x.Charges) // the call goes on
	}
	said := g.open(x)
	for i := range g.uses {
		u := &g.uses[i]
		key, p := u.hash(x)
		if p == skipped {
			continue
		}
		if p == missing {
			giveBack(x, from, x.Received)
			g.close(x, said)
			return x.Deny(gate.Refusal{Code: gate.LimitExceeded, Keyword: u.Name, Detail: noKey})
		}
		need, cost := u.asks(x)
		r, code := u.take(x, key, need, cost, now)
		if code == gate.LimitUnavailable {
			giveBack(x, from, x.Received)
			g.close(x, said)
			return x.Deny(gate.Refusal{Code: code, Keyword: u.Name, Retry: 1})
		}
		u.tell(x, &r)
		if code != gate.Undecided {
			giveBack(x, from, x.Received)
			g.close(x, said)
			return x.Deny(u.refusal(need, &r))
		}
	}
	g.close(x, said)
	return gate.Allow
}

const (
	noKey  = "the limit is for callers who say who they are"
	beyond = "the call asks for more than the limit ever lets through at once"
)

// refusal is what a client hears that must wait.
func (u *use) refusal(need int64, r *result) gate.Refusal {
	out := gate.Refusal{Code: gate.LimitExceeded, Keyword: u.Name, Retry: int(seconds(r.retry))}
	if need > u.capacity() {
		out.Detail = beyond
	}
	if out.Retry < 1 {
		out.Retry = 1
	}
	return out
}

// asks is what a call costs, as far as it is known when it begins: what comes
// behind it is counted in the end, and all that is asked for is that something
// is left.
func (u *use) asks(x *gate.Exchange) (need, cost int64) {
	switch u.Unit {
	case RequestBytes:
		cost = max(0, x.BodyLength)
		return max(1, cost), cost
	case AnswerBytes:
		return 1, 0
	case Complexity:
		return x.Complexity, x.Complexity
	}
	if u.Kind == Concurrency {
		return 1, 1
	}
	return u.weight, u.weight
}

// take counts, and notes what was counted on the exchange. Its code is Undecided
// when the call may go on.
func (u *use) take(x *gate.Exchange, key [2]uint64, need, cost int64, now moment) (r result, code gate.Code) {
	stats := u.counters.alone.shard(key)
	charge := gate.Charge{By: u.Rule, Key: key, Units: cost}
	if u.Global {
		var asked bool
		if r, asked = u.lease(x, key, need, cost, now); !asked {
			stats.failed.Add(1)
			switch u.OnFailure {
			case Closed:
				return r, gate.LimitUnavailable
			case Open:
				stats.passed.Add(1)
				return result{ok: true, unknown: true}, gate.Undecided
			}
		} else {
			charge.Lease = true
		}
	}
	if !charge.Lease {
		r = u.count(key, need, cost, now)
	}
	if r.spare {
		stats.crowded.Add(1)
	}
	if !r.ok {
		stats.refused.Add(1)
		return r, gate.LimitExceeded
	}
	stats.passed.Add(1)
	charge.Spare = r.spare
	x.Charges = append(x.Charges, charge)
	return r, gate.Undecided
}

// count asks the counter of a key.
func (r *Rule) count(key [2]uint64, need, cost int64, now moment) result {
	t := r.counters.alone
	for {
		cell, spare := t.cell(key, now)
		old := cell.Load()
		if old == frozen {
			t.thaw(key)
			continue
		}
		next, out := r.reckon.take(old, need, cost, now)
		if next == old || cell.CompareAndSwap(old, next) {
			out.spare = spare
			return out
		}
	}
}

// change counts units more or fewer for a call that was counted.
func (r *Rule) change(c *gate.Charge, delta int64, now moment) {
	t := r.counters.alone
	for {
		cell := t.known(c.Key, c.Spare)
		if cell == nil && delta > 0 {
			cell, _ = t.cell(c.Key, now)
		}
		if cell == nil {
			return
		}
		old := cell.Load()
		if old == frozen {
			t.thaw(c.Key)
			continue
		}
		if cell.CompareAndSwap(old, r.reckon.add(old, delta, now)) {
			return
		}
	}
}

// giveBack takes back what was counted for x from a charge on, since a limit
// refuses it; not what was counted by those that count such calls as well.
func giveBack(x *gate.Exchange, from int, at time.Time) {
	for i := range x.Charges[from:] {
		c := &x.Charges[from+i]
		if r := c.By.(*Rule); !r.CountRefused || r.Kind == Concurrency {
			r.back(c, c.Units, at)
		}
	}
	clear(x.Charges[from:])
	x.Charges = x.Charges[:from]
}

func (r *Rule) back(c *gate.Charge, units int64, at time.Time) {
	switch {
	case units == 0:
	case c.Lease:
		r.unspend(c, units, at)
	default:
		r.change(c, -units, r.state.moment(at))
	}
}

// settle ends the charges of an exchange: places are free again, bytes are
// counted as they were, and calls that do not count are given back. The first of
// an operation's guards that hears of the end does so for all.
func settle(x *gate.Exchange) {
	if len(x.Charges) == 0 {
		return
	}
	for i := range x.Charges {
		c := &x.Charges[i]
		r := c.By.(*Rule)
		switch spent := r.spent(x, c); {
		case spent < c.Units:
			r.back(c, c.Units-spent, r.now(x))
		case spent > c.Units:
			r.more(c, spent-c.Units, r.now(x))
		}
	}
	clear(x.Charges)
	x.Charges = x.Charges[:0]
}

// now is the time behind an exchange; where its kind does not ask for it, one
// that costs nothing.
func (r *Rule) now(x *gate.Exchange) time.Time {
	if r.Kind == Concurrency {
		return x.Received
	}
	return x.Received.Add(time.Since(x.Received))
}

func (r *Rule) more(c *gate.Charge, units int64, at time.Time) {
	if c.Lease {
		r.overspend(c, units, at)
		return
	}
	r.change(c, units, r.state.moment(at))
}

// spent is what a call has cost in the end.
func (r *Rule) spent(x *gate.Exchange, c *gate.Charge) int64 {
	if r.Kind == Concurrency {
		return 0
	}
	refused := x.Refused && x.Sent.IsZero()
	switch {
	case r.Counts != All && refused:
		return 0
	case r.Counts == Succeeded && (x.Refused || x.Answer.Status >= 500 && x.Reply.Status == 0):
		return 0
	}
	switch r.Unit {
	case RequestBytes:
		return x.BodyBytes
	case AnswerBytes:
		return x.AnswerBytes
	}
	return c.Units
}
