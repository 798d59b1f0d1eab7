// Package lock counts credentials that were not valid, by the network that they
// came from, by the subject that they name and by themselves, and says who must
// wait. It is what guard/authn knows as gate.Locks; package serve makes one for
// the whole program. It imports gate for its words, and knows nothing of what a
// credential is: it keeps hashes by a key that no one else has.
//
// What is locked out is the guess, not its victim. A credential that was valid
// from a network before is let through there while the network is locked. A
// subject under attack is closed only to networks that have failed for it
// themselves: whoever comes from elsewhere with the right credential gets in,
// and an attacker with many addresses has one guess by each of them.
package lock

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Options say when somebody is locked out, and for how long. The zero value of
// each is its default.
type Options struct {
	Failures        int           // of one credential or subject within Window; default 10
	NetworkFailures int           // of one network within Window; default 50
	Window          time.Duration // default a minute
	First           time.Duration // the first lock; each further failure doubles it; default a second
	Longest         time.Duration // default 15 minutes
}

// Sizes of a table: some 4 MiB, whatever clients do.
const (
	ways     = 8
	sets     = 8192
	mutexes  = 256
	remember = 1 << 16
)

// Table is the counters. Nothing is ever allocated for a client.
type Table struct {
	options Options
	seed    maphash.Seed
	latest  atomic.Int64 // when the last lock ends, in Unix nanoseconds
	locks   atomic.Uint64

	mu    [mutexes]sync.Mutex // of the counters of every mutexes-th set
	slots []slot
	known []atomic.Uint64 // of credentials that were valid, with their networks
}

// slot counts one network, subject or credential.
type slot struct {
	key   atomic.Uint64 // 0 for none; written under mu
	until atomic.Int64  // locked until, in Unix nanoseconds; written under mu

	count int32 // guarded by mu, as what follows
	level int32 // of the next lock
	since int64 // the window began
	last  int64 // failure
}

// New returns an empty table.
func New(o Options) *Table {
	set(&o.Failures, 10)
	set(&o.NetworkFailures, 50)
	set(&o.Window, time.Minute)
	set(&o.First, time.Second)
	set(&o.Longest, 15*time.Minute)
	return &Table{options: o, seed: maphash.MakeSeed(), slots: make([]slot, sets*ways), known: make([]atomic.Uint64, remember)}
}

func set[T int | time.Duration](at *T, otherwise T) {
	if *at <= 0 {
		*at = otherwise
	}
}

var _ gate.Locks = (*Table)(nil)

// Active implements gate.Locks.
func (t *Table) Active(now time.Time) bool { return t.latest.Load() > now.UnixNano() }

// Locked implements gate.Locks. It takes no lock of its own.
func (t *Table) Locked(a gate.Attempt, now time.Time) time.Duration {
	network, at := networkOf(a.Client), now.UnixNano()
	end := int64(0)
	if len(a.Credential) > 0 {
		end = t.until(t.hash('c', a.Scheme, netip.Prefix{}, a.Credential))
		if h := t.hash('k', a.Scheme, network, a.Credential); end <= at && t.known[h%remember].Load() == h {
			return 0
		}
	}
	end = max(end, t.until(t.hash('n', "", network, nil)))
	if len(a.Subject) > 0 {
		if s := t.find(t.hash('p', a.Scheme, network, a.Subject)); s != nil {
			end = max(end, s.until.Load(), t.until(t.hash('s', a.Scheme, netip.Prefix{}, a.Subject)))
		}
	}
	return max(0, time.Duration(end-at))
}

// Failed implements gate.Locks.
func (t *Table) Failed(a gate.Attempt, what gate.Failure, now time.Time) {
	network := networkOf(a.Client)
	if what&gate.OfCredential != 0 && len(a.Credential) > 0 {
		t.bump(t.hash('c', a.Scheme, netip.Prefix{}, a.Credential), t.options.Failures, now)
		h := t.hash('k', a.Scheme, network, a.Credential)
		t.known[h%remember].CompareAndSwap(h, 0)
	}
	if what&gate.OfCaller == 0 {
		return
	}
	t.bump(t.hash('n', "", network, nil), t.options.NetworkFailures, now)
	if len(a.Subject) > 0 {
		t.bump(t.hash('p', a.Scheme, network, a.Subject), t.options.Failures, now)
		t.bump(t.hash('s', a.Scheme, netip.Prefix{}, a.Subject), t.options.Failures, now)
	}
}

