package limit

import (
	"math"
	"math/bits"
	"time"
)

// fine is how many parts a nanosecond has in counters of rates, so that those of
// many bytes a second are exact. 2^63 of them are nine years of uptime.
const fine = 32

// moment is the time of a call: that of a clock that is never set, in parts of a
// nanosecond, and that of the calendar.
type moment struct {
	tick int64
	wall time.Time
}

// result is what a counter says.
type result struct {
	ok        bool
	spare     bool          // it counted in a counter that others share
	unknown   bool          // nothing is known of what is left
	remaining int64         // units
	reset     time.Duration // until all units are there again, or some more when there are none
	retry     time.Duration // until those that were asked for are there
}

// reckoning is how the counters of one rule count: pure functions of their 64
// bits. The zero state is that of a key that was never seen.
type reckoning struct {
	kind    Kind
	amount  int64
	unit    int64 // Rate: parts of a nanosecond in which one comes back
	full    int64 // Rate: those of all
	length  int64 // Window: of one, in parts
	scale   int64 // Window: units that are counted as one
	punish  bool  // calls over the limit count
	periods *periods
}

func newReckoning(l *Limit) reckoning {
	c := reckoning{kind: l.Kind, amount: l.Amount, punish: l.CountRefused, scale: 1}
	switch l.Kind {
	case Rate:
		per := int64(l.Per) * fine
		c.unit = max(1, (per+l.Amount-1)/l.Amount)
		c.full = times(l.Burst, c.unit)
	case Window:
		c.length = int64(l.Per) * fine
		c.scale = (l.Amount + MaxWindow - 1) / MaxWindow
		c.amount = l.Amount / c.scale
	case Quota:
		c.periods = &periods{limit: l}
	}
	return c
}

// most bounds what is added to a time, far from where that would overflow.
const most = 1 << 60

// times multiplies and stays below most.
func times(a, b int64) int64 {
	high, low := bits.Mul64(uint64(max(a, 0)), uint64(b))
	if high > 0 || low > most {
		return most
	}
	return int64(low)
}

// take asks a counter for cost units, where need, which is at least cost, must
// be there.
func (c *reckoning) take(state uint64, need, cost int64, now moment) (uint64, result) {
	switch c.kind {
	case Rate:
		return c.takeRate(state, need, cost, now.tick)
	case Window:
		return c.takeWindow(state, need, cost, now.tick)
	case Quota:
		return c.takeQuota(state, need, cost, now.wall)
	}
	used := int64(state)
	if need > c.amount-used {
		return state, result{remaining: max(0, c.amount-used)}
	}
	return state + uint64(cost), result{ok: true, remaining: c.amount - used - cost}
}

// takeRate is GCRA (ITU-T I.371 annex A, the virtual scheduling algorithm): the
// state is the theoretical arrival time.
func (c *reckoning) takeRate(state uint64, need, cost, now int64) (uint64, result) {
	ahead := max(int64(state)-now, 0)
	if ahead > 2*c.full { // whatever became of the clock, nobody waits longer
		ahead = 2 * c.full
		state = uint64(now + ahead)
	}
	if wait := ahead + times(need, c.unit) - c.full; wait > 0 {
		if c.punish && need > 0 {
			ahead = min(ahead+times(cost, c.unit), 2*c.full)
			wait = ahead + times(need, c.unit) - c.full
			state = uint64(now + ahead)
		}
		return state, result{remaining: max(0, (c.full-ahead)/c.unit), reset: duration(wait), retry: duration(wait)}
	}
	ahead += times(cost, c.unit)
	out := result{ok: true, remaining: (c.full - ahead) / c.unit, reset: duration(ahead)}
	if out.remaining == 0 { // there is one sooner
		out.reset = duration(ahead + c.unit - c.full)
	}
	return uint64(now + ahead), out
}

func duration(parts int64) time.Duration { return time.Duration((parts + fine - 1) / fine) }

// A window's state is the number of the window, 16 bits, what was counted in the
// one before, 24 bits, and in it, 24 bits.
const countBits, countMax = 24, 1<<24 - 2

func pack(n uint64, before, current int64) uint64 {
	return n<<(2*countBits) | uint64(min(before, countMax))<<countBits | uint64(min(current, countMax))
}

// windows reads a state at a time: the number of the window, how much of it is
// left, and what was counted.
func (c *reckoning) windows(state uint64, now int64) (n uint64, left, before, current int64) {
	n = (uint64(now/c.length) + 1) & math.MaxUint16
	left = c.length - now%c.length
	before, current = int64(state>>countBits&(1<<countBits-1)), int64(state&(1<<countBits-1))
	switch state >> (2 * countBits) {
	case n:
	case (n - 1) & math.MaxUint16:
		before, current = current, 0
	case (n + 1) & math.MaxUint16: // the clock went back a little: it goes on where it was
		n, left = (n+1)&math.MaxUint16, c.length
	default:
		before, current = 0, 0
	}
	return n, left, before, current
}

