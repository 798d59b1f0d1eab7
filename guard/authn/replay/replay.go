// Package replay remembers what may be used once: the ids of proofs and the
// nonces of signatures. Verifiers below guard/authn import it; it knows nothing
// of what an id is the id of.
package replay

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// Outcome is what a Set says of an id. The zero outcome refuses.
type Outcome uint8

// The outcomes.
const (
	Full  Outcome = iota // nothing more can be remembered for the moment
	Seen                 // it was used before
	Fresh                // it was not, and is remembered from now on
)

// shards share the ids among locks. It is a power of two below 257.
const shards = 16

// DefaultCapacity is how many ids a Set remembers when nobody says.
const DefaultCapacity = 1 << 18

// Set remembers each id for as long as its proof could be accepted. It never
// forgets one earlier: when it is full it refuses new ones, since whoever can
// make it forget can use a proof twice. It is of one node and of memory: what
// was used before a restart, or at another node, it does not know. Many
// goroutines use it at once; the nil Set remembers nothing and is always full.
type Set struct {
	hold time.Duration
	most int // of one shard
	key  [16]byte
	part [shards]shard
}

type digest [16]byte

// shard keeps ids in the order in which they came, which is the order in which
// they are forgotten.
type shard struct {
	mu    sync.Mutex
	known map[digest]struct{} // guarded by mu, as what follows
	queue []entry             // a ring
	first int
	count int
}

type entry struct {
	id    digest
	until int64 // nanoseconds since 1970
}

// New returns a set of at most capacity ids, each remembered for hold. A
// capacity below one is DefaultCapacity.
func New(hold time.Duration, capacity int) *Set {
	if capacity < 1 {
		capacity = DefaultCapacity
	}
	s := &Set{hold: hold, most: (capacity + shards - 1) / shards}
	rand.Read(s.key[:]) // never fails
	return s
}

// Hold is how long an id is remembered.
func (s *Set) Hold() time.Duration { return s.hold }

// Use notes that id was used by owner at a time: the same id of another owner
// is another one. Times that come out of order, by some clocks of one machine,
// make an id stay longer and never shorter.
func (s *Set) Use(owner, id string, now time.Time) Outcome {
	if s == nil {
		return Full
	}
	d := s.digest(owner, id)
	return s.part[d[0]%shards].use(d, now.UnixNano(), s.hold, s.most)
}

// digest is keyed, so that nobody can choose ids of one shard, or two that are
// taken for one. The length of the owner keeps (a, bc) from being (ab, c).
func (s *Set) digest(owner, id string) digest {
	var room [256]byte
	b := append(room[:0], s.key[:]...)
	n := uint32(len(owner))
	b = append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	b = append(append(b, owner...), id...)
	sum := sha256.Sum256(b)
	return digest(sum[:16])
}

func (p *shard) use(d digest, now int64, hold time.Duration, most int) Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.count > 0 && p.queue[p.first].until < now {
		delete(p.known, p.queue[p.first].id)
		p.first = (p.first + 1) % len(p.queue)
		p.count--
	}
	if _, seen := p.known[d]; seen {
		return Seen
	}
	if p.count >= most {
		return Full
	}
	if p.count == len(p.queue) {
		p.grow(most)
	}
	if p.known == nil {
		p.known = make(map[digest]struct{})
	}
	p.known[d] = struct{}{}
	p.queue[(p.first+p.count)%len(p.queue)] = entry{d, now + int64(hold)}
	p.count++
	return Fresh
}

func (p *shard) grow(most int) {
	next := make([]entry, min(max(2*len(p.queue), 64), most))
	n := copy(next, p.queue[p.first:])
	copy(next[n:], p.queue[:p.first])
	p.queue, p.first = next, 0
}
