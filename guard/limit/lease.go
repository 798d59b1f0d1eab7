package limit

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// lease is what this node has of one counter that nodes share: units to spend,
// or places for calls. Spending is one look-up and one compare-and-swap; all
// times are nanoseconds since State.began.
type lease struct {
	key  [2]uint64
	next atomic.Pointer[lease] // of its bucket

	left   atomic.Int64 // units that may be spent, places that are free; below 0 what was spent beyond
	until  atomic.Int64 // they are void from then on
	rest   atomic.Int64 // what the counter has left for all nodes
	resets atomic.Int64 // when it is as good as new, or has more
	// A counter that had fewer than lacked is not asked again before denied; it
	// may have them at retry.
	denied, retry, lacked atomic.Int64
	demand                atomic.Int64 // units that calls wait for
	since                 atomic.Int64 // when the oldest of the units was granted
	size                  atomic.Int64 // of the slice: it grows with use
	alone                 bool         // it is in no table, and of one call

	mu     sync.Mutex
	asking *asking // guarded by mu; nil while nobody asks
	held   int64   // guarded by mu; places that this node has
	before int64   // guarded by mu; what was left when it was last tended
	idle   int     // guarded by mu; how often that has not changed
	gone   bool    // guarded by mu; it is not in the table any more
}

// asking is one question to the shared counter, which calls may wait for.
type asking struct {
	done   chan struct{}
	failed bool // set before done is closed
}

// spend takes cost units where need, which is no less, are left.
func (e *lease) spend(need, cost int64) (left int64, ok bool) {
	for {
		left = e.left.Load()
		if left < need {
			return left, false
		}
		if e.left.CompareAndSwap(left, left-cost) {
			return left - cost, true
		}
	}
}

// void takes all units back that may be spent, so that they can be given back.
func (e *lease) void() int64 {
	for {
		left := e.left.Load()
		if left <= 0 {
			return 0
		}
		if e.left.CompareAndSwap(left, 0) {
			return left
		}
	}
}

// lease spends units of the slice that this node has, and asks for another when
// there are too few. asked is false when the shared counter could not be asked.
func (r *Rule) lease(_ *gate.Exchange, key [2]uint64, need, cost int64, now moment) (out result, asked bool) {
	if r.counters.lease == nil {
		return result{}, false
	}
	at := (now.tick - 1) / fine
	e := r.counters.lease.find(key)
	if e != nil && at < e.until.Load() {
		if left, ok := e.spend(need, cost); ok {
			if r.Kind != Concurrency && left < e.size.Load()/2 {
				r.refill(e)
			}
			return r.found(e, at, left), true
		}
	}
	if !r.state.reachable() {
		return result{}, false
	}
	return r.await(e, key, need, cost)
}

// found is what a call is told that passes.
func (r *Rule) found(e *lease, at, left int64) result {
	return result{ok: true, remaining: max(0, e.rest.Load()+left), reset: max(0, time.Duration(e.resets.Load()-at))}
}

// refill asks for more in the background, before the slice is empty.
func (r *Rule) refill(e *lease) {
	if r.Kind != Concurrency && e.denied.Load() > r.state.nanos() || !r.state.reachable() || !e.mu.TryLock() {
		return
	}
	defer e.mu.Unlock()
	if e.asking == nil && !e.gone {
		r.ask(e, 0)
	}
}

// await has a call wait until the shared counter has answered, for Limit.Wait at
// most.
func (r *Rule) await(e *lease, key [2]uint64, need, cost int64) (result, bool) {
	table := r.counters.lease
	if e == nil {
		if e = table.add(key, r.MaxKeys); e == nil {
			if r.Kind == Concurrency {
				return result{}, false
			}
			e = &lease{key: key, alone: true}
		}
	}
	e.demand.Add(need)
	defer e.demand.Add(-need)
	timer := time.NewTimer(r.Wait)
	defer timer.Stop()
	for first := true; ; first = false {
		at := r.state.nanos()
		if at < e.until.Load() {
			if left, ok := e.spend(need, cost); ok {
				return r.found(e, at, left), true
			}
		}
		if at < e.denied.Load() && need >= e.lacked.Load() && (!first || !r.CountRefused) {
			return result{remaining: max(0, e.rest.Load()+max(0, e.left.Load())), reset: time.Duration(max(0, e.retry.Load()-at)), retry: time.Duration(max(0, e.retry.Load()-at))}, true
		}
		e.mu.Lock()
		if e.gone {
			e.mu.Unlock()
			if e = table.add(key, r.MaxKeys); e == nil {
				return result{}, false
			}
			e.demand.Add(need)
			defer e.demand.Add(-need)
			continue
		}
		if e.asking == nil {
			r.ask(e, need)
		}
		q := e.asking
		e.mu.Unlock()
		select {
		case <-q.done:
			if q.failed {
				return result{}, false
			}
		case <-timer.C:
			return result{}, false
		}
	}
}

// unspend gives units of a call back that was counted, or its place.
func (r *Rule) unspend(c *gate.Charge, units int64, at time.Time) {
	e := r.counters.lease.find(c.Key)
	if e == nil {
		return
	}
	if r.Kind == Concurrency {
		if e.left.Add(units) > e.size.Load() { // others may need the places
			r.refill(e)
		}
		return
	}
	// What was spent of a slice that is over is not for the next period.
	if int64(at.Sub(r.state.began)) < e.until.Load() {
		e.left.Add(units)
	}
}

// overspend counts units that a call has cost beyond those that it asked for. The
// next slice pays for them.
func (r *Rule) overspend(c *gate.Charge, units int64, _ time.Time) {
	if e := r.counters.lease.find(c.Key); e != nil && e.left.Add(-units) < 0 {
		r.refill(e)
	}
}
