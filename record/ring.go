package record

import "sync/atomic"

// ring is a bounded queue of encoded lines for many producers and one
// consumer. A producer claims a slot with one compare-and-swap, writes into
// the slot's own buffer and publishes it; nobody waits and nothing is
// allocated once the buffers have grown. The slots' turn numbers follow
// Dmitry Vyukov's bounded queue.
type ring struct {
	slots []slot
	mask  uint64
	_     [48]byte // keeps the two ends on cache lines of their own
	tail  atomic.Uint64
	_     [56]byte
	head  uint64 // of the consumer alone
}

type slot struct {
	turn atomic.Uint64 // position: free for it; position+1: filled
	line []byte
}

// maxLine bounds the buffer that a slot keeps, in bytes.
const maxLine = 4 << 10

// newRing returns a ring of at least n slots.
func newRing(n int) *ring {
	size := 1
	for size < n {
		size *= 2
	}
	r := &ring{slots: make([]slot, size), mask: uint64(size - 1)}
	for i := range r.slots {
		r.slots[i].turn.Store(uint64(i))
	}
	return r
}

// claim returns a slot to fill and its position; nil when the ring is full.
func (r *ring) claim() (*slot, uint64) {
	for {
		at := r.tail.Load()
		s := &r.slots[at&r.mask]
		switch turn := s.turn.Load(); {
		case turn == at:
			if r.tail.CompareAndSwap(at, at+1) {
				return s, at
			}
		case turn < at: // still holds a line of the last round
			return nil, 0
		}
	}
}

// publish hands a claimed slot to the consumer.
func (s *slot) publish(at uint64) { s.turn.Store(at + 1) }

// next returns the oldest line, or nil when there is none. The line is valid
// until free.
func (r *ring) next() []byte {
	s := &r.slots[r.head&r.mask]
	if s.turn.Load() != r.head+1 {
		return nil
	}
	return s.line
}

// free gives the slot of the last next back.
func (r *ring) free() {
	s := &r.slots[r.head&r.mask]
	if cap(s.line) > maxLine {
		s.line = nil
	}
	s.turn.Store(r.head + uint64(len(r.slots)))
	r.head++
}