// Succeeded implements gate.Locks. It forgives nothing of the network: with one
// good account an attacker could guess at others for ever.
func (t *Table) Succeeded(a gate.Attempt, _ time.Time) {
	network := networkOf(a.Client)
	if len(a.Credential) > 0 {
		h := t.hash('k', a.Scheme, network, a.Credential)
		t.known[h%remember].Store(h)
		t.forgive(t.hash('c', a.Scheme, netip.Prefix{}, a.Credential))
	}
	if len(a.Subject) > 0 {
		t.forgive(t.hash('p', a.Scheme, network, a.Subject))
		t.ease(t.hash('s', a.Scheme, netip.Prefix{}, a.Subject))
	}
}

// Count is how many locks there were.
func (t *Table) Count() uint64 { return t.locks.Load() }

// networkOf is the address of an IPv4 client and the /64 of an IPv6 one, of
// which one client has all addresses.
func networkOf(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.WithZone("").Prefix(bits)
	return p
}

// hash is never 0.
func (t *Table) hash(kind byte, scheme string, network netip.Prefix, text []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(t.seed)
	h.WriteByte(kind)
	h.WriteString(scheme)
	h.WriteByte(0)
	if network.IsValid() {
		address := network.Addr().As16()
		h.Write(address[:])
	}
	h.Write(text)
	return h.Sum64() | 1
}

func (t *Table) set(key uint64) (list []slot, mu *sync.Mutex) {
	n := key >> 1 % sets
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

func (t *Table) until(key uint64) int64 {
	if s := t.find(key); s != nil {
		return s.until.Load()
	}
	return 0
}

// forgive forgets what was counted for a key.
func (t *Table) forgive(key uint64) {
	s := t.find(key)
	if s == nil {
		return
	}
	_, mu := t.set(key)
	mu.Lock()
	defer mu.Unlock()
	if s.key.Load() == key {
		s.clear(0)
	}
}

// ease forgets what was counted for a key as long as it never was locked: a
// subject under attack stays one when its owner comes.
func (t *Table) ease(key uint64) {
	s := t.find(key)
	if s == nil {
		return
	}
	_, mu := t.set(key)
	mu.Lock()
	defer mu.Unlock()
	if s.key.Load() == key && s.level == 0 {
		s.clear(0)
	}
}

func (s *slot) clear(key uint64) {
	s.until.Store(0)
	s.key.Store(key)
	s.count, s.level, s.since, s.last = 0, 0, 0, 0
}

// bump counts a failure and locks where there are too many.
func (t *Table) bump(key uint64, most int, now time.Time) {
	list, mu := t.set(key)
	mu.Lock()
	defer mu.Unlock()
	at, window := now.UnixNano(), int64(t.options.Window)
	s := room(list, key, at)
	// For each window that was quiet the next lock is half as long.
	if quiet := at - max(s.last, s.until.Load()); s.level > 0 && quiet > 0 {
		s.level = max(0, s.level-int32(min(quiet/window, 64)))
	}
	if s.level == 0 && at-s.since > window {
		s.since, s.count = at, 0
	}
	s.count++
	s.last = at
	if s.level == 0 && int(s.count) < most {
		return
	}
	end := at + int64(t.wait(s.level))
	s.level = min(s.level+1, maxLevel)
	s.until.Store(end)
	for old := t.latest.Load(); old < end && !t.latest.CompareAndSwap(old, end); {
		old = t.latest.Load()
	}
	t.locks.Add(1)
}

// maxLevel is enough for any two times of Options.
const maxLevel = 40

// wait is how long a lock of a level is.
func (t *Table) wait(level int32) time.Duration {
	wait := t.options.First
	for range level {
		if wait >= t.options.Longest/2 {
			return t.options.Longest
		}
		wait *= 2
	}
	return min(wait, t.options.Longest)
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
		case oldest == nil || s.last < oldest.last: // an empty one never failed
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
