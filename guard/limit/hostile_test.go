package limit

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

func rule(t testing.TB, s *State, l Limit) *Rule {
	t.Helper()
	l.Name = "test"
	if l.Key == nil {
		l.Key = []Part{{What: Address}}
	}
	r, err := s.Rule(l)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func key(n uint64) [2]uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	return secret{1, 2}.sum(b[:])
}

func at(d time.Duration) moment {
	return moment{tick: int64(d)*fine + 1, wall: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC).Add(d)}
}

// kinds are limits of 10, of every kind.
var kinds = []Limit{
	{Kind: Rate, Amount: 10, Per: time.Hour},
	{Kind: Window, Amount: 10, Per: time.Hour},
	{Kind: Quota, Amount: 10, Period: Day},
	{Kind: Concurrency, Amount: 10},
}

// TestFlood: a flood of keys frees nobody who is at a limit, and is itself held:
// there are counters for so many keys, and the others share spare ones.
func TestFlood(t *testing.T) {
	for _, l := range kinds {
		s := NewState(StateOptions{})
		l.MaxKeys = 4 * shards
		r := rule(t, s, l)
		now := at(0)
		for range 10 {
			r.count(key(0), 1, 1, now)
		}
		passed, spare := 0, 0
		const flood = 100_000
		for i := range uint64(flood) {
			now = at(time.Duration(i) * 10 * time.Microsecond)
			if out := r.count(key(i+1), 1, 1, now); out.ok {
				passed++
				if out.spare {
					spare++
				}
			}
		}
		if out := r.count(key(0), 1, 1, now); out.ok || out.spare {
			t.Errorf("%v: a flood freed a busy key", l.Kind)
		}
		if n := r.counters.alone.keys(); n > l.MaxKeys {
			t.Errorf("%v: %d keys, at most %d", l.Kind, n, l.MaxKeys)
		}
		if most := l.MaxKeys + spares*11; passed > most || spare == 0 {
			t.Errorf("%v: %d of the flood passed, %d in spare counters, at most %d", l.Kind, passed, spare, most)
		}
	}
}

// TestIdleMakesRoom: counters that are as good as new make room for others, and
// their memory is given back.
func TestIdleMakesRoom(t *testing.T) {
	s := NewState(StateOptions{})
	r := rule(t, s, Limit{Kind: Rate, Amount: 10, Per: time.Second, MaxKeys: 16 * shards})
	for i := range uint64(200_000) { // each is idle 100 ms later
		if out := r.count(key(i), 1, 1, at(time.Duration(i)*time.Millisecond)); out.spare {
			t.Fatalf("key %d found no room", i)
		}
	}
	before := r.counters.alone.keys()
	r.counters.alone.sweep(at(time.Hour))
	if after := r.counters.alone.keys(); before < 200 || after != 0 {
		t.Errorf("%d keys, %d when all are idle", before, after)
	}
}

// TestPlacesThatWereSpare: a place that was counted in a spare counter is freed
// there, whatever room its key has got meanwhile.
func TestPlacesThatWereSpare(t *testing.T) {
	s := NewState(StateOptions{})
	r := rule(t, s, Limit{Kind: Concurrency, Amount: 1000, MaxKeys: 1})
	var held []gate.Charge
	for i := range uint64(5000) {
		out := r.count(key(i), 1, 1, at(0))
		if !out.ok {
			t.Fatal("no place")
		}
		held = append(held, gate.Charge{By: r, Key: key(i), Units: 1, Spare: out.spare})
	}
	r.counters.alone.max.Store(1_000_000)
	for i := range uint64(5000) {
		r.count(key(i), 1, 1, at(2*time.Second))
		held = append(held, gate.Charge{By: r, Key: key(i), Units: 1})
	}
	for i := range held {
		r.change(&held[i], -1, at(3*time.Second))
	}
	t1 := r.counters.alone
	for i := range t1.spare {
		if n := t1.spare[i].Load(); n != 0 {
			t.Fatalf("%d places are held for ever", n)
		}
	}
}

// TestGrowing: calls that come while a table grows and is swept are counted, all
// of them, once.
func TestGrowing(t *testing.T) {
	for _, l := range kinds {
		s := NewState(StateOptions{})
		l.Amount, l.Burst = 1<<20, 1<<20
		r := rule(t, s, l)
		const keys, calls = 3000, 20
		var work sync.WaitGroup
		for g := range 8 {
			work.Go(func() {
				order := rand.New(rand.NewPCG(uint64(g), 1))
				for range calls {
					for _, k := range order.Perm(keys) {
						r.count(key(uint64(k)), 1, 1, at(0))
					}
				}
			})
		}
		work.Go(func() {
			for range 50 {
				for i := range r.counters.alone.shards {
					sh := &r.counters.alone.shards[i]
					sh.mu.Lock()
					r.counters.alone.copy(sh, *sh.slots.Load(), at(0))
					sh.mu.Unlock()
				}
				runtime.Gosched()
			}
		})
		work.Wait()
		for k := range uint64(keys) {
			if out := r.count(key(k), 0, 0, at(0)); out.remaining != 1<<20-8*calls {
				t.Fatalf("%v: key %d has %d left, of %d calls", l.Kind, k, out.remaining, 8*calls)
			}
		}
	}
}

