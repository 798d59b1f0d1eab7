package limit_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/limit"
)

// common is a counter that nodes of a test have in common: of units that never
// come back, or of places.
type common struct {
	mu      sync.Mutex
	used    int64            // guarded by mu
	held    map[string]int64 // guarded by mu; by node
	over    map[string]time.Time
	asks    int
	given   int64
	down    bool
	late    time.Duration
	granted int64 // the most at once
}

var errDown = errors.New("down")

// node is one of those that have a counter in common.
type node struct {
	*common
	name string
}

func (n node) Up() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.down
}

func (n node) ask(ctx context.Context) error {
	n.mu.Lock()
	n.asks++
	down, late := n.down, n.late
	n.mu.Unlock()
	select {
	case <-time.After(late + 100*time.Microsecond):
	case <-ctx.Done():
		return ctx.Err()
	}
	if down {
		return errDown
	}
	return nil
}

func (n node) Take(ctx context.Context, a *limit.Ask) (limit.Grant, error) {
	if err := n.ask(ctx); err != nil {
		return limit.Grant{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	left := a.Rule.Amount - n.used
	if left < a.Need {
		return limit.Grant{Remaining: left, Retry: time.Hour}, nil
	}
	units := min(a.Want, left)
	n.used += units
	n.granted = max(n.granted, units)
	return limit.Grant{Units: units, Until: time.Now().Add(a.For), Remaining: left - units}, nil
}

func (n node) Give(_ context.Context, a *limit.Ask) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.used -= a.Want
	n.given += a.Want
	return nil
}

func (n node) Hold(ctx context.Context, a *limit.Ask) (limit.Grant, error) {
	if err := n.ask(ctx); err != nil {
		return limit.Grant{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.held == nil {
		n.held, n.over = map[string]int64{}, map[string]time.Time{}
	}
	others := int64(0)
	for name, held := range n.held {
		if name != n.name && time.Now().Before(n.over[name]) {
			others += held
		}
	}
	n.held[n.name] = max(0, min(a.Want, a.Rule.Amount-others), min(a.Need, n.held[n.name]))
	n.over[n.name] = time.Now().Add(a.For)
	return limit.Grant{Units: n.held[n.name], Until: n.over[n.name], Remaining: a.Rule.Amount - others - n.held[n.name]}, nil
}

// nodes are some that have a limit in common. They are tended until the test
// ends.
func nodes(t *testing.T, n int, c *common, l limit.Limit) (list []*play) {
	t.Helper()
	l.Global, l.Nodes = true, n
	ctx, end := context.WithCancel(t.Context())
	var work sync.WaitGroup
	t.Cleanup(func() { end(); work.Wait() })
	for i := range n {
		s := limit.NewState(limit.StateOptions{Secret: [16]byte{1}, Shared: node{c, string(rune('a' + i))}})
		list = append(list, more(t, s, limit.About{}, l))
		work.Go(func() { s.Tend(ctx) })
	}
	return list
}

func quota(amount int64) limit.Limit {
	return limit.Limit{Kind: limit.Quota, Amount: amount, Period: limit.Month, OnFailure: limit.Closed}
}

// TestNodesTogether: what several nodes let through is the limit, and few calls
// ask for it.
func TestNodesTogether(t *testing.T) {
	for _, amount := range []int64{7, 49, 50, 1000, 10_000} {
		synctest.Test(t, func(t *testing.T) {
			c := new(common)
			list := nodes(t, 3, c, quota(amount))
			passed := 0
			for range amount { // three times as many calls as may pass
				for _, p := range list {
					passed += p.passed(1, home, nil)
				}
			}
			synctest.Wait()
			slice := amount * 20 / 1000
			if low := amount - 2*slice; int64(passed) > amount || int64(passed) < low {
				t.Errorf("of %d: %d passed, want %d to %d", amount, passed, low, amount)
			}
			if c.granted > slice+1 {
				t.Errorf("of %d: a node was granted %d at once", amount, c.granted)
			}
			if slice >= 20 && int64(c.asks) > amount/5 {
				t.Errorf("of %d: asked %d times", amount, c.asks)
			}
			// What the others have of slices, and do not spend, comes back.
			time.Sleep(20 * time.Second)
			passed += list[0].passed(int(amount), home, nil)
			want(t, "in the end", int64(passed), amount)
		})
	}
}

// TestCallsAtOnce: many calls that wait for one answer get what there is, and no
// more.
func TestCallsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(common)
		list := nodes(t, 3, c, quota(500))
		var work sync.WaitGroup
		var mu sync.Mutex
		passed := 0
		for i := range 900 {
			work.Go(func() {
				n := list[i%3].passed(1, home, nil)
				mu.Lock()
				passed += n
				mu.Unlock()
			})
		}
		work.Wait()
		if passed > 500 || passed < 500-3*10 {
			t.Errorf("%d passed", passed)
		}
		if c.asks > 200 {
			t.Errorf("asked %d times", c.asks)
		}
	})
}

