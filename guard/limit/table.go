package limit

import (
	"sync"
	"sync/atomic"
	"time"
)

// shards of a table grow and are cleaned on their own, so that neither holds up
// more than a small part of the calls.
const shards = 256

// table has the counters of one limit: 64 bits for each key, in 16 bytes. It is
// read and counted in without a lock: one look-up, one compare-and-swap. A key
// that comes for the first time locks its shard, and so does the copying of a
// shard that is full: counters that are as good as new are left behind, and the
// rest gets more room while there are fewer than max. When there are not, a new
// key counts in a spare counter, which it shares with others that came too late:
// no counter that is in use is ever forgotten for it, so that nobody is freed of
// a limit by a flood of keys, and the flood is held by limits itself.
type table struct {
	idle   func(state uint64, now moment) bool // as good as new
	max    atomic.Int64                        // keys
	spare  [spares]atomic.Uint64
	shards [shards]shard
}

// spares are how many counters there are for keys without room.
const spares = 1024

type shard struct {
	slots   atomic.Pointer[[]slot]
	passed  atomic.Uint64
	refused atomic.Uint64
	crowded atomic.Uint64 // calls that counted in a spare counter
	failed  atomic.Uint64 // calls for which the shared counter could not be asked

	mu    sync.Mutex // above used and again
	used  int
	again int64    // time before which a full shard is not looked through again
	_     [64]byte // a cache line of its own
}

// slot is one counter. Its key is written last and never changes; 0 is none.
type slot struct{ key, state atomic.Uint64 }

// frozen is the state of a counter whose shard is being copied.
const frozen = 1<<64 - 1

// patience is how long a shard that is full of counters in use is not looked
// through again: looking takes time, and a flood could have it done for each key.
const patience = int64(time.Second) * fine

func newTable(idle func(uint64, moment) bool) *table {
	t := &table{idle: idle}
	none := []slot{}
	for i := range t.shards {
		t.shards[i].slots.Store(&none)
	}
	return t
}

func (t *table) shard(key [2]uint64) *shard { return &t.shards[uint8(key[1])] }

// mark makes a key differ from that of an empty slot.
func mark(key [2]uint64) uint64 { return key[0] | 1 }

// find returns the slot of a key, or nil.
func find(slots []slot, key uint64) *slot {
	if len(slots) == 0 {
		return nil
	}
	mask := uint64(len(slots) - 1)
	for i := key >> 8; ; i++ {
		s := &slots[i&mask]
		switch s.key.Load() {
		case key:
			return s
		case 0:
			return nil
		}
	}
}

// cell returns the counter of a key, and makes one. spare says that it is one for
// those without room.
func (t *table) cell(key [2]uint64, now moment) (c *atomic.Uint64, spare bool) {
	if s := find(*t.shard(key).slots.Load(), mark(key)); s != nil {
		return &s.state, false
	}
	if c := t.add(key, now); c != nil {
		return c, false
	}
	return t.spareOf(key), true
}

func (t *table) spareOf(key [2]uint64) *atomic.Uint64 { return &t.spare[key[1]>>8%spares] }

// known returns the counter that a call has counted in, nil when it is gone.
func (t *table) known(key [2]uint64, spare bool) *atomic.Uint64 {
	if spare {
		return t.spareOf(key)
	}
	if s := find(*t.shard(key).slots.Load(), mark(key)); s != nil {
		return &s.state
	}
	return nil
}

// thaw waits until a shard has been copied.
func (t *table) thaw(key [2]uint64) {
	sh := t.shard(key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
}

// add makes the counter of a key, or returns nil when there is no room.
func (t *table) add(key [2]uint64, now moment) *atomic.Uint64 {
	sh := t.shard(key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	slots := *sh.slots.Load()
	k := mark(key)
	if s := find(slots, k); s != nil {
		return &s.state
	}
	most := int(max(1, t.max.Load()/shards))
	if sh.used >= most || (sh.used+1)*4 > len(slots)*3 {
		if sh.used >= most && now.tick < sh.again {
			return nil
		}
		slots = t.copy(sh, slots, now)
		if sh.used >= most-most/16 {
			sh.again = now.tick + patience
		}
		if sh.used >= most {
			return nil
		}
	}
	sh.used++
	s := place(slots, k)
	s.key.Store(k)
	return &s.state
}

// place is the empty slot for a key that is not there.
func place(slots []slot, key uint64) *slot {
	mask := uint64(len(slots) - 1)
	for i := key >> 8; ; i++ {
		if s := &slots[i&mask]; s.key.Load() == 0 {
			return s
		}
	}
}

// copy makes a shard anew without the counters that are as good as new. Whoever
// counts in an old one meanwhile finds it frozen, and waits.
func (t *table) copy(sh *shard, old []slot, now moment) []slot {
	live := 0
	for i := range old {
		if old[i].key.Load() != 0 && !t.idle(old[i].state.Load(), now) {
			live++
		}
	}
	size := 8
	for size*5 < (live+1)*8 { // at most five eighths full
		size *= 2
	}
	fresh := make([]slot, size)
	sh.used = 0
	for i := range old {
		s := &old[i]
		k := s.key.Load()
		if k == 0 {
			continue
		}
		state := s.state.Swap(frozen)
		if t.idle(state, now) {
			continue
		}
		if (sh.used+2)*4 > size*3 { // others came to life since they were counted
			fresh, size = double(fresh)
		}
		to := place(fresh, k)
		to.state.Store(state)
		to.key.Store(k)
		sh.used++
	}
	sh.slots.Store(&fresh)
	return fresh
}

func double(old []slot) (fresh []slot, size int) {
	size = 2 * len(old)
	fresh = make([]slot, size)
	for i := range old {
		if k := old[i].key.Load(); k != 0 {
			to := place(fresh, k)
			to.state.Store(old[i].state.Load())
			to.key.Store(k)
		}
	}
	return fresh, size
}

// sweep gives back the memory of counters that are as good as new, where there
// are many.
func (t *table) sweep(now moment) {
	for i := range t.shards {
		sh := &t.shards[i]
		slots := *sh.slots.Load()
		idle := 0
		for i := range slots {
			if slots[i].key.Load() != 0 && t.idle(slots[i].state.Load(), now) {
				idle++
			}
		}
		sh.mu.Lock()
		if idle*4 > sh.used {
			t.copy(sh, *sh.slots.Load(), now)
		}
		sh.mu.Unlock()
	}
}

// keys counts the counters that there are.
func (t *table) keys() (n int) {
	for i := range t.shards {
		sh := &t.shards[i]
		sh.mu.Lock()
		n += sh.used
		sh.mu.Unlock()
	}
	return n
}
