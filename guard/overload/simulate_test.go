package overload

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// simulated is an API of some workers in front of a queue without an end, with a
// limit before it, in a time of its own.
type simulated struct {
	limit   *Limit
	workers int
	service func(*rand.Rand) time.Duration
	random  *rand.Rand

	now   int64
	ends  ends      // of calls at work
	waits []*queued // in the API's own queue
	busy  int
}

// queued is one call.
type queued struct {
	by     int
	timing *Timing
	ticket ticket
	came   int64
	end    int64
}

type ends []*queued

func (e ends) Len() int           { return len(e) }
func (e ends) Less(i, j int) bool { return e[i].end < e[j].end }
func (e ends) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *ends) Push(x any)        { *e = append(*e, x.(*queued)) }
func (e *ends) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

// source offers calls.
type source struct {
	rate   float64 // a second
	class  Class
	client string
	timing string
	came   int64 // the next one
	many   int   // clients beside that one
}

func (f *source) from(r *rand.Rand) netip.Addr {
	a := netip.MustParseAddr(f.client)
	for range r.IntN(f.many + 1) {
		a = a.Next()
	}
	return a
}

// tally is what became of the calls of a source.
type tally struct{ offered, refused, done int }

func (t tally) share() float64 { return float64(t.done) / float64(t.offered) }

// exponential times have many short and few long calls.
func exponential(mean time.Duration) func(*rand.Rand) time.Duration {
	return func(r *rand.Rand) time.Duration { return time.Duration(r.ExpFloat64() * float64(mean)) }
}

func newSimulated(workers int, service func(*rand.Rand) time.Duration) *simulated {
	return &simulated{limit: New(Options{}).Limit("api"), workers: workers, service: service, random: rand.New(rand.NewPCG(1, 2))}
}

// run offers calls for some time and returns what became of those of each source
// and how long the calls took that came through, the longest one of a hundred
// left out.
func (s *simulated) run(d time.Duration, sources ...source) (list []tally, p99 time.Duration) {
	list = make([]tally, len(sources))
	for i := range sources {
		sources[i].came = s.now + s.gap(&sources[i])
	}
	var took []int64
	for end := s.now + int64(d); s.now < end; {
		next := 0
		for i := range sources {
			if sources[i].came < sources[next].came {
				next = i
			}
		}
		if len(s.ends) > 0 && s.ends[0].end <= sources[next].came {
			q := heap.Pop(&s.ends).(*queued)
			s.now = q.end
			s.limit.leaves(q.ticket)
			s.limit.measure(q.timing, time.Duration(s.now-q.came), s.now)
			s.busy--
			if q.by < len(list) {
				list[q.by].done++
				took = append(took, s.now-q.came)
			}
			s.work()
			continue
		}
		from := &sources[next]
		s.now = from.came
		from.came += s.gap(from)
		list[next].offered++
		t, reason := s.limit.enter(from.class, s.limit.clients.address(from.from(s.random)), false)
		if t == 0 {
			s.limit.refused(from.class, reason)
			s.limit.look(s.now)
			list[next].refused++
			continue
		}
		s.waits = append(s.waits, &queued{by: next, timing: s.limit.Timing(from.timing), ticket: t, came: s.now})
		s.work()
	}
	if len(took) > 0 {
		p99 = time.Duration(quantile(took, 0.99))
	}
	return list, p99
}

func (s *simulated) gap(f *source) int64 {
	return int64(s.random.ExpFloat64() / f.rate * float64(time.Second))
}

func (s *simulated) work() {
	for s.busy < s.workers && len(s.waits) > 0 {
		q := s.waits[0]
		s.waits = s.waits[1:]
		s.busy++
		q.end = s.now + int64(s.service(s.random))
		heap.Push(&s.ends, q)
	}
}

func quantile(list []int64, at float64) int64 {
	slices.Sort(list)
	return list[min(len(list)-1, int(math.Ceil(at*float64(len(list)))))]
}

const home = "192.0.2.1"

func calls(rate float64) source {
	return source{rate: rate, class: Normal, client: home, timing: "get"}
}

// TestSimulatedLoad offers half to ten times of what an API can do: what it can
// do is done, and soon.
func TestSimulatedLoad(t *testing.T) {
	const workers, mean = 20, 20 * time.Millisecond
	capacity := workers / mean.Seconds()
	for _, row := range []struct {
		name    string
		service func(*rand.Rand) time.Duration
	}{
		{"exponential", exponential(mean)},
		{"even", func(*rand.Rand) time.Duration { return mean }},
		{"two-kinds", func(r *rand.Rand) time.Duration {
			if r.IntN(10) == 0 {
				return 5 * mean
			}
			return mean * 5 / 9
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newSimulated(workers, row.service)
			for _, load := range []float64{0.5, 0.8, 1, 2, 5, 10, 0.5, 10} {
				s.run(2*time.Second, calls(load*capacity))
				got, p99 := s.run(20*time.Second, calls(load*capacity))
				done := float64(got[0].done) / 20 / capacity
				t.Logf("%4.1f: %.2f of what it can do, refused %d of %d, p99 %v, limit %d", load, done, got[0].refused, got[0].offered, p99.Round(time.Millisecond), s.limit.limit.Load())
				if load <= 0.5 && got[0].refused > 0 || load <= 0.8 && got[0].share() < 0.99 {
					t.Errorf("%d calls were refused at %.1f of what the API can do", got[0].refused, load)
				}
				if want := min(load, 1) * 0.9; done < want {
					t.Errorf("at %.1f, %.2f was done", load, done)
				}
				if p99 > 10*mean {
					t.Errorf("at %.1f, p99 is %v", load, p99)
				}
			}
		})
	}
}

