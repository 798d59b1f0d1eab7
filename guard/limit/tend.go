package limit

import (
	"context"
	"time"
)

const (
	// tendEvery is how often leases are looked after.
	tendEvery = 500 * time.Millisecond
	// maxGiving is how many amounts of units wait to be given back.
	maxGiving = 4096
)

// reachable reports whether it is of use to ask the shared counters.
func (s *State) reachable() bool { return s.reach == nil || s.reach.Up() }

// Tend looks after what this node has of counters that nodes share until ctx
// ends: units that nobody spends are given back, and places that calls have are
// renewed. Without it they are only void in the end.
func (s *State) Tend(ctx context.Context) {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-s.giving:
			s.give(ctx, &a)
		case <-tick.C:
			s.tend()
		}
	}
}

func (s *State) give(ctx context.Context, a *Ask) {
	ctx, cancel := context.WithTimeout(ctx, a.Rule.Wait)
	defer cancel()
	s.shared.Give(ctx, a) // best effort: what is not given back is void
}

func (s *State) tend() {
	if s.shared == nil || !s.reachable() {
		return
	}
	for _, c := range s.all() {
		if c.lease == nil {
			continue
		}
		r, now := c.lease.rule.Load(), s.nanos()
		c.lease.each(func(e *lease) bool {
			if r.Kind == Concurrency {
				return r.tendPlaces(e, now)
			}
			return r.tendUnits(e, now)
		})
	}
}

// still notes how often in a row a lease was found as it was before. The caller
// has locked e.
func (e *lease) still(left int64) int {
	if left != e.before {
		e.before, e.idle = left, 0
	} else {
		e.idle++
	}
	return e.idle
}

// tendUnits gives units back that are void or that nobody spends, and reports
// whether the lease is of no use any more.
func (r *Rule) tendUnits(e *lease, now int64) (over bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.asking != nil {
		return false
	}
	left := e.left.Load()
	idle := e.still(left) >= 2
	if left > 0 && (idle || now >= e.until.Load()) {
		r.giveUnits(e, e.void())
		left = e.left.Load()
	}
	// What was spent beyond the slice is remembered until the counter is new.
	e.gone = idle && e.demand.Load() == 0 && now >= e.denied.Load() && (left == 0 || left < 0 && now >= e.resets.Load())
	return e.gone
}

// tendPlaces renews places, and lets go those that no call has.
func (r *Rule) tendPlaces(e *lease, now int64) (over bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	left := e.left.Load()
	idle := e.still(left) >= 2
	switch {
	case e.asking != nil:
		return false
	case e.held == 0 && left == 0:
		e.gone = idle && e.demand.Load() == 0
		return e.gone
	case idle && left == e.held, e.until.Load()-now < int64(renewPlaces):
		r.ask(e, 0)
	}
	return false
}

// Close gives back what this node has of counters that nodes share, as far as
// that is done until ctx ends. Nobody may ask any more.
func (s *State) Close(ctx context.Context) {
	s.work.Wait()
	if s.shared == nil {
		return
	}
	for _, c := range s.all() {
		if c.lease == nil {
			continue
		}
		r := c.lease.rule.Load()
		c.lease.each(func(e *lease) bool {
			if ctx.Err() != nil || !s.reachable() {
				return false
			}
			if r.Kind == Concurrency {
				s.shared.Hold(ctx, &Ask{Rule: r, Key: asHash(e.key), For: placesFor, Now: time.Now()})
			} else if n := e.void(); n > 0 {
				a := r.given(e, n)
				s.shared.Give(ctx, &a)
			}
			return false
		})
	}
	for ctx.Err() == nil {
		select {
		case a := <-s.giving:
			s.give(ctx, &a)
		default:
			return
		}
	}
}
