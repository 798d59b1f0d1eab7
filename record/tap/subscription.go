package tap

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Fact is what a subscriber sees: an event, and of a call for a path that no
// operation describes the shape of that path (AppendShape). It and what it points
// to are the tap's, valid until each returns; its texts may be kept.
type Fact struct {
	gate.Event
	Shape []byte
}

// Subscription is the ring of one subscriber: many goroutines put events into it,
// one takes them out. The turn numbers of slots follow Dmitry Vyukov's bounded
// queue, as those of package record do.
type Subscription struct {
	slots   []slot
	mask    uint64
	dropped atomic.Uint64
	asleep  atomic.Bool
	wake    chan struct{}
	_       [64]byte // keeps the two ends on cache lines of their own
	tail    atomic.Uint64
	_       [64]byte
	head    atomic.Uint64 // changed by the taking goroutine alone
}

type slot struct {
	turn  atomic.Uint64 // position: free for it; position+1: filled
	fact  Fact
	shape [MaxShape]byte
}

func newSubscription(least int) *Subscription {
	size := 2
	for size < least {
		size *= 2
	}
	s := &Subscription{slots: make([]slot, size), mask: uint64(size - 1), wake: make(chan struct{}, 1)}
	for i := range s.slots {
		s.slots[i].turn.Store(uint64(i))
	}
	return s
}

// put copies an event into the ring, or counts it where there is no room.
func (s *Subscription) put(e *gate.Event, shape []byte) {
	for {
		at := s.tail.Load()
		c := &s.slots[at&s.mask]
		switch turn := c.turn.Load(); {
		case turn == at:
			if !s.tail.CompareAndSwap(at, at+1) {
				continue
			}
			c.fill(e, shape)
			c.turn.Store(at + 1)
			if s.asleep.Load() {
				select {
				case s.wake <- struct{}{}:
				default:
				}
			}
			return
		case turn < at: // still holds what nobody took
			s.dropped.Add(1)
			return
		}
	}
}

// fill copies what an event has into memory of the slot.
func (c *slot) fill(e *gate.Event, shape []byte) {
	f := &c.fact
	rules, would := append(f.Rules[:0], e.Rules...), append(f.Would[:0], e.Would...)
	f.Event = *e
	f.Rules, f.Would, f.Series = rules, would, nil
	f.Shape = c.shape[:copy(c.shape[:], shape)]
}

// Take calls each with the facts that wait, the oldest first, and counts them. It
// is for one goroutine at a time.
func (s *Subscription) Take(each func(*Fact)) (n int) {
	for at := s.head.Load(); ; at++ {
		c := &s.slots[at&s.mask]
		if c.turn.Load() != at+1 {
			return n
		}
		each(&c.fact)
		s.head.Store(at + 1)
		c.turn.Store(at + uint64(len(s.slots)))
		n++
	}
}

// Dropped is how many events found no room.
func (s *Subscription) Dropped() uint64 { return s.dropped.Load() }

// Waiting is how many events wait.
func (s *Subscription) Waiting() int {
	head := s.head.Load() // first, so that no fewer than none wait
	return int(s.tail.Load() - head)
}

// pause is how long Run waits for more while events come: to be woken for each
// costs whoever puts them in.
const pause = 5 * time.Millisecond

// Run takes facts as they come, and calls tick in between at least as often as
// every says, until ctx ends; then it takes what waits and returns.
func (s *Subscription) Run(ctx context.Context, each func(*Fact), every time.Duration, tick func(now time.Time)) {
	beat := time.NewTicker(every)
	defer beat.Stop()
	rest := time.NewTimer(pause)
	defer rest.Stop()
	for ctx.Err() == nil {
		for s.Take(each) > 0 {
			rest.Reset(pause)
			select {
			case <-rest.C:
			case now := <-beat.C:
				tick(now)
			case <-ctx.Done():
			}
		}
		s.asleep.Store(true)
		if s.Waiting() > 0 { // came in between
			s.asleep.Store(false)
			continue
		}
		select {
		case <-s.wake:
		case now := <-beat.C:
			tick(now)
		case <-ctx.Done():
		}
		s.asleep.Store(false)
	}
	s.Take(each)
}
