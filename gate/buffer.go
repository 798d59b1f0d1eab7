package gate

import "sync"

// Large buffers are pooled by class, so that bodies and answers of some size
// cost no memory anew each time. What the collector finds unused it frees.
const (
	smallClass  = 128 << 10
	middleClass = 512 << 10
	largeClass  = 2 << 20
)

var (
	smallBuffers  = sync.Pool{New: func() any { return new([smallClass]byte) }}
	middleBuffers = sync.Pool{New: func() any { return new([middleClass]byte) }}
	largeBuffers  = sync.Pool{New: func() any { return new([largeClass]byte) }}
)

// classOf is the size of the buffer that grab returns for size.
func classOf(size int) int {
	switch {
	case size <= maxKept || size > largeClass:
		return size
	case size <= smallClass:
		return smallClass
	case size <= middleClass:
		return middleClass
	}
	return largeClass
}

// grab returns an empty buffer of classOf(size) bytes.
func grab(size int) []byte {
	switch classOf(size) {
	case smallClass:
		return smallBuffers.Get().(*[smallClass]byte)[:0]
	case middleClass:
		return middleBuffers.Get().(*[middleClass]byte)[:0]
	case largeClass:
		return largeBuffers.Get().(*[largeClass]byte)[:0]
	}
	return make([]byte, 0, size)
}

// give takes back a buffer that grab returned; others it leaves to the
// collector.
func give(b []byte) {
	switch cap(b) {
	case smallClass:
		smallBuffers.Put((*[smallClass]byte)(b[:smallClass]))
	case middleClass:
		middleBuffers.Put((*[middleClass]byte)(b[:middleClass]))
	case largeClass:
		largeBuffers.Put((*[largeClass]byte)(b[:largeClass]))
	}
}

// grow returns a buffer of class size that holds what b does.
func grow(b []byte, size int) []byte {
	grown := append(grab(size), b...)
	give(b)
	return grown
}
