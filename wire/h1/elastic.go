package h1

import "sync"

// elastic is a buffer that is large only while much comes.
type elastic struct {
	small [2 << 10]byte
	large *buffer
}

var elastics = sync.Pool{New: func() any { return new(elastic) }}

// room is what the next read may fill.
func (e *elastic) room() []byte {
	if e.large != nil {
		return e.large.bytes[:]
	}
	return e.small[:]
}

// took says how much came: as much as the small buffer holds takes a large one,
// and what would have fitted into it gives that back.
func (e *elastic) took(n int) {
	switch {
	case e.large == nil && n == len(e.small):
		e.large = buffers.Get()
	case e.large != nil && n < len(e.small):
		e.shrink()
	}
}

func (e *elastic) shrink() {
	if e.large != nil {
		buffers.Put(e.large)
		e.large = nil
	}
}

func (e *elastic) release() {
	e.shrink()
	elastics.Put(e)
}
