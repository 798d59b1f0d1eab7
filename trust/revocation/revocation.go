// Package revocation knows which credentials were taken back before they
// expired: single ones, those of a session, of a subject, of a client, or all
// that one entry of gatehouse.yaml vouches for. It is asked for every request
// and takes no lock then. The engine of guard/authn asks it, through an
// interface of gate; who takes credentials back fills it. It imports gate, and
// knows nothing of stores or of the network.
package revocation

import (
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Kind is what a revocation names. The zero kind names nothing.
type Kind uint8

// The kinds.
const (
	None       Kind = iota
	Serial          // one credential: jti, or the id of a key
	Session         // sid
	Subject         // all that was issued to a subject
	Client          // all that was issued to a client
	Credential      // all that one entry of gatehouse.yaml vouches for
	kinds
)

// Revocation makes credentials void.
type Revocation struct {
	Kind   Kind
	Issuer string // whose word is taken back; "" for everybody's, and for the kind Credential
	Name   string // of what Kind says
	// Before is the moment: what was issued until then is void, and so is what
	// does not say when it was issued; zero for now. Of a Serial it is of no
	// account.
	Before time.Time
	// SameClock says that Before is by the clock which says when something was
	// issued. Otherwise that one may be ahead, and what could have been issued
	// until then is void as well: a token too few is had anew, and one too many is
	// an open door.
	SameClock bool
	// Until is when everything that it concerns has expired, so that it is
	// forgotten; zero for never.
	Until time.Time
}

// Bounds.
const (
	DefaultCapacity = 200_000
	maxName         = 1024 // bytes
	shards          = 256
)

// Errors of Revoke.
var (
	ErrFull = errors.New("revocation: there is no room for another one; what has lapsed was forgotten already")
	ErrName = errors.New("revocation: it names nothing, or has a name of more than 1024 bytes")
)

// Table holds revocations in memory. Nothing is evicted for want of room: a
// credential that was taken back would be good again.
type Table struct {
	seed     maphash.Seed
	capacity int64
	version  atomic.Uint64 // of the state, unique in the process; above zero
	counts   [kinds]atomic.Int64
	count    atomic.Int64
	missing  atomic.Int64
	waiting  atomic.Bool  // for what was revoked before
	stale    atomic.Int64 // how old what is known may be, in nanoseconds; 0 for any age
	fresh    atomic.Int64 // when it was all there was, in Unix nanoseconds

	mu     sync.Mutex // of writers
	shards [shards]atomic.Pointer[map[key]times]
}

type key struct {
	kind         Kind
	issuer, name string
}

type times struct {
	before, until time.Time
	sameClock     bool
}

var versions atomic.Uint64 // of all tables, so that no two states have one number

// New returns an empty table for at most capacity revocations; 0 is
// DefaultCapacity.
func New(capacity int) *Table {
	if capacity <= 0 {
		capacity = DefaultCapacity
	}
	t := &Table{seed: maphash.MakeSeed(), capacity: int64(capacity)}
	t.version.Store(versions.Add(1))
	for i := range t.shards {
		t.shards[i].Store(&map[key]times{})
	}
	return t
}

var _ gate.Revocations = (*Table)(nil)

// Await says that what was revoked before is still to come; Loaded that it has.
func (t *Table) Await() { t.waiting.Store(true) }

// Loaded ends what Await began.
func (t *Table) Loaded() { t.waiting.Store(false) }

// Limit says how long what is known is taken for all there is behind the last
// call of Fresh; 0 for ever, for a table that nobody else writes.
func (t *Table) Limit(stale time.Duration) { t.stale.Store(int64(stale)) }

// Fresh says that at a time everything was known.
func (t *Table) Fresh(at time.Time) { t.fresh.Store(at.UnixNano()) }

// Known implements gate.Revocations.
func (t *Table) Known(now time.Time) bool {
	if t.waiting.Load() {
		return false
	}
	stale := t.stale.Load()
	return stale == 0 || now.UnixNano()-t.fresh.Load() <= stale
}

// Revoke makes credentials void from the next request on. One that is there
// already only grows: the later times of both count. At capacity it is ErrFull,
// and the caller must say so: the credential stays good.
func (t *Table) Revoke(r Revocation, now time.Time) error {
	if r.Kind == None || r.Kind >= kinds || r.Name == "" || len(r.Name) > maxName || len(r.Issuer) > maxName {
		return ErrName
	}
	if r.Before.IsZero() {
		r.Before = now
	}
	k := key{r.Kind, r.Issuer, r.Name}
	if r.Kind == Credential {
		k.issuer = ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.shard(k)
	before, known := (*at.Load())[k]
	if !known && t.count.Load() >= t.capacity {
		if t.forget(now); t.count.Load() >= t.capacity {
			return ErrFull
		}
	}
	with := times{r.Before, r.Until, r.SameClock}
	if known {
		with = before.later(with)
	}
	t.rewrite(at, now, func(m map[key]times) {
		m[k] = with
	})
	return nil
}

// Room reports whether Revoke would take a revocation over.
func (t *Table) Room(kind Kind, issuer, name string, now time.Time) bool {
	k := key{kind, issuer, name}
	if kind == Credential {
		k.issuer = ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := (*t.shard(k).Load())[k]; known || t.count.Load() < t.capacity {
		return true
	}
	t.forget(now)
	return t.count.Load() < t.capacity
}

func (a times) later(b times) times {
	if a.before.After(b.before) {
		b.before = a.before
	}
	if a.until.IsZero() || !b.until.IsZero() && a.until.After(b.until) {
		b.until = a.until
	}
	b.sameClock = a.sameClock && b.sameClock
	return b
}

// Lift takes a revocation back.
func (t *Table) Lift(kind Kind, issuer, name string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := key{kind, issuer, name}
	t.rewrite(t.shard(k), now, func(m map[key]times) { delete(m, k) })
}

// forget drops what has lapsed, everywhere.
func (t *Table) forget(now time.Time) {
	for i := range t.shards {
		t.rewrite(&t.shards[i], now, func(map[key]times) {})
	}
}

// rewrite copies a shard without what has lapsed, changes the copy and puts it
// in its place. The caller holds mu.
func (t *Table) rewrite(at *atomic.Pointer[map[key]times], now time.Time, change func(map[key]times)) {
	old := *at.Load()
	next := make(map[key]times, len(old)+1)
	for k, v := range old {
		if v.until.IsZero() || now.Before(v.until) {
			next[k] = v
		}
	}
	change(next)
	// A kind must not look empty while it has something: the counts come first
	// where they grow, and the version last, so that nobody remembers an answer
	// of the state before under the number of the one behind.
	var delta [kinds]int64
	for k := range next {
		delta[k.kind]++
	}
	for k := range old {
		delta[k.kind]--
	}
	for kind, n := range delta {
		t.count.Add(n)
		if n > 0 {
			t.counts[kind].Add(n)
		}
	}
	at.Store(&next)
	for kind, n := range delta {
		if n < 0 {
			t.counts[kind].Add(n)
		}
	}
	t.version.Store(versions.Add(1))
}

func (t *Table) shard(k key) *atomic.Pointer[map[key]times] {
	return &t.shards[maphash.Comparable(t.seed, k)%shards]
}

// Revoked implements gate.Revocations. A principal that was asked for in the
// same state costs one comparison.
func (t *Table) Revoked(p *gate.Principal, _ time.Time) bool {
	version := t.version.Load()
	if p.Cleared(version) {
		return false
	}
	if t.covers(Serial, p.Issuer, p.Serial, p) || t.covers(Session, p.Issuer, p.Session, p) || t.covers(Subject, p.Issuer, p.Subject, p) ||
		t.covers(Client, p.Issuer, p.Client, p) || t.covers(Credential, "", p.Credential, p) {
		return true
	}
	p.Clear(version)
	return false
}

// covers reports whether a revocation of a name makes p void: of its issuer, or
// of any.
func (t *Table) covers(kind Kind, issuer, name string, p *gate.Principal) bool {
	if name == "" || t.counts[kind].Load() == 0 {
		return false
	}
	return t.voids(key{kind, issuer, name}, p) || issuer != "" && t.voids(key{kind, "", name}, p)
}

func (t *Table) voids(k key, p *gate.Principal) bool {
	r, ok := (*t.shard(k).Load())[k]
	if !ok || k.kind == Serial || p.Issued.IsZero() {
		return ok
	}
	issued := p.Issued
	if !r.sameClock {
		issued = issued.Add(-p.Skew)
	}
	return !issued.After(r.before)
}

// Len is how many revocations there are; those that have lapsed may be counted.
func (t *Table) Len() int { return int(t.count.Load()) }

// Missed says how many revocations there are that found no room.
func (t *Table) Missed(n int) { t.missing.Store(int64(n)) }

// Missing is what Missed said last.
func (t *Table) Missing() int { return int(t.missing.Load()) }
