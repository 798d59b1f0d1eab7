package apikey

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

// id is that of a key.
type id [apikey.IDLength]byte

// entry is one key. What is not atomic never changes, but for known: a key that
// changes gets a new entry. What every call looks at stands together in front:
// with many keys, what takes time is memory that the processor has not at hand.
type entry struct {
	state     atomic.Uint32 // of known
	length    uint8         // of known
	bound     bool          // operations or addresses say something
	expires   int64         // milliseconds since 1970, 0 for never
	revoked   int64
	used      atomic.Int64 // when its use was last noted, in seconds since 1970
	principal *gate.Principal
	// known is the text of the key once it has matched: to hash it again would
	// take longer than everything else.
	known [apikey.Longest]byte

	hash       [sha256.Size]byte
	pepper     *apikey.Pepper // nil when it is not among those that are known
	operations []string
	addresses  []netip.Prefix
}

// The states of known.
const (
	empty = iota
	writing
	written
)

func (e *entry) id() string { return e.principal.Serial }

// same reports whether raw is the key that has matched before.
func (e *entry) same(raw []byte) bool {
	return e.state.Load() == written && subtle.ConstantTimeCompare(e.known[:e.length], raw) == 1
}

// matches reports whether raw is the key, and remembers it when it is.
func (e *entry) matches(raw []byte) bool {
	if e.pepper == nil || !e.pepper.Matches(&e.hash, raw) {
		return false
	}
	e.remember(raw)
	return true
}

func (e *entry) remember(raw []byte) {
	if len(raw) <= len(e.known) && e.state.CompareAndSwap(empty, writing) {
		e.length = uint8(copy(e.known[:], raw))
		e.state.Store(written)
	}
}

// shards is how many parts the index has. A change copies one of them.
const shards = 512

// index finds keys by id. Readers take no lock; one goroutine writes.
type index struct {
	shards [shards]atomic.Pointer[table]
}

func (x *index) init() {
	for i := range x.shards {
		x.shards[i].Store(newTable(0))
	}
}

// shard spreads ids, which are random.
func shard(k []byte) uint32 {
	return binary.LittleEndian.Uint32(k) * 0x9E3779B1 >> 23 // 9 bits
}

// get returns the entry of an id of apikey.IDLength bytes, or nil.
func (x *index) get(k []byte) *entry { return x.shards[shard(k)].Load().get(k) }

// put takes over entries; whole says that there are no others.
func (x *index) put(list []*entry, whole bool) {
	var come [shards][]*entry
	for _, e := range list {
		at := shard([]byte(e.id()))
		come[at] = append(come[at], e)
	}
	for i, more := range come {
		before := x.shards[i].Load()
		switch {
		case whole:
			before = newTable(0)
		case more == nil:
			continue
		}
		next := newTable(before.count + len(more))
		for _, s := range before.slots {
			if s.entry != nil {
				next.put(s.entry)
			}
		}
		for _, e := range more {
			next.put(e)
		}
		x.shards[i].Store(next)
	}
}

// table is a hash table with open addressing, at most half full: one look finds
// a key. It never changes once it is in an index.
type table struct {
	slots []slot // a power of two
	count int
}

type slot struct {
	id    id
	entry *entry // nil for a free slot
}

// newTable returns one for up to n entries.
func newTable(n int) *table {
	size := 2
	for size < 2*n {
		size *= 2
	}
	return &table{slots: make([]slot, size)}
}

// home is where an id stands, or what stands in its way begins.
func (t *table) home(k []byte) int {
	return int(binary.LittleEndian.Uint32(k[4:])*0x85EBCA6B>>8) & (len(t.slots) - 1)
}

func (t *table) get(k []byte) *entry {
	for at := t.home(k); ; at = (at + 1) & (len(t.slots) - 1) {
		s := &t.slots[at]
		if s.entry == nil || s.id == id(k) {
			return s.entry
		}
	}
}

func (t *table) put(e *entry) {
	k := []byte(e.id())
	for at := t.home(k); ; at = (at + 1) & (len(t.slots) - 1) {
		s := &t.slots[at]
		if s.entry == nil {
			t.count++
		} else if s.id != id(k) {
			continue
		}
		*s = slot{id(k), e}
		return
	}
}

// words keeps one copy of lists that many keys have.
type words map[string][]string

func (w words) one(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	size := 0
	for _, s := range list {
		size += len(s) + 1
	}
	name := make([]byte, 0, size)
	for _, s := range list {
		name = append(append(name, s...), '\n')
	}
	if known, ok := w[string(name)]; ok {
		return known
	}
	w[string(name)] = list
	return list
}

// text keeps one copy of a text that many keys have.
func (w words) text(s string) string {
	if s == "" {
		return ""
	}
	return w.one([]string{s})[0]
}

// entry makes one of a row; nil for one whose id no key can have.
func (v *Verifier) entry(k *store.Key, w words) *entry {
	if len(k.ID) != apikey.IDLength || len(k.Hash) != sha256.Size {
		return nil
	}
	e := &entry{expires: milli(k.Expires), revoked: milli(k.Revoked), bound: len(k.Operations) > 0 || len(k.Addresses) > 0, operations: w.one(k.Operations), addresses: k.Addresses}
	copy(e.hash[:], k.Hash)
	for _, p := range v.options.Peppers {
		if p.ID() == k.Pepper {
			e.pepper = p
		}
	}
	slices.Sort(k.Scopes)
	slices.Sort(k.Roles)
	e.principal = &gate.Principal{
		ID: k.Issuer + "|" + k.Subject, Credential: v.options.Name, Kind: gate.Program, Serial: k.ID,
		Issuer: w.text(k.Issuer), Client: w.text(k.Client), Tenant: w.text(k.Tenant),
		Scopes: w.one(slices.Compact(k.Scopes)), Roles: w.one(slices.Compact(k.Roles)), Issued: k.Created, Expires: k.Expires,
	}
	e.principal.Subject = e.principal.ID[len(k.Issuer)+1:]
	e.used.Store(k.Used.Unix())
	if before := v.index.get([]byte(k.ID)); before != nil && before.hash == e.hash && before.pepper == e.pepper {
		if before.state.Load() == written { // it is the same key
			e.remember(before.known[:before.length])
		}
	}
	return e
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
