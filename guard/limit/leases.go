package limit

import (
	"sync"
	"sync/atomic"
)

// leases are those of one limit, by whose calls they are for. They are found
// without a lock; whoever adds or removes one locks the table.
type leases struct {
	rule    atomic.Pointer[Rule] // the latest of the limit
	buckets [leaseBuckets]atomic.Pointer[lease]

	mu   sync.Mutex
	keys atomic.Int64 // written under mu
}

const leaseBuckets = 1 << 14

func (t *leases) bucket(key [2]uint64) *atomic.Pointer[lease] {
	return &t.buckets[key[1]%leaseBuckets]
}

// find returns the lease of a key, or nil.
func (t *leases) find(key [2]uint64) *lease {
	for e := t.bucket(key).Load(); e != nil; e = e.next.Load() {
		if e.key == key {
			return e
		}
	}
	return nil
}

// add returns the lease of a key and makes one, or nil where there are most
// already.
func (t *leases) add(key [2]uint64, most int) *lease {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.find(key); e != nil {
		return e
	}
	if t.keys.Load() >= int64(most) {
		return nil
	}
	e, first := &lease{key: key}, t.bucket(key)
	e.next.Store(first.Load())
	first.Store(e)
	t.keys.Add(1)
	return e
}

// each calls do with all leases, and removes those of which it returns true.
func (t *leases) each(do func(*lease) (over bool)) {
	for i := range t.buckets {
		for e := t.buckets[i].Load(); e != nil; e = e.next.Load() {
			if do(e) {
				t.remove(e)
			}
		}
	}
}

// remove takes a lease out. Whoever has found it before sees that it is gone.
func (t *leases) remove(e *lease) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for at := t.bucket(e.key); at.Load() != nil; at = &at.Load().next {
		if at.Load() == e {
			at.Store(e.next.Load())
			t.keys.Add(-1)
			return
		}
	}
}
