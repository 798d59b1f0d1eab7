// Package remember keeps what was found out of credentials, in bounded memory
// and without a lock. Verifiers below guard/authn import it; it knows nothing
// of what a credential is.
package remember

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"
)

// ways is how many places a text may stand in.
const ways = 4

// Table maps texts to values. A text is found by a keyed hash and compared as a
// whole. What does not fit any more drives out something else. Many goroutines
// use it at once.
type Table[T any] struct {
	seed  maphash.Seed
	slots []atomic.Pointer[entry[T]]
	turn  atomic.Uint32
}

type entry[T any] struct {
	hash  uint64
	text  string
	value T
}

// New returns a table of at least entries places, at least one.
func New[T any](entries int) *Table[T] {
	n := ways
	if entries > ways {
		n = 1 << bits.Len(uint(entries-1))
	}
	return &Table[T]{seed: maphash.MakeSeed(), slots: make([]atomic.Pointer[entry[T]], n)}
}

func (t *Table[T]) set(hash uint64) []atomic.Pointer[entry[T]] {
	at := int(hash&uint64(len(t.slots)/ways-1)) * ways
	return t.slots[at : at+ways]
}

// Get returns the value of a text, which is shared and not written to; nil
// when it is not known.
func (t *Table[T]) Get(text []byte) *T {
	hash := maphash.Bytes(t.seed, text)
	set := t.set(hash)
	for i := range set {
		if e := set[i].Load(); e != nil && e.hash == hash && e.text == string(text) {
			return &e.value
		}
	}
	return nil
}

// Put notes the value of a text, in place of the one before.
func (t *Table[T]) Put(text string, value T) {
	e := &entry[T]{maphash.String(t.seed, text), text, value}
	set := t.set(e.hash)
	free := -1
	for i := range set {
		switch old := set[i].Load(); {
		case old == nil:
			free = i
		case old.hash == e.hash && old.text == text:
			set[i].Store(e)
			return
		}
	}
	if free < 0 {
		free = int(t.turn.Add(1) % ways)
	}
	set[free].Store(e)
}

// Forget takes a text out.
func (t *Table[T]) Forget(text string) {
	hash := maphash.String(t.seed, text)
	set := t.set(hash)
	for i := range set {
		if e := set[i].Load(); e != nil && e.hash == hash && e.text == text {
			set[i].CompareAndSwap(e, nil)
		}
	}
}
