package overload

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Limit is how many calls may be at work with one API. Many goroutines use it at
// once.
type Limit struct {
	pool
	options *atomic.Pointer[Options]
	queue   queue
	ends    atomic.Int64 // of the window, in nanoseconds since start
	timings atomic.Pointer[[]*Timing]

	// Of calls in this window whose clients left, since they took too long.
	lost, lostTook, lostUsual atomic.Int64

	mu      sync.Mutex // held for long by nobody; whoever ends a window and finds it held leaves it
	control control    // guarded by mu
	before  uint64     // guarded by mu; calls that were shed before the window
	begins  int64      // guarded by mu; the window
}

// Timing is how long calls of one operation take.
type Timing struct {
	name  string
	soon  atomic.Int64  // the usual time as a duration; 0 while it is not known
	tally atomic.Uint64 // of the window: 24 bits of calls, 40 bits of their microseconds
	usual float64       // microseconds, without a wait; guarded by the limit's mu, as what follows
	seen  float64       // calls, as far as that matters
	first int64         // when one was seen first
}

const (
	oneCall     = 1 << 40
	allMicros   = oneCall - 1
	longestCall = 10 * time.Minute // longer ones count as that
)

// Times of a window.
const (
	window    = int64(100 * time.Millisecond)
	longest   = int64(time.Second) // then few calls are enough
	leastCall = 20                 // calls that a window needs before
)

var start = time.Now()

func nanos(t time.Time) int64 { return int64(t.Sub(start)) }

func newLimit(o *atomic.Pointer[Options]) *Limit {
	l := &Limit{options: o}
	l.clients.seed()
	l.timings.Store(&[]*Timing{})
	l.control = control{limit: float64(min(begins, o.Load().MaxInFlight)), probed: -probeEvery}
	l.limit.Store(uint32(l.control.limit))
	return l
}

// Timing returns that of an operation. There are as many as operations that
// configurations have named, and what an operation took outlives its plan.
func (l *Limit) Timing(operation string) *Timing {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := *l.timings.Load()
	for _, t := range list {
		if t.name == operation {
			return t
		}
	}
	t := &Timing{name: operation}
	more := append(list[:len(list):len(list)], t)
	l.timings.Store(&more)
	return t
}

// measure takes the time of a call to account. At the end of a window the
// caller, one of many, works out the new limit.
func (l *Limit) measure(t *Timing, took time.Duration, now int64) {
	took = min(max(took, time.Microsecond), longestCall)
	t.tally.Add(oneCall | uint64(took/time.Microsecond))
	l.look(now)
}

// abandoned takes to account that a client left before its call had ended, when
// that had taken longer than calls usually do: it would have taken longer still.
func (l *Limit) abandoned(t *Timing, took time.Duration, now int64) {
	if soon := time.Duration(t.soon.Load()); soon > 0 && took > soon {
		l.lost.Add(1)
		l.lostTook.Add(int64(min(took, longestCall)))
		l.lostUsual.Add(int64(soon))
		l.look(now)
	}
}

// look ends the window when its time has come.
func (l *Limit) look(now int64) {
	if ends := l.ends.Load(); now >= ends && l.ends.CompareAndSwap(ends, now+window) {
		l.turn(now)
	}
}

// leaves gives a ticket back, and the room to a call that waits.
func (l *Limit) leaves(t ticket) {
	if t&held == 0 {
		return
	}
	l.leave(t)
	if l.queue.waiting.Load() > 0 {
		l.queue.next()
	}
}

// turn ends a window.
func (l *Limit) turn(now int64) {
	if !l.mu.TryLock() {
		return // another is at it
	}
	defer l.mu.Unlock()
	o := l.options.Load()
	list, calls := *l.timings.Load(), uint64(l.lost.Load())
	for _, t := range list {
		calls += t.tally.Load() >> 40
	}
	shed := l.sheds()
	if age := now - l.begins; calls < leastCall && age < longest && (calls > 0 || shed == l.before) {
		return
	}
	busy := total(l.busy.Load())
	w := sample{now: now, peak: float64(l.peak.Swap(uint32(busy))), busy: float64(busy), shed: shed - l.before,
		lost: float64(l.lost.Swap(0)), lostTook: float64(l.lostTook.Swap(0)) / 1e3, lostUsual: float64(l.lostUsual.Swap(0)) / 1e3}
	l.begins, l.before = now, shed
	l.control.judge(list, &w)
	l.control.step(&w, o)
	l.limit.Store(uint32(l.control.limit))
}

// State is how an API is.
type State struct {
	Limit, InFlight, Waiting int
	Shed                     [classes]uint64 // by class
	Unfair                   uint64          // of these: their client had its share
}

// State may be called at any time.
func (l *Limit) State() State {
	s := l.state()
	s.Waiting = int(l.queue.waiting.Load())
	return s
}

func (p *pool) state() State {
	s := State{Limit: int(p.limit.Load()), InFlight: int(total(p.busy.Load())), Unfair: p.unfair.Load()}
	for c := range classes {
		s.Shed[c] = p.shed[c].Load()
	}
	return s
}

// key is the one by which the client of x has its share: who calls, or the
// address where nobody is known to.
func (p *pool) key(x *gate.Exchange) uint64 {
	if x.Principal != nil {
		return p.clients.principal(x.Principal.ID)
	}
	return p.clients.address(x.Client)
}
