package owner

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// hash is a keyed hash of an object or of an owner. The zero hash of an owner
// is nobody.
type hash [2]uint64

func hashFrom(b []byte) hash {
	return hash{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
}

// turns is how many values the lowest byte has, which no hash of an owner uses:
// it counts how often the owner of a slot changed, so that a reader sees when
// the two halves that it read belong to different owners.
const turns = 0xff

// asOwner makes a hash one of an owner.
func (h hash) asOwner() hash { return hash{h[0]&^turns | (turns + 1), h[1]} }

func (h hash) bytes() (b [16]byte) {
	binary.LittleEndian.PutUint64(b[:], h[0])
	binary.LittleEndian.PutUint64(b[8:], h[1])
	return b
}

// shards of the table grow on their own, so that no growth holds up more than
// a small part of what is learned.
const shards = 256

// table says who owns an object. Reading it takes no lock and allocates
// nothing: slots are filled once, for one object, and a shard that grows is
// copied and swapped. Writing locks one shard.
type table struct {
	max    int64 // objects
	count  atomic.Int64
	shards [shards]shard
}

type shard struct {
	slots atomic.Pointer[[]slot]
	mu    sync.Mutex // above used
	used  int        // slots that are filled, also with objects that are gone
}

// slot is one object. Its two halves of the key are written last, second half
// first, and never change; those of the owner may.
type slot struct{ key0, key1, owner0, owner1 atomic.Uint64 }

func newTable(max int) *table {
	t := &table{max: int64(max)}
	for i := range t.shards {
		none := make([]slot, 0)
		t.shards[i].slots.Store(&none)
	}
	return t
}

// mark makes the first half of a key differ from that of an empty slot.
const mark = 1 << 63

func (t *table) shard(h hash) *shard { return &t.shards[uint8(h[1])] }

// find returns the slot of an object, or the empty one where it would stand:
// somebody may be filling that for another object.
func find(slots []slot, h hash) (s *slot, there bool) {
	mask := uint64(len(slots) - 1)
	for i := h[1] >> 8; ; i++ {
		s = &slots[i&mask]
		switch s.key0.Load() {
		case 0:
			return s, false
		case h[0] | mark:
			if s.key1.Load() == h[1] {
				return s, true
			}
		}
	}
}

// get returns who owns an object; the zero hash is nobody.
func (t *table) get(object hash) (owner hash) {
	slots := *t.shard(object).slots.Load()
	if len(slots) == 0 {
		return owner
	}
	if s, there := find(slots, object); there {
		return s.owner()
	}
	return owner
}

// owner reads who owns the object of a slot.
func (s *slot) owner() hash {
	for {
		first := s.owner0.Load()
		second := s.owner1.Load()
		switch {
		case first&^turns == 0:
			return hash{}
		case s.owner0.Load() == first:
			return hash{first, second}.asOwner()
		}
	}
}

// change writes who owns the object of a slot. The lock of the shard is held.
// While the halves do not belong together the first one is that of nobody, and
// each step is a turn.
func (s *slot) change(owner hash) {
	turn := s.owner0.Load() & turns
	s.owner0.Store((turn + 1) & turns)
	s.owner1.Store(owner[1])
	s.owner0.Store(owner[0]&^turns | (turn+2)&turns)
}

// outcome is what became of putting an owner into the table.
type outcome uint8

const (
	kept  outcome = iota // it is in the table
	taken                // somebody else owns it
	full                 // there is no room
)

// put keeps the owner of an object that nobody owns.
func (t *table) put(object, owner hash) outcome {
	sh := t.shard(object)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	slots := *sh.slots.Load()
	if len(slots) > 0 {
		if s, there := find(slots, object); there {
			switch s.owner() {
			case owner:
				return kept
			case hash{}:
			default:
				return taken
			}
			if t.count.Load() >= t.max {
				return full
			}
			s.change(owner)
			t.count.Add(1)
			return kept
		}
	}
	if t.count.Load() >= t.max {
		return full
	}
	if (sh.used+1)*4 > len(slots)*3 {
		slots = sh.grow(slots)
	}
	s, _ := find(slots, object)
	fill(s, object, owner)
	sh.used++
	t.count.Add(1)
	return kept
}

func fill(s *slot, object, owner hash) {
	s.owner0.Store(owner[0])
	s.owner1.Store(owner[1])
	s.key1.Store(object[1])
	s.key0.Store(object[0] | mark)
}

// grow makes room: a copy without the objects that are gone, larger when these
// were few.
func (sh *shard) grow(old []slot) []slot {
	live := 0
	for i := range old {
		if old[i].key0.Load() != 0 && old[i].owner() != (hash{}) {
			live++
		}
	}
	size := 8
	for size*5 < (live+1)*8 { // at most five eighths full
		size *= 2
	}
	fresh := make([]slot, size)
	for i := range old {
		s := &old[i]
		object, owner := hash{s.key0.Load(), s.key1.Load()}, s.owner()
		if object[0] != 0 && owner != (hash{}) {
			to, _ := find(fresh, object)
			fill(to, object, owner)
		}
	}
	sh.used = live
	sh.slots.Store(&fresh)
	return fresh
}

// forget makes an object nobody's.
func (t *table) forget(object hash) {
	sh := t.shard(object)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	slots := *sh.slots.Load()
	if len(slots) == 0 {
		return
	}
	if s, there := find(slots, object); there && s.owner() != (hash{}) {
		s.change(hash{})
		t.count.Add(-1)
	}
}

// set makes owner the owner of an object whoever it was before: the store has
// decided.
func (t *table) set(object, owner hash) outcome {
	if owner == (hash{}) {
		t.forget(object)
		return kept
	}
	for {
		o := t.put(object, owner)
		if o != taken {
			return o
		}
		t.forget(object)
	}
}
