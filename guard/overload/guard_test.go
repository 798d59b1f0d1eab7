package overload

import (
	"context"
	"log/slog"
	"math"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// exchange is one of a client whose API answers in some time.
func exchange(client string) *gate.Exchange {
	return &gate.Exchange{Context: context.Background(), Client: netip.MustParseAddr(client), Received: time.Now()}
}

// answered walks x through the guards behind Forward.
func answered(x *gate.Exchange, d *Door, w *Way, took time.Duration, status int) {
	x.Sent = time.Now()
	x.Answered = x.Sent.Add(took)
	x.Answer.Status = status
	d.AnswerHead(x)
	w.AnswerHead(x)
	d.Done(x)
	w.Done(x)
}

func pair(g *Gate, s Settings) (*Door, *Way, *Limit) {
	l := g.Limit("api")
	return g.NewDoor(l, s), g.NewWay(l, s), l
}

// fillUp has as many calls at work with an API as there is room for, of every
// class, and holds the limit.
func fillUp(t *testing.T, l *Limit, limit uint32) (list []ticket) {
	t.Helper()
	l.limit.Store(limit)
	l.ends.Store(math.MaxInt64)
	for c := range Classes {
		for {
			k, reason := l.enter(c, 0, false)
			if k == 0 && reason != reasonLimit {
				t.Fatal(reason)
			}
			if k == 0 {
				break
			}
			list = append(list, k)
		}
	}
	return list
}

func TestNothingToDo(t *testing.T) {
	g := New(Options{})
	d, w, l := pair(g, Settings{Operation: "get"})
	for range 10_000 {
		x := exchange("192.0.2.1")
		if d.Head(x) != gate.Allow || w.Head(x) != gate.Allow || w.Forward(x) != gate.Allow {
			t.Fatal(x.Refusal)
		}
		if g.Health().InFlight != 1 || l.State().InFlight != 1 {
			t.Fatal("it is not at work")
		}
		answered(x, d, w, time.Millisecond, 200)
	}
	if g.busy.Load() != 0 || l.busy.Load() != 0 {
		t.Errorf("%x and %x are still at work", g.busy.Load(), l.busy.Load())
	}
}

// TestEndsBeforeTheAnswer gives everything back when no answer came, whatever
// the reason.
func TestEndsBeforeTheAnswer(t *testing.T) {
	g := New(Options{})
	d, w, l := pair(g, Settings{Operation: "get"})
	l.ends.Store(math.MaxInt64)
	for _, code := range []gate.Code{gate.CredentialMissing, gate.UpstreamTimeout, gate.UpstreamUnreachable} {
		x := exchange("192.0.2.1")
		d.Head(x)
		if code != gate.CredentialMissing {
			w.Head(x)
			w.Forward(x)
		}
		x.Refused, x.Refusal.Code = true, code
		x.Sent = time.Now()
		x.Answered = x.Sent.Add(time.Minute)
		d.Done(x)
		w.Done(x)
		if g.busy.Load() != 0 || l.busy.Load() != 0 {
			t.Errorf("%v: %x and %x are still at work", code, g.busy.Load(), l.busy.Load())
		}
	}
	if calls := l.Timing("get").tally.Load() >> 40; calls != 1 {
		t.Errorf("%d times were taken to account, want that of the timeout", calls)
	}
}

// TestErrorsAndStreamsAreNoTimes takes neither what fails nor what the client
// itself makes long for a measure of the API.
func TestErrorsAndStreamsAreNoTimes(t *testing.T) {
	g := New(Options{})
	d, w, l := pair(g, Settings{Operation: "get"})
	x := exchange("192.0.2.1")
	d.Head(x)
	w.Forward(x)
	answered(x, d, w, time.Microsecond, 404)
	x = exchange("192.0.2.1")
	x.Incoming = strings.NewReader("a long body")
	d.Head(x)
	w.Forward(x)
	if l.busy.Load() != 0 {
		t.Error("a body on its way takes room")
	}
	answered(x, d, w, time.Hour, 200)
	if tally := l.Timing("get").tally.Load(); tally != 0 {
		t.Errorf("%x was taken to account", tally)
	}
}

// TestFull refuses with the code, the reason for the operator and the seconds.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{})
		_, w, l := pair(g, Settings{Operation: "get", Class: Normal})
		fillUp(t, l, 16)
		seen := map[int]bool{}
		for range 50 {
			x := exchange("192.0.2.1")
			began := time.Now()
			if w.Forward(x) != gate.Deny {
				t.Fatal("it found room")
			}
			if waited := time.Since(began); waited > 100*time.Millisecond {
				t.Fatalf("it waited for %v", waited)
			}
			r := x.Refusal
			if r.Code != gate.Overloaded || r.Keyword != reasonLimit || r.Retry < 1 || r.Retry > 4 {
				t.Fatalf("%+v", r)
			}
			seen[r.Retry] = true
		}
		if len(seen) < 2 {
			t.Error("all are told to come again at once")
		}
		if s := l.State(); s.Shed[Normal] != 50 || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestObserve refuses nothing and says what it would have.
func TestObserve(t *testing.T) {
	g := New(Options{})
	d, w, l := pair(g, Settings{Operation: "get", Observe: true})
	list := fillUp(t, l, 16)
	g.squeeze.Store(uint32(Critical))
	x := exchange("192.0.2.1")
	if d.Head(x) != gate.Allow || w.Head(x) != gate.Allow || w.Forward(x) != gate.Allow {
		t.Fatal("refused")
	}
	if len(x.Would) != 3 || l.State().InFlight != len(list)+1 || x.Would[0] != gate.Overloaded {
		t.Errorf("noted %v", x.Would)
	}
	answered(x, d, w, time.Millisecond, 200)
	if got := l.State().InFlight; got != len(list) {
		t.Errorf("%d are at work", got)
	}
}

// TestWaits has a call wait for one that ends, and the more important one go first.
func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{})
		l := g.Limit("api")
		list := fillUp(t, l, 20)
		came := make(chan Class, 3)
		for _, c := range []Class{Critical, Normal, High} {
			w := g.NewWay(l, Settings{Operation: "get", Class: c})
			go func() {
				if x := exchange("192.0.2.1"); w.Forward(x) == gate.Allow {
					came <- c
				}
			}()
			synctest.Wait()
		}
		if l.State().Waiting != 3 {
			t.Fatalf("%d wait", l.State().Waiting)
		}
		for len(came) == 0 {
			l.leaves(list[0])
			list = list[1:]
			synctest.Wait()
		}
		if got := <-came; got != Critical || len(came) != 0 {
			t.Fatalf("%v went first", got)
		}
		for _, k := range list {
			l.leaves(k)
			synctest.Wait()
		}
		if len(came) != 2 || <-came != High {
			t.Error("the others did not follow in their order")
		}
		if l.State().Waiting != 0 {
			t.Error("somebody still waits")
		}
	})
}