// TestClock: a clock that is set back locks nobody out for longer than the limit
// itself would, and frees nobody.
func TestClock(t *testing.T) {
	for _, l := range kinds[:3] {
		s := NewState(StateOptions{})
		r := rule(t, s, l)
		late := at(5 * time.Hour)
		for range 10 {
			r.count(key(1), 1, 1, late)
		}
		back := at(4*time.Hour + 59*time.Minute)
		if r.count(key(1), 1, 1, back).ok {
			t.Errorf("%v: a clock that went back a minute freed a key", l.Kind)
		}
		if l.Kind == Quota {
			continue
		}
		open := false
		for _, d := range []time.Duration{0, time.Hour, 2 * time.Hour} {
			open = open || r.count(key(1), 1, 1, at(d+2*time.Hour+time.Minute)).ok
		}
		if !open {
			t.Errorf("%v: locked out by a clock that was wrong", l.Kind)
		}
	}
	// Midnight comes twice.
	r := rule(t, NewState(StateOptions{}), kinds[2])
	midnight := at(12 * time.Hour)
	for range 10 {
		r.count(key(1), 1, 1, midnight)
	}
	before := midnight
	before.wall = before.wall.Add(-time.Second)
	if r.count(key(1), 1, 1, before).ok {
		t.Error("a clock that went back over midnight freed a key")
	}
	if r.count(key(1), 1, 1, midnight).ok {
		t.Error("midnight came twice and freed a key")
	}
	// A clock that was in some other time.
	far := at(0)
	far.wall = far.wall.AddDate(70, 0, 0)
	for range 10 {
		r.count(key(2), 1, 1, far)
	}
	if !r.count(key(2), 1, 1, at(0)).ok {
		t.Error("a clock that was wrong locks out for 70 years")
	}
}

// TestOverflow: no number makes more of a limit.
func TestOverflow(t *testing.T) {
	huge := []int64{math.MaxInt64, math.MaxInt64 - 1, 1 << 62, 1 << 44, 1<<44 - 1, 1 << 43, MaxAmount + 1}
	for _, l := range []Limit{
		{Kind: Rate, Amount: 10, Per: MaxPer}, {Kind: Rate, Amount: MaxAmount, Per: time.Millisecond}, {Kind: Rate, Amount: 1, Per: time.Millisecond, Burst: 1 << 30},
		{Kind: Window, Amount: 10, Per: MaxPer}, {Kind: Window, Amount: MaxAmount, Per: time.Millisecond, Unit: AnswerBytes}, {Kind: Window, Amount: MaxWindow, Per: time.Minute},
		{Kind: Quota, Amount: 10, Period: Month}, {Kind: Quota, Amount: MaxAmount, Period: Day},
		{Kind: Concurrency, Amount: 10}, {Kind: Concurrency, Amount: MaxAmount},
	} {
		for _, punish := range []bool{false, true} {
			l.CountRefused = punish
			for i, n := range huge {
				r := rule(t, NewState(StateOptions{}), l)
				k := key(uint64(i))
				now := at(longest / 2)
				if l.Kind != Concurrency && r.count(k, n, n, now).ok {
					t.Errorf("%v of %d: %d units passed", l.Kind, l.Amount, n)
				}
				c := gate.Charge{Key: k}
				for range 4 { // costs that are known behind the call
					r.count(k, 1, 1, now)
					r.change(&c, n, now)
				}
				if out := r.count(k, 1, 1, now); out.ok || out.remaining != 0 || out.retry < 0 {
					t.Errorf("%v of %d, %d units too much: %+v", l.Kind, l.Amount, n, out)
				}
				r.change(&c, -n, now)
				r.change(&c, -n, now)
				if out := r.count(k, 1, 1, now); out.remaining > r.capacity() {
					t.Errorf("%v of %d: %d left", l.Kind, l.Amount, out.remaining)
				}
			}
		}
	}
}

// FuzzTake: whatever a counter holds, it never lets through more than its limit
// at once, and never says that less than nothing is left.
func FuzzTake(f *testing.F) {
	f.Add(uint64(0), int64(1), int64(5), uint8(0), int64(0))
	f.Add(uint64(1)<<63, int64(math.MaxInt64), int64(1), uint8(1), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, state uint64, cost, amount int64, kind uint8, tick int64) {
		if cost < 0 || amount < 1 || amount > MaxWindow || tick < 1 || tick > most || state == frozen || state>>63 == 1 && kind%4 == 0 {
			return
		}
		l := Limit{Name: "f", Key: []Part{{What: Address}}, Kind: Kind(kind%4) + Rate, Amount: amount, Per: time.Second, Period: Day, CountRefused: kind > 127}
		if l.Kind == Concurrency {
			state >>= 22
			cost = min(cost, 1)
		}
		l.fill()
		c := newReckoning(&l)
		now := moment{tick: tick, wall: time.Unix(tick%(1<<34), 0)}
		next, out := c.take(state, max(1, cost), cost, now)
		if out.remaining < 0 || out.retry < 0 || out.reset < 0 || next == frozen {
			t.Fatalf("%+v, state %x", out, next)
		}
		if out.ok && cost+out.remaining > amount {
			t.Fatalf("%d of %d, and %d left", cost, amount, out.remaining)
		}
		for _, delta := range []int64{1, -1, cost, -cost, math.MaxInt64, math.MinInt64 + 1} {
			if next := c.add(next, delta, now); next == frozen {
				t.Fatalf("%d: frozen", delta)
			}
		}
	})
}

// TestMemory fills a table with a million keys.
func TestMemory(t *testing.T) {
	keys := uint64(1_000_000)
	if testing.Short() {
		keys = 200_000
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := rule(t, NewState(StateOptions{}), Limit{Kind: Quota, Amount: 1000, Period: Day, MaxKeys: int(keys) * 5 / 4})
	for i := range keys {
		if r.count(key(i), 1, 1, at(0)).spare {
			t.Fatal("no room")
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := float64(after.HeapAlloc-before.HeapAlloc) / float64(keys)
	t.Logf("%.1f bytes a key", each)
	if each > 56 {
		t.Errorf("%.1f bytes a key", each)
	}
	runtime.KeepAlive(r)
}

var client = netip.MustParseAddr("192.0.2.1")
