//go:build !race

package apikey_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// many opens a house with n keys and returns the texts of them.
func many(t testing.TB, n int) (*house, [][]byte) {
	t.Helper()
	h := open(t)
	texts := make([][]byte, n)
	for i := range n {
		text, k := made(pepper, "live")
		k.Subject, k.Changed = fmt.Sprint("caller ", i), int64(i+1)
		texts[i] = text
		h.list = append(h.list, k)
	}
	h.catchUp(t, now)
	h.list = nil
	return h, texts
}

func TestAllocations(t *testing.T) {
	h, texts := many(t, 1000)
	x, use, i := exchange(now), new(gate.Use), 0
	for _, s := range texts {
		h.Verify(x, use, s)
	}
	stranger, _ := made(pepper, "live")
	if n := testing.AllocsPerRun(1000, func() {
		if _, why := h.Verify(x, use, texts[i%len(texts)]); why != nil {
			t.Error(why)
		}
		h.Verify(x, use, stranger)
		i++
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestLookup holds a key that was seen before, among 100,000 of which some are
// used far more often than others, to half a microsecond: in the best of many
// rounds, since the machine may be busy.
func TestLookup(t *testing.T) {
	const keys, calls, most = 100_000, 2000, 500 * time.Nanosecond
	h, texts := many(t, keys)
	x, use := exchange(now), new(gate.Use)
	for _, s := range texts {
		h.Verify(x, use, s)
	}
	z := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, keys-1)
	best := time.Hour
	for range 200 {
		var round [][]byte
		for range calls {
			round = append(round, slices.Clone(texts[z.Uint64()]))
		}
		begun := time.Now()
		for _, s := range round {
			h.Verify(x, use, s)
		}
		best = min(best, time.Since(begun)/calls)
	}
	t.Logf("%v a key", best)
	if best > most {
		t.Errorf("%v a key, at most %v", best, most)
	}
}

// TestMemory holds 100,000 keys, each of which was used, to what they may take.
func TestMemory(t *testing.T) {
	const keys, most = 100_000, 1500 // bytes a key, with its text and its principal
	var before, after runtime.MemStats
	_, sample := made(pepper, "live")
	runtime.GC()
	runtime.ReadMemStats(&before)
	h, texts := many(t, keys)
	texts = append([][]byte(nil), texts...)
	for _, s := range texts {
		if _, why := h.Verify(exchange(now), &gate.Use{}, s); why != nil {
			t.Fatal(why)
		}
	}
	texts = nil
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / keys
	t.Logf("%d bytes a key", each)
	if each > most {
		t.Errorf("%d bytes a key, at most %d", each, most)
	}
	runtime.KeepAlive(h)
	_ = sample
}

// BenchmarkVerify has no b.StopTimer within a loop: it costs a hundred times what
// is measured.
func BenchmarkVerify(b *testing.B) {
	type full struct {
		h     *house
		texts [][]byte
	}
	all := map[int]func() full{} // each is made once for all that use it
	for _, n := range []int{100, 1000, 100_000} {
		all[n] = sync.OnceValue(func() full {
			h, texts := many(b, n)
			return full{h, texts}
		})
	}
	seen := func(name string, n int, next func(r *rand.Rand) func() int) {
		b.Run(name, func(b *testing.B) {
			h, texts := all[n]().h, all[n]().texts
			x, use := exchange(now), new(gate.Use)
			for _, s := range texts {
				h.Verify(x, use, s)
			}
			// The texts stand one behind the other in the order of the calls: a
			// text that has just arrived is at hand. The keys are not.
			const calls = 1 << 18
			var all []byte
			for pick := next(rand.New(rand.NewPCG(1, 2))); len(all) < calls*len(texts[0]); {
				all = append(all, texts[pick()]...)
			}
			size := len(texts[0])
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				at := i % calls * size
				if _, why := h.Verify(x, use, all[at:at+size]); why != nil {
					b.Fatal(why)
				}
			}
		})
	}
	alike := func(n int) func(r *rand.Rand) func() int {
		return func(r *rand.Rand) func() int { return func() int { return r.IntN(n) } }
	}
	seen("seen-before-of-100", 100, alike(100))
	seen("seen-before-of-100000", 100_000, alike(100_000))
	seen("seen-before-of-100000-zipf", 100_000, func(r *rand.Rand) func() int {
		z := rand.NewZipf(r, 1.1, 1, 99_999)
		return func() int { return int(z.Uint64()) }
	})
	b.Run("first", func(b *testing.B) {
		h, texts := all[100]().h, all[100]().texts
		x, use := exchange(now), new(gate.Use)
		b.ReportAllocs()
		for b.Loop() {
			h.Verify(x, use, texts[7])
			h.Unsee(texts[7])
		}
	})
	b.Run("nobody-made-it", func(b *testing.B) {
		h := all[1000]().h
		stranger, _ := made(pepper, "live")
		x, use := exchange(now), new(gate.Use)
		b.ReportAllocs()
		for b.Loop() {
			h.Verify(x, use, stranger)
		}
	})
	b.Run("mistyped", func(b *testing.B) {
		h, text := all[1000]().h, slices.Clone(all[1000]().texts[0])
		text[30]++
		x, use := exchange(now), new(gate.Use)
		b.ReportAllocs()
		for b.Loop() {
			h.Verify(x, use, text)
		}
	})
}
