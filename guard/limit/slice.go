package limit

import (
	"context"
	"time"
)

// The times of leases.
const (
	// unitsFor is how long units may be spent: those that are not are given back
	// much earlier.
	unitsFor = 10 * time.Second
	// placesFor is how long a node has places, and renewPlaces how much of that is
	// left when it asks again.
	placesFor   = 15 * time.Second
	renewPlaces = 10 * time.Second
	// A counter that had too few units is not asked again at once: in the time of
	// a quarter of a slice some come, and longer than longestDenial others may
	// have given some back.
	leastDenial, shortDenial = time.Millisecond, 10 * time.Millisecond
	longestDenial            = time.Second
)

// nanos is the time in nanoseconds since the state began.
func (s *State) nanos() int64 { return int64(time.Since(s.began)) }

// ask begins to ask for what e lacks: what calls wait for, of which one needs
// need, and a slice. The caller has locked e and nobody asks.
func (r *Rule) ask(e *lease, need int64) {
	q := &asking{done: make(chan struct{})}
	e.asking = q
	if !e.alone {
		e.size.Store(min(r.Slice, max(1, 2*e.size.Load())))
	}
	r.state.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), r.Wait)
		defer cancel()
		var err error
		if r.Kind == Concurrency {
			err = r.hold(ctx, e)
		} else {
			err = r.takeSlice(ctx, e, need)
		}
		q.failed = err != nil
		e.mu.Lock()
		e.asking = nil
		e.mu.Unlock()
		close(q.done)
	})
}

// takeSlice leases units.
func (r *Rule) takeSlice(ctx context.Context, e *lease, need int64) error {
	at := r.state.nanos()
	if at >= e.until.Load() {
		r.giveUnits(e, e.void()) // too late to be spent
	}
	size, left := e.size.Load(), e.left.Load()
	want := max(e.demand.Load(), need) + size - left
	if want <= 0 {
		return nil
	}
	lacks := max(1, need-left)
	grant, err := r.state.shared.Take(ctx, &Ask{Rule: r, Key: asHash(e.key), Want: max(want, lacks), Need: lacks, For: unitsFor, Now: time.Now()})
	if err != nil {
		return err
	}
	e.rest.Store(grant.Remaining)
	now := r.state.nanos()
	e.resets.Store(now + int64(r.resets(grant.Remaining)))
	if grant.Units == 0 {
		r.deny(e, now, max(1, need), grant.Retry)
		return nil
	}
	if e.left.Load() <= 0 {
		e.since.Store(at)
	}
	// What calls waited for that wait no more is not kept beyond the slice.
	keep := min(grant.Units, max(0, size+e.demand.Load()-e.left.Load()))
	e.left.Add(keep)
	e.until.Store(int64(grant.Until.Sub(r.state.began)))
	r.giveUnits(e, grant.Units-keep)
	return nil
}

// deny notes that the counter has fewer than need.
func (r *Rule) deny(e *lease, now, need int64, retry time.Duration) {
	wait := max(retry, leastDenial)
	if r.Kind == Rate {
		wait = max(wait, min(shortDenial, time.Duration(float64(r.Per)/float64(r.Amount)*float64(r.Slice)/4)))
	}
	e.retry.Store(now + int64(max(retry, wait)))
	e.lacked.Store(need)
	e.denied.Store(now + int64(min(wait, longestDenial)))
}

// resets is in how long a counter that has so many units left is as good as new.
func (r *Rule) resets(left int64) time.Duration {
	switch r.Kind {
	case Rate:
		return time.Duration(float64(max(0, r.Burst-left)) / float64(r.Amount) * float64(r.Per))
	case Window:
		return r.Per
	case Quota:
		now := time.Now()
		return r.Ends(now).Sub(now)
	}
	return 0
}

// giveUnits gives units back, which nobody waits for.
func (r *Rule) giveUnits(e *lease, units int64) {
	if units <= 0 {
		return
	}
	select {
	case r.state.giving <- r.given(e, units):
	default: // they stay counted
	}
}

func (r *Rule) given(e *lease, units int64) Ask {
	return Ask{Rule: r, Key: asHash(e.key), Want: units, Now: r.state.began.Add(time.Duration(e.since.Load()))}
}

// hold says how many places this node wants, and learns how many it has. Places
// that it does not want any more nobody can take before that is said.
func (r *Rule) hold(ctx context.Context, e *lease) error {
	e.mu.Lock()
	demand, keep := e.demand.Load(), e.size.Load()
	if e.idle > 0 && e.held == e.left.Load() { // of no call
		keep = 0
	}
	for {
		left := e.left.Load()
		if left <= demand+keep {
			break
		}
		if e.left.CompareAndSwap(left, demand+keep) {
			e.held -= left - demand - keep
			break
		}
	}
	held, used := e.held, max(0, e.held-e.left.Load())
	e.mu.Unlock()
	grant, err := r.state.shared.Hold(ctx, &Ask{Rule: r, Key: asHash(e.key), Want: max(held, used+demand+keep), Need: used, For: placesFor, Now: time.Now()})
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.left.Add(grant.Units - e.held)
	e.held = grant.Units
	e.mu.Unlock()
	e.until.Store(int64(grant.Until.Sub(r.state.began)))
	e.rest.Store(grant.Remaining)
	if e.left.Load() < 1 && demand > 0 {
		r.deny(e, r.state.nanos(), 1, 0)
	}
	return nil
}