// TestClientLeaves ends the wait of a client that is gone, and takes no room for
// it.
func TestClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Wait: 10 * time.Second})
		_, w, l := pair(g, Settings{Operation: "get", Class: Normal})
		list := fillUp(t, l, 16)
		x := exchange("192.0.2.1")
		ctx, cancel := context.WithCancel(context.Background())
		x.Context = ctx
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		if w.Forward(x) != gate.Deny || x.Refusal.Code != gate.ClientGone || time.Since(began) != time.Second {
			t.Errorf("%v after %v", x.Refusal.Code, time.Since(began))
		}
		if s := l.State(); s.Waiting != 0 || s.InFlight != len(list) {
			t.Errorf("%+v", s)
		}
	})
}

// TestQueueThatStands lets nobody wait for long once it is no burst, refuses
// early then, and keeps to its bound.
func TestQueueThatStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Wait: time.Second})
		d, w, l := pair(g, Settings{Operation: "get", Class: Normal})
		fillUp(t, l, 16)
		for range maxWaiting {
			go w.Forward(exchange("192.0.2.1"))
		}
		synctest.Wait()
		time.Sleep(200 * time.Millisecond)
		began := time.Now()
		x := exchange("192.0.2.1")
		if w.Forward(x) != gate.Deny || time.Since(began) != briefly {
			t.Errorf("waited for %v", time.Since(began))
		}
		if x = exchange("192.0.2.1"); d.Head(x) != gate.Deny {
			t.Error("it is looked at further, though there is no room")
		}
		if got := l.State().Waiting; got > maxWaiting {
			t.Errorf("%d wait", got)
		}
		l.limit.Store(1000)
		if x = exchange("192.0.2.1"); d.Head(x) != gate.Allow {
			t.Error("refused though there is room")
		}
		time.Sleep(2 * time.Second)
		if l.queue.stands.Load() || l.State().Waiting != 0 {
			t.Error("the queue did not end")
		}
	})
}