// TestFailingCounter: nobody waits longer than is said, and every limit does what
// it says.
func TestFailingCounter(t *testing.T) {
	for _, row := range []struct {
		name      string
		onFailure limit.OnFailure
		amount    int64
		passed    int
		first     string
	}{
		{"closed", limit.Closed, 30, 0, "limit-unavailable 1"}, {"open", limit.Open, 30, 100, "ok 0"}, {"degraded", limit.Degraded, 30, 10, "ok 0"},
	} {
		for _, how := range []string{"down", "slow"} {
			t.Run(row.name+"-"+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := &common{down: how == "down"}
					if how == "slow" {
						c.late = time.Hour
					}
					l := quota(row.amount)
					l.OnFailure, l.Wait = row.onFailure, 4*time.Millisecond
					p := nodes(t, 3, c, l)[0]
					passed := 0
					for range 100 {
						begun := time.Now()
						passed += p.passed(1, home, nil)
						if took := time.Since(begun); took > l.Wait {
							t.Errorf("a call waited %v", took)
						}
					}
					want(t, "passed", passed, row.passed)
					if how == "down" {
						want(t, "asked", c.asks, 0)
					}
					// When it answers again, it counts.
					c.mu.Lock()
					c.down, c.late = false, 0
					c.mu.Unlock()
					time.Sleep(20 * time.Second)
					want(t, "afterwards", p.passed(100, home, nil), 30)
				})
			})
		}
	}
}

// TestPlacesTogether: calls of several nodes have no more places than there are;
// they come back when calls end, and when a node dies.
func TestPlacesTogether(t *testing.T) {
	for _, amount := range []int64{4, 100} {
		synctest.Test(t, func(t *testing.T) {
			c := new(common)
			list := nodes(t, 3, c, limit.Limit{Kind: limit.Concurrency, Amount: amount, OnFailure: limit.Closed})
			var open [3][]*gate.Exchange
			enter := func() (n int) {
				for range 2 * amount {
					for i, p := range list {
						if x := call(home, nil); p.begin(x) == "ok" {
							open[i] = append(open[i], x)
							n++
						}
						time.Sleep(time.Millisecond)
					}
				}
				return n
			}
			slice := int(amount * 20 / 1000)
			first := enter()
			if first > int(amount) || first < int(amount)-2*slice {
				t.Errorf("of %d places: %d", amount, first)
			}
			time.Sleep(time.Minute) // places are renewed
			if again := enter(); again > 2*slice {
				t.Errorf("of %d places: %d more", amount, again)
			}
			gone := len(open[0])
			for _, x := range open[0] {
				list[0].end(x)
			}
			open[0] = nil
			time.Sleep(5 * time.Second)
			if n := enter(); n > gone || n < gone-2*slice {
				t.Errorf("of %d places that came back: %d", gone, n)
			}
			for i := range open {
				for _, x := range open[i] {
					list[i].end(x)
				}
			}
			time.Sleep(20 * time.Second)
			c.mu.Lock()
			defer c.mu.Unlock()
			for name, held := range c.held {
				want(t, "held in the end by "+name, held, int64(0))
			}
		})
	}
}