// TestSimulatedSlowdown has an API become three times slower for good, without
// too much to do: it is not refused what it can do for long.
func TestSimulatedSlowdown(t *testing.T) {
	slow := 1
	s := newSimulated(100, func(r *rand.Rand) time.Duration {
		return time.Duration(slow) * exponential(10*time.Millisecond)(r)
	})
	s.run(5*time.Second, calls(2000))
	slow = 3
	s.run(5*time.Second, calls(2000))
	got, _ := s.run(10*time.Second, calls(2000))
	if got[0].share() < 0.99 {
		t.Errorf("of %d calls %d were refused, limit %d", got[0].offered, got[0].refused, s.limit.limit.Load())
	}
}

// TestSimulatedMix changes what is called, from cheap to dear: that is no change
// in speed.
func TestSimulatedMix(t *testing.T) {
	g := New(Options{})
	s := newSimulated(100, nil)
	s.limit = g.Limit("api")
	dear := false
	s.service = func(r *rand.Rand) time.Duration {
		if dear {
			return exponential(50 * time.Millisecond)(r)
		}
		return exponential(2 * time.Millisecond)(r)
	}
	s.run(5*time.Second, calls(1000))
	dear = true
	other := calls(1000)
	other.timing = "report"
	got, _ := s.run(10*time.Second, other)
	if got[0].refused > 0 {
		t.Errorf("%d of %d calls were refused", got[0].refused, got[0].offered)
	}
}

// TestSimulatedClasses lets important calls through, and starves nobody.
func TestSimulatedClasses(t *testing.T) {
	const capacity = 1000
	s := newSimulated(20, exponential(20*time.Millisecond))
	of := func(c Class, rate float64, client string) source { return source{rate, c, client, "get", 0, 9} }
	s.run(2*time.Second, calls(capacity/2))
	mix := func() []source {
		return []source{of(Low, 3*capacity, "192.0.2.10"), of(Normal, 3*capacity, "192.0.2.20"), of(High, capacity/4, "192.0.2.30"), of(Critical, capacity/10, "192.0.2.40")}
	}
	s.run(2*time.Second, mix()...)
	got, _ := s.run(10*time.Second, mix()...)
	t.Logf("%+v", got)
	if got[3].share() < 0.97 || got[2].share() < 0.95 { // which clients share a counter is chance
		t.Errorf("critical %.2f, high %.2f", got[3].share(), got[2].share())
	}
	if got[0].share() > got[1].share()/2 {
		t.Errorf("low %.3f, normal %.3f", got[0].share(), got[1].share())
	}
	if got[0].done == 0 {
		t.Error("low calls are starved")
	}
}

// TestSimulatedFlood has a client with all of its calls refused that are beyond
// its share, and others none.
func TestSimulatedFlood(t *testing.T) {
	const capacity = 1000
	s := newSimulated(20, exponential(20*time.Millisecond))
	s.run(2*time.Second, calls(capacity/2))
	flood := func() []source {
		fair := calls(capacity / 10)
		fair.client = "192.0.2.2"
		other := calls(capacity / 5)
		other.client = "2001:db8::1"
		return []source{calls(10 * capacity), fair, other}
	}
	s.run(2*time.Second, flood()...)
	got, _ := s.run(10*time.Second, flood()...)
	t.Logf("%+v, %d unfair", got, s.limit.unfair.Load())
	for _, g := range got[1:] {
		if g.share() < 0.95 {
			t.Errorf("a fair client got %.2f of its calls", g.share())
		}
	}
	if done := got[0].done + got[1].done + got[2].done; done < 9*capacity {
		t.Errorf("%d calls were done, the API can do %d", done, 10*capacity)
	}
	if n := s.limit.clients.active.Load(); n < 0 || n > 3 {
		t.Errorf("%d clients are at work", n)
	}
}

// TestSimulatedSilence has an API that answers nothing any more: calls are
// refused soon, and let in again when it answers.
func TestSimulatedSilence(t *testing.T) {
	hangs := false
	s := newSimulated(20, func(r *rand.Rand) time.Duration {
		if hangs {
			return 3 * time.Second
		}
		return exponential(20 * time.Millisecond)(r)
	})
	s.run(5*time.Second, calls(500))
	hangs = true
	s.run(2*time.Second, calls(500))
	if got := s.limit.limit.Load(); got > 200 {
		t.Errorf("the limit is %d while nothing ends", got)
	}
	hangs = false
	s.run(25*time.Second, calls(500))
	got, _ := s.run(10*time.Second, calls(500))
	if got[0].share() < 0.99 {
		t.Errorf("it answers again, and gets %.2f of the calls", got[0].share())
	}
}