// fixed is a meter that says what it is told to.
type fixed struct {
	delay       time.Duration
	used, bound int64
}

func (f *fixed) wait() time.Duration    { return f.delay }
func (f *fixed) memory() (int64, int64) { return f.used, f.bound }

// TestMemory squeezes classes out while memory is short and lets them back in
// when there is enough, and never critical ones.
func TestMemory(t *testing.T) {
	var said strings.Builder
	m := &fixed{bound: 1000}
	g := New(Options{})
	w := watch{gate: g, log: slog.New(slog.NewTextHandler(&said, nil)), meter: m}
	now := time.Now()
	at := func(used int64, ticks int) Class {
		m.used = used
		for range ticks {
			now = now.Add(tick)
			w.memory(now)
		}
		return g.Health().Squeeze
	}
	for i, row := range []struct {
		used  int64
		ticks int
		want  Class
	}{
		{840, 100, Low}, {860, 1, Normal}, {860, 3, Normal}, {860, 3, High}, {860, 100, Critical},
		{800, 100, Critical}, {749, 1, High}, {760, 100, High}, {740, 100, Low}, {980, 1, Critical}, {100, 100, Low},
	} {
		if got := at(row.used, row.ticks); got != row.want {
			t.Errorf("%d: with %d for %d ticks classes below %v are refused, want %v", i, row.used, row.ticks, got, row.want)
		}
	}
	if n := strings.Count(said.String(), "short of memory"); n != 2 || strings.Count(said.String(), "memory again") != 2 {
		t.Errorf("the log says\n%s", said.String())
	}
	at(990, 1)
	for c := range Classes {
		x := exchange("192.0.2.1")
		d, way, _ := pair(g, Settings{Class: c})
		want := gate.Deny
		if c == Critical {
			want = gate.Allow
		}
		if v := d.Head(x); v != want || v == gate.Deny && x.Refusal.Keyword != reasonMemory {
			t.Errorf("%v: %v, %+v", c, v, x.Refusal)
		}
		if v := way.Head(x); v != want {
			t.Errorf("%v: %v", c, v)
		}
	}
	m.bound = 0
	if at(990, 1) != Low {
		t.Error("refused though nobody knows the bound")
	}
}

// TestProcessor lowers the limit of the gate while its goroutines wait, not for
// one pause, and raises it when they no longer do.
func TestProcessor(t *testing.T) {
	m := &fixed{}
	g := New(Options{})
	w := watch{gate: g, log: slog.New(slog.DiscardHandler), meter: m}
	ticks := func(delay time.Duration, n int) int {
		m.delay = delay
		for range n {
			for range 200 { // calls at work
				k, _ := g.enter(Critical, 0, true)
				defer g.leave(k)
			}
			w.processor()
		}
		return g.Health().Limit
	}
	if got := ticks(time.Second, 2); got != 16384 {
		t.Errorf("a pause makes the limit %d", got)
	}
	ticks(0, 1)
	if got := ticks(30*time.Millisecond, 4); got >= 1500 {
		t.Errorf("the limit is %d", got)
	}
	if got := ticks(0, 10); got < 1000 {
		t.Errorf("the limit is %d", got)
	}
	for range 100 {
		w.processor()
	}
	if got := g.Health(); got.Limit != 16384 {
		t.Errorf("the limit is %d for good", got.Limit)
	}
}

// TestWatchEnds ends with its context.
func TestWatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		g := New(Options{})
		done := make(chan struct{})
		go func() { g.Watch(ctx, slog.New(slog.DiscardHandler)); close(done) }()
		time.Sleep(time.Second)
		cancel()
		<-done
		if h := g.Health(); h.Used <= 0 || h.Squeeze != Low {
			t.Errorf("%+v", h)
		}
	})
}
