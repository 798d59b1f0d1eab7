//go:build linux && !race

package limit

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// The race detector slows everything down, so that this file is not built with
// it.

func guards(t testing.TB, l ...Limit) (*Guard, *Guard) {
	s := NewState(StateOptions{})
	var rules []*Rule
	for i, l := range l {
		l.Name = "limit-" + strconv.Itoa(i)
		r, err := s.Rule(l)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	early, late, _ := s.Guards(rules, About{API: "shop", Operation: "getOrder"})
	return early, late
}

func exchange() *gate.Exchange {
	return &gate.Exchange{Client: client, Received: time.Now(), Principal: &gate.Principal{ID: "https://id.example.com|0e6d3b0a-alice", Issuer: "https://id.example.com", Client: "web", Tenant: "acme"}}
}

func again(x *gate.Exchange) {
	x.AddFields, x.Told, x.Charges = x.AddFields[:0], x.Told[:0], x.Charges[:0]
}

// of is a limit of many, or of one, of each kind.
func of(k Kind, amount int64, what What) Limit {
	return Limit{Kind: k, Amount: amount, Per: time.Hour, Period: Month, Key: []Part{{What: what}}}
}

// TestNoAllocation: neither a call that passes nor one that is refused.
func TestNoAllocation(t *testing.T) {
	for _, amount := range []int64{MaxWindow, 1} {
		for _, what := range []What{Address, Principal} {
			early, late := guards(t, of(Rate, amount, what), of(Window, amount, what), of(Quota, amount, what), of(Concurrency, amount, what))
			g := early
			if g == nil {
				g = late
			}
			x := exchange()
			g.Head(x)
			x.Charges = x.Charges[:0]
			if n := testing.AllocsPerRun(200, func() {
				again(x)
				g.Head(x)
				g.Done(x)
			}); n > 0 {
				t.Errorf("%d of %d: %v allocations", what, amount, n)
			}
		}
	}
}

// TestSpeed holds a decision to its budget, in time of the processor: others may
// use the machine as well.
func TestSpeed(t *testing.T) {
	l := of(Rate, 1<<40, Address)
	l.Burst, l.Hidden = 1<<20, true
	g, _ := guards(t, l)
	x := exchange()
	const rounds = 100_000
	best := time.Hour
	for range 7 {
		before := testdata.Work(t)
		for range rounds {
			again(x)
			g.Head(x)
			g.Done(x)
		}
		best = min(best, (testdata.Work(t)-before)/rounds)
	}
	t.Logf("%v a decision", best)
	if best > 2*150*time.Nanosecond { // with room for slower machines and shared caches
		t.Errorf("%v a decision, at most 150ns are wanted", best)
	}
}

func benchmarkHead(b *testing.B, l Limit) {
	l.Burst, l.Hidden = min(l.Amount, 1<<20), true
	early, late := guards(b, l)
	g := early
	if g == nil {
		g = late
	}
	x := exchange()
	b.ReportAllocs()
	for b.Loop() {
		again(x)
		g.Head(x)
		g.Done(x)
	}
}

// BenchmarkDecision is one limit from the key to the verdict.
func BenchmarkDecision(b *testing.B) {
	for _, k := range []Kind{Rate, Window, Quota, Concurrency} {
		for _, what := range []What{Address, Principal} {
			for name, amount := range map[string]int64{"passes": MaxWindow, "refused": 1} {
				b.Run(k.String()+"/"+[]string{Address: "address", Principal: "principal"}[what]+"/"+name, func(b *testing.B) { benchmarkHead(b, of(k, amount, what)) })
			}
		}
	}
}

// BenchmarkFields is a decision that clients are told of.
func BenchmarkFields(b *testing.B) {
	g, _ := guards(b, of(Rate, MaxWindow, Address))
	x := exchange()
	b.ReportAllocs()
	for b.Loop() {
		again(x)
		g.Head(x)
	}
}

// BenchmarkParallel counts many keys, and one, on all cores.
func BenchmarkParallel(b *testing.B) {
	for name, keys := range map[string]uint64{"one-key": 1, "million-keys": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			r := rule(b, NewState(StateOptions{}), Limit{Kind: Rate, Amount: 1 << 40, Per: time.Second, MaxKeys: 2 << 20})
			for i := range keys {
				r.count(key(i), 1, 1, at(0))
			}
			var next atomic.Uint64
			b.RunParallel(func(b *testing.PB) {
				n := next.Add(1) << 32
				for b.Next() {
					n = n*6364136223846793005 + 1442695040888963407
					r.count(key(n>>20%keys), 1, 1, at(0))
				}
			})
		})
	}
}
