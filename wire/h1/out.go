package h1

import "sync"

// Rooms in which answers are put together. Most take a buffer. A body that is
// longer than that has more room, where the connection takes as much at once; a
// stream of events, which may last for hours and is silent most of the time,
// has less.
type (
	wide   [64<<10 + headRoom]byte
	narrow [4 << 10]byte
)

var (
	wides   = sync.Pool{New: func() any { return new(wide) }}
	narrows = sync.Pool{New: func() any { return new(narrow) }}
)

// borrow takes room for an answer with a body of that length, -1 when nobody
// knows it.
func (t *turn) borrow(length int64) {
	if length > writeBytes && t.conn.plain {
		w := wides.Get().(*wide)
		t.lent, t.out = w, w[:]
		return
	}
	b := buffers.Get().(*buffer)
	t.lent, t.out = b, b[:]
}

// shrink takes less room. What was in t.out was written.
func (t *turn) shrink() {
	t.giveBack()
	n := narrows.Get().(*narrow)
	t.lent, t.out = n, n[:]
}

func (t *turn) giveBack() {
	switch b := t.lent.(type) {
	case *buffer:
		buffers.Put(b)
	case *wide:
		wides.Put(b)
	case *narrow:
		narrows.Put(b)
	}
	t.lent, t.out = nil, nil
}
