// Package spare holds the pools of what each exchange needs: its own memory,
// buffers, readers. Everyone who serves a request may import it; it knows
// nothing of them.
//
// sync.Pool alone frees what a cycle of the collector finds unused, and the
// next peak of requests makes it anew: at a steady rate of requests memory is
// made for ever. A Pool here keeps the first ones that were made, up to a
// bound, and leaves what goes beyond to sync.Pool.
package spare

import (
	"sync"
	"sync/atomic"
)

// most is how many of its objects a pool keeps for as long as it lives, and few
// are those that it makes with the first.
const most, few = 64, 15

// Mark is embedded in what a Pool holds. Its owner does not touch it.
type Mark struct{ busy uint32 } // 1 while somebody holds it

func (m *Mark) mark() *Mark { return m }

// Marked is a pointer to a struct that embeds Mark.
type Marked[T any] interface {
	*T
	mark() *Mark
}

// Pool hands out objects and takes them back. It takes no lock; its methods
// may be used by many goroutines at once. It must not be copied.
type Pool[T any, P Marked[T]] struct {
	New func() P // makes another one; new(T) when nil

	fast  sync.Pool // of P; may hold one that was taken from kept meanwhile
	kept  [most]atomic.Pointer[T]
	count atomic.Int32 // of kept, about
}

// Get returns an object that nobody else holds, in the state in which it was
// put or made.
func (p *Pool[T, P]) Get() P {
	for {
		o, ok := p.fast.Get().(P)
		if !ok {
			break
		}
		if take(o) {
			return o
		}
	}
	for i := range p.kept {
		if o := P(p.kept[i].Load()); o == nil {
			break
		} else if take(o) {
			return o
		}
	}
	return p.grow()
}

// Put takes o back. It panics when nobody holds o: somebody else would share it.
func (p *Pool[T, P]) Put(o P) {
	if atomic.SwapUint32(&o.mark().busy, 0) == 0 {
		panic("spare: put twice")
	}
	p.fast.Put(o)
}

func take[T any, P Marked[T]](o P) bool { return atomic.CompareAndSwapUint32(&o.mark().busy, 0, 1) }

// grow makes an object for its caller, and as many more as there are: so the peak
// of a load is had early, not one by one for as long as the load lasts.
func (p *Pool[T, P]) grow() P {
	have := p.count.Load()
	for range min(max(few, have), most-have) {
		p.keep(p.make())
	}
	o := p.make()
	take(o)
	p.keep(o)
	return o
}

func (p *Pool[T, P]) make() P {
	if p.New != nil {
		return p.New()
	}
	return new(T)
}

// keep keeps o where there is room: in the first place that is free, since Get
// looks no further than that.
func (p *Pool[T, P]) keep(o P) {
	for i := int(p.count.Load()); i < most; i++ {
		if p.kept[i].CompareAndSwap(nil, o) {
			p.count.Add(1)
			return
		}
	}
}
