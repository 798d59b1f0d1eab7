// Package count counts what fails, under keyed hashes, and says until when each
// key is locked: longer with each failure. Guards that watch guesses import it:
// guard/authn/lock for credentials that the gate judges, guard/login for those
// that the API judges. It imports nothing of ours and knows nothing of what a
// key stands for. Its memory is made once, whatever clients do.
package count

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Limits say when a key is locked, and for how long.
type Limits struct {
	Most    int           // failures within Window, at least 1
	Percent int           // of failures among failures and successes, below which nothing is locked; 0 for any
	Window  time.Duration // a quiet one halves the next lock
	First   time.Duration // the first lock; each further failure doubles it
	Longest time.Duration
}

const (
	ways    = 8
	mutexes = 256
)

// Table counts. Many goroutines may use it at once; what only asks takes no
// lock of its own.
type Table struct {
	seed   maphash.Seed
	sets   uint64
	latest atomic.Int64 // when the last lock ends, in Unix nanoseconds
	locks  atomic.Uint64

	mu    [mutexes]sync.Mutex // of the counters of every mutexes-th set
	slots []slot
}

// slot counts one key.
type slot struct {
	key   atomic.Uint64 // 0 for none; written under mu
	until atomic.Int64  // locked until, in Unix nanoseconds; written under mu

	count int32 // guarded by mu, as what follows
	good  int32 // successes within the window
	level int32 // of the next lock
	under int32 // attempts whose outcome is not known yet
	since int64 // the window began
	last  int64 // failure
}

// New returns an empty table with room for 8 keys in each of so many sets.
func New(sets int) *Table {
	return &Table{seed: maphash.MakeSeed(), sets: uint64(sets), slots: make([]slot, sets*ways)}
}

// Key is the hash of a text of a kind, of scope and of a network, which may be
// the zero one. It is never 0, and of this table alone.
func (t *Table) Key(kind byte, scope string, network netip.Prefix, text []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(t.seed)
	h.WriteByte(kind)
	h.WriteString(scope)
	h.WriteByte(0)
	if network.IsValid() {
		address := network.Addr().As16()
		h.Write(address[:])
	}
	h.Write(text)
	return h.Sum64() | 1
}

// Join is the key of two keys together.
func (t *Table) Join(kind byte, a, b uint64) uint64 {
	return maphash.Comparable(t.seed, [3]uint64{uint64(kind), a, b}) | 1
}

// Network is the address of an IPv4 client and the /64 of an IPv6 one, of which
// one client has all addresses.
func Network(a netip.Addr) netip.Prefix { return prefix(a, 32, 64) }

// Wide is the network around it: /24 of IPv4, /48 of IPv6.
func Wide(a netip.Addr) netip.Prefix { return prefix(a, 24, 48) }

func prefix(a netip.Addr, four, six int) netip.Prefix {
	a = a.Unmap()
	bits := four
	if a.Is6() {
		bits = six
	}
	p, _ := a.WithZone("").Prefix(bits)
	return p
}

// Active reports whether anything is locked.
func (t *Table) Active(now time.Time) bool { return t.latest.Load() > now.UnixNano() }

// Locks is how many locks there were.
func (t *Table) Locks() uint64 { return t.locks.Load() }

// Until is until when a key is locked, in Unix nanoseconds, and whether
// anything is counted of it.
func (t *Table) Until(key uint64) (end int64, counted bool) {
	if s := t.find(key); s != nil {
		return s.until.Load(), true
	}
	return 0, false
}

func (t *Table) set(key uint64) (list []slot, mu *sync.Mutex) {
	n := key >> 1 % t.sets
	return t.slots[n*ways : (n+1)*ways], &t.mu[n%mutexes]
}

// find returns the slot of a key, nil when nothing is counted for it.
func (t *Table) find(key uint64) *slot {
	list, _ := t.set(key)
	for i := range list {
		if list[i].key.Load() == key {
			return &list[i]
		}
	}
	return nil
}

// change calls f with the slot of a key, where there is one.
func (t *Table) change(key uint64, f func(*slot)) {
	s := t.find(key)
	if s == nil {
		return
	}
	_, mu := t.set(key)
	mu.Lock()
	defer mu.Unlock()
	if s.key.Load() == key {
		f(s)
	}
}

// Forgive forgets what was counted for a key.
func (t *Table) Forgive(key uint64) { t.change(key, forgive) }

func forgive(s *slot) {
	if s.under == 0 {
		s.clear(0)
		return
	}
	s.until.Store(0)
	s.count, s.level = 0, 0
}

