package owner

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
)

func numbered(n int) hash {
	return hash{uint64(n)*0x9e3779b97f4a7c15>>1 | 0x100, uint64(n)*0xbf58476d1ce4e5b9 + 1}.asOwner()
}

// TestTable holds the table against a map.
func TestTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	table, want := newTable(3000), map[hash]hash{}
	for range 200_000 {
		object, who := numbered(r.IntN(5000)), numbered(10_000+r.IntN(3))
		switch r.IntN(8) {
		case 0, 1:
			table.forget(object)
			delete(want, object)
		case 2:
			if table.set(object, who) == kept {
				want[object] = who
			} else if len(want) < 3000 {
				t.Fatal("no room too soon")
			} else {
				delete(want, object)
			}
		default:
			was, known := want[object]
			got := table.put(object, who)
			switch {
			case known && was != who && got != taken, known && was == who && got != kept, !known && len(want) < 3000 && got != kept, !known && len(want) == 3000 && got != full:
				t.Fatalf("put: %d, known %v, %d objects", got, known, len(want))
			case got == kept:
				want[object] = who
			}
		}
		if got := table.get(object); got != want[object] {
			t.Fatalf("%v, want %v", got, want[object])
		}
	}
	if int(table.count.Load()) != len(want) {
		t.Errorf("%d objects, want %d", table.count.Load(), len(want))
	}
	for object, who := range want {
		if table.get(object) != who {
			t.Fatal("an owner is lost")
		}
	}
}

// TestTableTogether reads while others write: an object that is never forgotten
// always has its owner.
func TestTableTogether(t *testing.T) {
	table := newTable(100_000)
	for i := range 1000 {
		table.put(numbered(i), numbered(-1))
	}
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for w := range 2 {
		writers.Go(func() {
			for i := range 20_000 {
				object := numbered(10_000 + w*50_000 + i%7000)
				table.put(object, numbered(-2))
				if i%3 == 0 {
					table.forget(object)
				}
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				if table.get(numbered(i%1000)) != numbered(-1) {
					t.Error("an owner is lost")
					return
				}
				if who := table.get(numbered(10_000 + i%7000)); who != (hash{}) && who != numbered(-2) {
					t.Errorf("an owner that nobody is: %v", who)
					return
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
}

// TestMemory: a million objects take well under 150 MB.
func TestMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	table := newTable(2_000_000)
	for i := range 1_000_000 {
		table.put(numbered(i), numbered(-1))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if used := (after.HeapAlloc - before.HeapAlloc) >> 20; used > 100 {
		t.Errorf("%d MiB", used)
	}
	runtime.KeepAlive(table)
	if n := testing.AllocsPerRun(100, func() { table.get(numbered(77)) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkTable looks objects up in no order, as hashes are.
func BenchmarkTable(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"1000", 1000}, {"1000000", 1_000_000}} {
		r := rand.New(rand.NewPCG(3, 4))
		table, objects := newTable(size.n), make([]hash, size.n)
		for i := range objects {
			objects[i] = hash{r.Uint64(), r.Uint64()}
			table.put(objects[i], numbered(-1))
		}
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if table.get(objects[i%size.n]) == (hash{}) {
					b.Fatal("lost")
				}
			}
		})
	}
}
