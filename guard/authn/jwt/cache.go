package jwt

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// entry is a token that was verified: its signature and its claims are valid
// for this verifier, as long as its key is in the set and it has not expired.
// Nothing else is remembered of it. What a look-up reads stands together.
type entry struct {
	hash      uint64
	raw       []byte
	set       atomic.Pointer[jose.Set] // the last one that its key was seen in
	used      atomic.Int64             // when it was, seconds since 1970
	until     int64                    // seconds since 1970
	token     jose.Token
	principal gate.Principal
}

// current reports whether the key of e is still trusted.
func (e *entry) current(set *jose.Set) bool {
	switch {
	case e.set.Load() == set:
		return set != nil
	case set != nil && set.Has(e.token.Key):
		e.set.Store(set)
		return true
	}
	return false
}

// ways is how many places one token may stand at: their tags fill one line of
// the processor's cache.
const ways = 16

// cache is a table of fixed size. Reading takes no lock and writes nothing but,
// once a second, when an entry was used. A token is looked for by a hash that
// nobody outside can compute and is then compared whole.
type cache struct {
	seed  maphash.Seed
	sets  []set
	locks [64]sync.Mutex // of writers, by the number of the set
}

// set is where tokens of one hash may stand.
type set struct {
	tags    [ways]atomic.Uint32
	entries [ways]atomic.Pointer[entry]
}

// newCache makes a table that holds capacity tokens with hardly a collision: it
// has a quarter more places.
func newCache(capacity int) *cache {
	return &cache{seed: maphash.MakeSeed(), sets: make([]set, (capacity+capacity/4)/ways+1)}
}

// hashed is how many bytes of a token its hash is of: the last ones, which are
// of its signature, and differ when anything does. Who has tokens with the same
// end signed fills one set of the table and no more.
const hashed = 64

// at returns the number of the set of a hash.
func (c *cache) at(hash uint64) uint64 {
	at, _ := bits.Mul64(hash, uint64(len(c.sets)))
	return at
}

// tag is a part of a hash that does not choose the set.
func tag(hash uint64) uint32 { return uint32(hash) | 1 }

// find returns the entry of a token, and the hash under which to keep it.
func (c *cache) find(raw []byte, now int64) (*entry, uint64) {
	if c == nil {
		return nil, 0
	}
	hash := maphash.Bytes(c.seed, raw[max(0, len(raw)-hashed):])
	s, t := &c.sets[c.at(hash)], tag(hash)
	for i := range s.tags {
		if s.tags[i].Load() != t {
			continue
		}
		if e := s.entries[i].Load(); e != nil && e.hash == hash && same(e.raw, raw) {
			if e.used.Load() != now {
				e.used.Store(now)
			}
			return e, hash
		}
	}
	return nil, hash
}

// keep puts an entry in the place of one of the same token, of one that has
// expired or, when there is none, of the one that was not used for longest.
func (c *cache) keep(e *entry, now int64) {
	if c == nil {
		return
	}
	e.used.Store(now)
	at := c.at(e.hash)
	lock := &c.locks[at%uint64(len(c.locks))]
	lock.Lock()
	defer lock.Unlock()
	s, victim, oldest := &c.sets[at], 0, now+1
	for i := range s.entries {
		old := s.entries[i].Load()
		switch {
		case old != nil && old.hash == e.hash && same(old.raw, e.raw):
			victim, oldest = i, -2
		case oldest > -1 && (old == nil || old.until <= now):
			victim, oldest = i, -1
		case old != nil && old.used.Load() < oldest:
			victim, oldest = i, old.used.Load()
		}
	}
	s.entries[victim].Store(e)
	s.tags[victim].Store(tag(e.hash))
}

// same compares a token with a remembered one. The work does not depend on
// where they differ.
func same(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	var bits uint64
	for len(a) >= 32 && len(b) >= 32 {
		bits |= binary.LittleEndian.Uint64(a) ^ binary.LittleEndian.Uint64(b)
		bits |= binary.LittleEndian.Uint64(a[8:]) ^ binary.LittleEndian.Uint64(b[8:])
		bits |= binary.LittleEndian.Uint64(a[16:]) ^ binary.LittleEndian.Uint64(b[16:])
		bits |= binary.LittleEndian.Uint64(a[24:]) ^ binary.LittleEndian.Uint64(b[24:])
		a, b = a[32:], b[32:]
	}
	for i := range min(len(a), len(b)) {
		bits |= uint64(a[i] ^ b[i])
	}
	return bits == 0
}
