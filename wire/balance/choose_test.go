package balance_test

import (
	"context"
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/balance"
)

// TestWeights: while nothing is in flight calls are spread by the weights.
func TestWeights(t *testing.T) {
	weights := []int{1, 2, 5}
	var o balance.Options
	targets := make([]target, len(weights))
	for i, w := range weights {
		o.Members = append(o.Members, balance.Member{Node: balance.NewNode(&targets[i], balance.NodeOptions{}), Weight: w})
	}
	b := balancer(t, o)
	const calls = 40000
	for range calls {
		call(b, "GET")
	}
	for i, w := range weights {
		want := int64(calls * w / 8)
		if got := targets[i].calls.Load(); got < want*9/10 || got > want*11/10 {
			t.Errorf("weight %d: %d of %d calls, want about %d", w, got, calls, want)
		}
	}
}

// TestLoad: of two, the one with less to do for its weight is called.
func TestLoad(t *testing.T) {
	for _, row := range []struct {
		name       string
		load       [2]int64
		weight     [2]int
		first, all bool // the first target gets them; all of them
	}{
		{"busy-second", [2]int64{0, 1}, [2]int{1, 1}, true, true},
		{"busy-first", [2]int64{9, 8}, [2]int{1, 1}, false, true},
		{"busy-for-its-weight", [2]int64{8, 3}, [2]int{4, 1}, true, true},
		{"equal", [2]int64{5, 5}, [2]int{1, 1}, true, false},
		{"equal-for-its-weight", [2]int64{10, 5}, [2]int{2, 1}, true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			var targets [2]target
			var o balance.Options
			for i := range targets {
				targets[i].flying.Store(row.load[i])
				o.Members = append(o.Members, balance.Member{Node: balance.NewNode(&targets[i], balance.NodeOptions{}), Weight: row.weight[i]})
			}
			b := balancer(t, o)
			for range 1000 {
				call(b, "GET")
			}
			first := targets[0].calls.Load()
			if !row.first {
				first = 1000 - first
			}
			if row.all && first != 1000 || !row.all && (first < 300 || first > 900) {
				t.Errorf("it got %d of 1000", first)
			}
		})
	}
}

// TestMostLoadedOfThree: the one that is most loaded of all is never called.
func TestMostLoadedOfThree(t *testing.T) {
	var targets [3]target
	b, _ := over(t, balance.Options{}, balance.NodeOptions{}, &targets[0], &targets[1], &targets[2])
	targets[0].flying.Store(7)
	targets[1].flying.Store(3)
	targets[2].flying.Store(4)
	for range 1000 {
		call(b, "GET")
	}
	if n := targets[0].calls.Load(); n != 0 {
		t.Errorf("the most loaded of three got %d calls", n)
	}
	if n := targets[2].calls.Load(); n < 200 || n > 450 {
		t.Errorf("the one in the middle got %d of 1000 calls, want a third", n)
	}
}

func TestNew(t *testing.T) {
	node := func() *balance.Node { return balance.NewNode(new(target), balance.NodeOptions{}) }
	for _, row := range []struct {
		name    string
		members []balance.Member
	}{
		{"empty", nil},
		{"canary-alone", []balance.Member{{Node: node(), Role: balance.CanaryRole}}},
		{"two-mirrors", []balance.Member{{Node: node()}, {Node: node(), Role: balance.MirrorRole}, {Node: node(), Role: balance.MirrorRole}}},
	} {
		if _, err := balance.New(balance.Options{Members: row.members}); err == nil {
			t.Errorf("%s: there is no error", row.name)
		}
	}
}

// TestSendAllocates: the way to a target costs no memory, whatever is set.
func TestSendAllocates(t *testing.T) {
	for _, row := range []struct {
		name string
		n    int
	}{{"one", 1}, {"two", 2}, {"eight", 8}} {
		t.Run(row.name, func(t *testing.T) {
			b, x := idle(t, row.n)
			if n := testing.AllocsPerRun(1000, func() { b.Send(x.Context, x) }); n != 0 {
				t.Errorf("%v allocations a call, want none", n)
			}
		})
	}
}

// idle is a balancer over n targets, with a canary, and a call.
func idle(tb testing.TB, n int) (*balance.Balancer, *gate.Exchange) {
	o := balance.Options{Canary: balance.Canary{Percent: 10, Header: "X-Canary"}}
	for i := range n {
		o.Members = append(o.Members, balance.Member{Node: balance.NewNode(new(target), balance.NodeOptions{}), Weight: i + 1})
	}
	o.Members = append(o.Members, balance.Member{Node: balance.NewNode(new(target), balance.NodeOptions{}), Role: balance.CanaryRole})
	x := &gate.Exchange{Context: context.Background(), Method: []byte("GET")}
	for _, name := range []string{"Host", "Accept", "User-Agent", "Authorization"} {
		x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte("value")})
	}
	return balancer(tb, o), x
}

func BenchmarkSend(b *testing.B) {
	for _, row := range []struct {
		name string
		n    int
	}{{"one", 1}, {"two", 2}, {"eight", 8}} {
		b.Run(row.name, func(b *testing.B) {
			to, x := idle(b, row.n)
			b.ReportAllocs()
			for b.Loop() {
				to.Send(x.Context, x)
			}
		})
	}
}

// TestMany: many goroutines, with targets that fail and come back, spoil
// nothing. The race detector watches.
func TestMany(t *testing.T) {
	var targets [3]target
	var turn switched
	turn.to(answers(200))
	targets[0].do = turn.send
	b, _ := over(t, balance.Options{}, balance.NodeOptions{Outliers: balance.Outliers{EjectFor: 1}, Breaker: balance.Breaker{OpenFor: 1}}, &targets[0], &targets[1], &targets[2])
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for i := range 2000 {
				if i%100 == 0 {
					turn.to(fails(gate.UpstreamUnreachable))
				} else if i%100 == 50 {
					turn.to(answers(200))
				}
				if status, code := call(b, "GET"); status != 200 {
					t.Errorf("a call failed: %v", code)
				}
			}
		})
	}
	work.Wait()
	turn.to(answers(200))
	for range 1000 {
		call(b, "GET")
	}
	if s := conditions(b); s != "serving serving serving" {
		t.Errorf("in the end they are %s", s)
	}
}