// takeWindow weighs the window before by how much of it is still within reach.
func (c *reckoning) takeWindow(state uint64, need, cost, now int64) (uint64, result) {
	n, left, before, current := c.windows(state, now)
	need, cost = up(need, c.scale), up(cost, c.scale)
	used := share(before, left, c.length) + current
	if need > c.amount-used {
		wait := c.wait(left, before, current, need)
		if c.punish {
			state = pack(n, before, min(current+cost, 2*c.amount))
		}
		return state, result{remaining: max(0, c.amount-used) * c.scale, reset: duration(wait), retry: duration(wait)}
	}
	current += cost
	reset := left
	if current > 0 {
		reset += c.length
	}
	return pack(n, before, current), result{ok: true, remaining: (c.amount - used - cost) * c.scale, reset: duration(reset)}
}

// wait is how long it takes until need units are free, when nobody calls.
func (c *reckoning) wait(left, before, current, need int64) int64 {
	if free := c.amount - current - need; free >= 0 && before > 0 {
		return left - fraction(free, before, c.length) + 1
	}
	if free := c.amount - need; free >= 0 && current > 0 {
		return left + max(0, c.length-fraction(free, current, c.length)) + 1
	}
	return left + c.length
}

// share is n·left/length, rounded up.
func share(n, left, length int64) int64 {
	high, low := bits.Mul64(uint64(n), uint64(left))
	low, carry := bits.Add64(low, uint64(length-1), 0)
	q, _ := bits.Div64(high+carry, low, uint64(length))
	return int64(q)
}

// fraction is length·a/b, where a is less than b or the length is enough.
func fraction(a, b, length int64) int64 {
	if a >= b {
		return length
	}
	high, low := bits.Mul64(uint64(a), uint64(length))
	q, _ := bits.Div64(high, low, uint64(b))
	return int64(q)
}

// up divides and rounds up.
func up(n, by int64) int64 {
	if by == 1 {
		return n
	}
	return n/by + min(1, n%by)
}

// A quota's state is the number of the period, 20 bits, and what was used in it,
// 44 bits.
const usedBits, usedMax = 44, 1<<44 - 2

func (c *reckoning) takeQuota(state uint64, need, cost int64, wall time.Time) (uint64, result) {
	n, left := c.periods.at(wall)
	n, used := quota(state, n)
	if need > c.amount-used {
		if c.punish {
			state = n<<usedBits | uint64(min(used+min(cost, usedMax), usedMax))
		}
		return state, result{remaining: max(0, c.amount-used), reset: left, retry: left}
	}
	used += cost
	return n<<usedBits | uint64(used), result{ok: true, remaining: c.amount - used, reset: left}
}

// quota reads a state in period n. A clock that is set back a little over the
// end of a period frees nobody: the period goes on. One that was in some other
// time was wrong then.
func quota(state, n uint64) (period uint64, used int64) {
	switch at := state >> usedBits; {
	case at == n, at == n+1:
		return at, int64(state & (1<<usedBits - 1))
	}
	return n, 0
}

// add counts delta units more, or fewer, whether or not there are any: what is
// known only behind a call.
func (c *reckoning) add(state uint64, delta int64, now moment) uint64 {
	switch c.kind {
	case Rate:
		if delta < 0 {
			return uint64(max(0, int64(state)-times(-delta, c.unit)))
		}
		ahead := min(max(int64(state)-now.tick, 0)+times(delta, c.unit), 2*c.full)
		return uint64(max(int64(state), now.tick+ahead))
	case Window:
		n, _, before, current := c.windows(state, now.tick)
		if delta < 0 {
			current -= -delta / c.scale
			return pack(n, max(0, before+min(0, current)), max(0, current))
		}
		return pack(n, before, min(current+min(up(delta, c.scale), countMax), countMax))
	case Quota:
		n, _ := c.periods.at(now.wall)
		n, used := quota(state, n)
		return n<<usedBits | uint64(max(0, min(used+min(delta, usedMax), usedMax)))
	}
	return uint64(max(0, min(int64(state)+min(delta, usedMax), usedMax)))
}

// idle reports whether a state is as good as that of a key never seen.
func (c *reckoning) idle(state uint64, now moment) bool {
	switch c.kind {
	case Rate:
		return int64(state) <= now.tick
	case Window:
		_, _, before, current := c.windows(state, now.tick)
		return before+current == 0
	case Quota:
		n, _ := c.periods.at(now.wall)
		_, used := quota(state, n)
		return used == 0
	}
	return state == 0
}
