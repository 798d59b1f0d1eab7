package spare_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/spare"
)

type thing struct {
	spare.Mark
	holders atomic.Int32
	bytes   [256]byte
}

// TestKept: what a pool has made it has after cycles of the collector too.
func TestKept(t *testing.T) {
	var made atomic.Int32
	p := spare.Pool[thing, *thing]{New: func() *thing { made.Add(1); return new(thing) }}
	peak := func(n int) {
		held := make([]*thing, n)
		for i := range held {
			held[i] = p.Get()
		}
		for _, o := range held {
			p.Put(o)
		}
	}
	peak(32)
	before := made.Load()
	if before < 32 || before > 64 {
		t.Errorf("32 at once took %d", before)
	}
	for range 5 {
		runtime.GC()
		runtime.GC()
		peak(32)
	}
	if n := made.Load() - before; n > 0 {
		t.Errorf("%d were made again", n)
	}
}

// TestBound: a peak beyond what is kept is served, and is not kept.
func TestBound(t *testing.T) {
	var alive atomic.Int32
	p := spare.Pool[thing, *thing]{New: func() *thing {
		alive.Add(1)
		o := new(thing)
		runtime.SetFinalizer(o, func(*thing) { alive.Add(-1) })
		return o
	}}
	func() {
		var held []*thing
		for range 500 {
			held = append(held, p.Get())
		}
		for _, o := range held {
			p.Put(o)
		}
	}()
	for range 50 {
		runtime.GC()
		if alive.Load() <= 64 {
			break
		}
		runtime.Gosched()
	}
	if n := alive.Load(); n < 32 || n > 64 {
		t.Errorf("%d are kept, want at most 64", n)
	}
	runtime.KeepAlive(&p)
}

// TestAlone: nobody gets what another one holds, whatever the collector does.
func TestAlone(t *testing.T) {
	var p spare.Pool[thing, *thing]
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			for i := range 2000 {
				o := p.Get()
				if o.holders.Add(1) != 1 {
					t.Error("two hold the same")
				}
				o.bytes[i%len(o.bytes)]++
				if i%500 == 0 {
					runtime.GC()
				} else if i%7 == 0 {
					runtime.Gosched()
				}
				o.holders.Add(-1)
				p.Put(o)
			}
		})
	}
	wg.Wait()
}

// TestTwice: what was put back cannot be put back again.
func TestTwice(t *testing.T) {
	var p spare.Pool[thing, *thing]
	o := p.Get()
	p.Put(o)
	defer func() {
		if recover() == nil {
			t.Error("it was taken twice")
		}
	}()
	p.Put(o)
}

func BenchmarkPool(b *testing.B) {
	b.Run("spare", func(b *testing.B) {
		var p spare.Pool[thing, *thing]
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				p.Put(p.Get())
			}
		})
	})
	b.Run("sync", func(b *testing.B) {
		p := sync.Pool{New: func() any { return new(thing) }}
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				p.Put(p.Get())
			}
		})
	})
}
