package h1

import (
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// littleBytes is the room of a turn for an answer that is known to be small,
// and for a stream of events, which may last for hours and is silent most of
// the time. Of it minRead stay free behind the whole answer, so that its end is
// read without writing what is there first.
const littleBytes = 6 << 10

// wide is room for an answer with a long body, where the connection takes as
// much at once. Others take a buffer.
type wide struct {
	spare.Mark
	bytes [64<<10 + headRoom]byte
}

var wides spare.Pool[wide, *wide]

// borrow takes room for an answer with those fields and a body of that length,
// -1 when nobody knows it.
func (t *turn) borrow(fields []gate.Field, length int64) {
	switch {
	case length >= 0 && headBytes(fields)+length <= littleBytes-minRead:
		t.out = t.little[:]
	case length > writeBytes && t.conn.plain:
		w := wides.Get()
		t.lent, t.out = w, w.bytes[:]
	default:
		b := buffers.Get()
		t.lent, t.out = b, b.bytes[:]
	}
}

// headBytes bounds an answer's head, in bytes.
func headBytes(fields []gate.Field) int64 {
	n := 256 // the status, and what the gate adds
	for i := range fields {
		n += len(fields[i].Name) + len(fields[i].Value) + 4
	}
	return int64(n)
}

// shrink takes less room. What was in t.out was written.
func (t *turn) shrink() {
	t.giveBack()
	t.out = t.little[:]
}

func (t *turn) giveBack() {
	switch b := t.lent.(type) {
	case *buffer:
		buffers.Put(b)
	case *wide:
		wides.Put(b)
	}
	t.lent, t.out = nil, nil
}