// Ease forgets what was counted for a key as long as it never was locked: what
// is under attack stays so when its owner comes.
func (t *Table) Ease(key uint64) {
	t.change(key, func(s *slot) {
		if s.level == 0 {
			forgive(s)
		}
	})
}

func (s *slot) clear(key uint64) {
	s.until.Store(0)
	s.key.Store(key)
	s.count, s.good, s.level, s.under, s.since, s.last = 0, 0, 0, 0, 0, 0
}

// Bump counts a failure and reports whether that locks the key.
func (t *Table) Bump(key uint64, l *Limits, now time.Time) bool {
	list, mu := t.set(key)
	mu.Lock()
	defer mu.Unlock()
	at := now.UnixNano()
	s := settled(list, key, at, l.Window)
	s.count++
	s.last = at
	if s.level == 0 && int(s.count) < l.Most || l.Percent > 0 && int64(s.count)*100 < int64(l.Percent)*(int64(s.count)+int64(s.good)) {
		return false
	}
	end := at + int64(l.wait(s.level))
	s.level = min(s.level+1, maxLevel)
	s.until.Store(end)
	for old := t.latest.Load(); old < end && !t.latest.CompareAndSwap(old, end); {
		old = t.latest.Load()
	}
	t.locks.Add(1)
	return true
}

// Good counts a success beside the failures of a key.
func (t *Table) Good(key uint64, l *Limits, now time.Time) {
	list, mu := t.set(key)
	mu.Lock()
	defer mu.Unlock()
	at := now.UnixNano()
	s := settled(list, key, at, l.Window)
	s.good++
}

// settle lets time pass: for each window that was quiet the next lock is half
// as long, and a new window begins when the one before is over.
func (s *slot) settle(at, window int64) {
	if quiet := at - max(s.last, s.until.Load()); s.level > 0 && quiet > 0 {
		s.level = max(0, s.level-int32(min(quiet/window, 64)))
	}
	if s.level == 0 && at-s.since > window {
		s.since, s.count, s.good = at, 0, 0
	}
}

// Add counts something that is no failure, and returns how often it was within
// the window.
func (t *Table) Add(key uint64, window time.Duration, now time.Time) int {
	list, mu := t.set(key)
	mu.Lock()
	defer mu.Unlock()
	at := now.UnixNano()
	s := settled(list, key, at, window)
	if s.count < 1<<30 {
		s.count++
	}
	s.last = at
	return int(s.count)
}

// Enter notes an attempt whose outcome is to come, and reports false when those
// under way, with the failures that count, leave no room: otherwise as many as
// are made at once would all be made before the first has failed. Leave takes
// it back.
func (t *Table) Enter(key uint64, l *Limits, now time.Time) bool {
	list, mu := t.set(key)
	mu.Lock()
	defer mu.Unlock()
	at := now.UnixNano()
	s := settled(list, key, at, l.Window)
	if s.under > 0 && int(min(s.count, int32(l.Most)-1)+s.under) >= l.Most {
		return false
	}
	s.under++
	return true
}

// Leave is the end of an attempt that was let enter.
func (t *Table) Leave(key uint64) {
	t.change(key, func(s *slot) { s.under = max(0, s.under-1) })
}

// maxLevel is enough for any two times of Limits.
const maxLevel = 40

// wait is how long a lock of a level is.
func (l *Limits) wait(level int32) time.Duration {
	wait := l.First
	for range level {
		if wait >= l.Longest/2 {
			return l.Longest
		}
		wait *= 2
	}
	return min(wait, l.Longest)
}

// settled is the slot of a key, with what has aged taken out of it.
func settled(list []slot, key uint64, at int64, window time.Duration) *slot {
	s := room(list, key, at)
	s.settle(at, int64(window))
	return s
}

// room finds the slot of a key, or makes room: of an empty one, else of that
// which failed longest ago and is not locked, else of that which is locked for
// the shortest time still.
func room(list []slot, key uint64, at int64) *slot {
	var oldest, shortest *slot
	for i := range list {
		s := &list[i]
		switch {
		case s.key.Load() == key:
			return s
		case s.until.Load() > at:
			if shortest == nil || s.until.Load() < shortest.until.Load() {
				shortest = s
			}
		case oldest == nil || s.age() < oldest.age(): // an empty one never failed
			oldest = s
		}
	}
	s := oldest
	if s == nil {
		s = shortest
	}
	s.clear(key)
	s.since = at
	return s
}

// age orders slots that may go: empty ones, then by when they were used.
func (s *slot) age() int64 {
	if s.key.Load() == 0 {
		return 0
	}
	return max(s.last, s.since)
}