// TestLeasesAreForgotten: keys that nobody uses take no memory, and what this
// node has is given back when it ends.
func TestLeasesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(common)
		p := nodes(t, 1, c, quota(100_000))[0]
		p.passed(400, home, nil)
		p.passed(1, office, nil)
		synctest.Wait()
		if keys := p.state.Stats()[0].Keys; keys != 2 {
			t.Errorf("%d keys", keys)
		}
		if c.used <= 401 {
			t.Errorf("%d are leased", c.used)
		}
		p.state.Close(t.Context())
		want(t, "spent", c.used, int64(401))
		time.Sleep(time.Minute)
		want(t, "keys", p.state.Stats()[0].Keys, 0)
	})
}

// TestLimitIsRemoved: what a node has of a limit that no plan has any more is
// given back, units and places; one that comes back meanwhile counts on.
func TestLimitIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(common)
		p := nodes(t, 1, c, quota(100_000))[0]
		p.passed(400, home, nil)
		synctest.Wait()
		c.mu.Lock()
		if c.used <= 400 {
			t.Errorf("%d are leased", c.used)
		}
		c.mu.Unlock()
		p.state.Keep(nil)
		want(t, "limits", len(p.state.Stats()), 0)
		time.Sleep(5 * time.Second)
		c.mu.Lock()
		want(t, "spent", c.used, int64(400))
		c.mu.Unlock()
		time.Sleep(time.Minute)
		want(t, "calls of a plan that is still at work", p.passed(1, home, nil), 1)
	})
	synctest.Test(t, func(t *testing.T) {
		c := new(common)
		l := limit.Limit{Kind: limit.Concurrency, Amount: 100, OnFailure: limit.Closed}
		p := nodes(t, 1, c, l)[0]
		x := call(home, nil)
		want(t, "a call", p.begin(x), "ok")
		p.state.Keep(nil)
		time.Sleep(5 * time.Second)
		l.Global, l.Nodes = true, 1
		again := more(t, p.state, limit.About{}, l)
		y := call(home, nil)
		want(t, "a call after it came back", again.begin(y), "ok")
		p.end(x)
		again.end(y)
		p.state.Keep(nil)
		time.Sleep(20 * time.Second)
		c.mu.Lock()
		defer c.mu.Unlock()
		for name, held := range c.held {
			want(t, "held in the end by "+name, held, int64(0))
		}
	})
}

// TestBeyondTheSlice: bytes that are counted in the end are paid for by the next
// slice.
func TestBeyondTheSlice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(common)
		l := quota(1000)
		l.Unit = limit.AnswerBytes
		p := nodes(t, 1, c, l)[0]
		x := call(home, nil)
		want(t, "the first", p.begin(x), "ok")
		x.AnswerBytes = 990
		p.end(x)
		time.Sleep(time.Millisecond)
		want(t, "the next", p.once(home, nil), "ok")
		x = call(home, nil)
		want(t, "the last", p.begin(x), "ok")
		x.AnswerBytes = 500
		p.end(x)
		time.Sleep(time.Millisecond)
		want(t, "behind it", p.once(home, nil)[:14], "limit-exceeded")
	})
}

func BenchmarkLease(b *testing.B) {
	c := new(common)
	l := quota(1 << 40)
	l.Global, l.Nodes = true, 3
	p := more(b, limit.NewState(limit.StateOptions{Secret: [16]byte{1}, Shared: node{c, "a"}}), limit.About{}, l)
	x := call(home, nil)
	b.ReportAllocs()
	for b.Loop() {
		p.begin(x)
		p.end(x)
		x.AddFields, x.Told = x.AddFields[:0], x.Told[:0]
	}
}
