package record

import "sync/atomic"

// ring is a bounded queue of encoded lines for many producers and one
// consumer. A producer claims a slot with one compare-and-swap, gets a buffer
// with another, writes into it and publishes the slot; nobody waits and nothing
// is allocated once the buffers have grown. The slots' turn numbers follow
// Dmitry Vyukov's bounded queue.
type ring struct {
	slots   []slot
	mask    uint64
	buffers [][]byte // as many as slots; each with its slot, or idle
	idle    stack
	_       [48]byte // keeps the two ends on cache lines of their own
	tail    atomic.Uint64
	_       [56]byte
	head    uint64 // of the consumer alone
}

type slot struct {
	turn   atomic.Uint64 // position: free for it; position+1: filled
	line   []byte
	buffer uint32       // that line is in
	told   chan<- error // hears what became of the line; nil for nobody
}

// maxLine bounds the buffer that a slot keeps, in bytes.
const maxLine = 4 << 10

// newRing returns a ring of at least n slots.
func newRing(n int) *ring {
	size := 1
	for size < n {
		size *= 2
	}
	r := &ring{slots: make([]slot, size), mask: uint64(size - 1), buffers: make([][]byte, size)}
	r.idle.fill(size)
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
				s.buffer = r.idle.pop()
				s.line = r.buffers[s.buffer][:0]
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

// told takes out who hears what became of the line of the last next; nil for
// nobody.
func (r *ring) told() chan<- error {
	s := &r.slots[r.head&r.mask]
	told := s.told
	if told != nil {
		s.told = nil
	}
	return told
}

// free gives the slot of the last next back.
func (r *ring) free() {
	s := &r.slots[r.head&r.mask]
	if cap(s.line) > maxLine {
		s.line = nil
	}
	r.buffers[s.buffer], s.line = s.line, nil
	r.idle.push(s.buffer) // before the slot is free, so that who claims one finds a buffer
	s.turn.Store(r.head + uint64(len(r.slots)))
	r.head++
}

// stack are the numbers of buffers that nobody has. The last one that was given
// back is the first to be taken: it is still in the processor's caches, and of
// many buffers only as many are ever used as lines wait at a time.
type stack struct {
	next []atomic.Uint32
	_    [56]byte
	top  atomic.Uint64 // the number, and above it how often it has changed
	_    [56]byte
}

// fill begins with n numbers, 0 on top.
func (s *stack) fill(n int) {
	s.next = make([]atomic.Uint32, n)
	for i := range s.next {
		s.next[i].Store(uint32(i + 1))
	}
}

// pop takes a number. There must be one.
func (s *stack) pop() uint32 {
	for {
		top := s.top.Load()
		n := uint32(top)
		if s.top.CompareAndSwap(top, (top>>32+1)<<32|uint64(s.next[n].Load())) {
			return n
		}
	}
}

// push gives a number back.
func (s *stack) push(n uint32) {
	for {
		top := s.top.Load()
		s.next[n].Store(uint32(top))
		if s.top.CompareAndSwap(top, (top>>32+1)<<32|uint64(n)) {
			return
		}
	}
}
