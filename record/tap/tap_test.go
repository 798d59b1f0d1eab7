package tap_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record/tap"
)

// numbered is an event that can be told from others.
func numbered(n int) *gate.Event {
	return &gate.Event{Status: n, Rules: []string{fmt.Sprint(n)}, Would: []gate.Code{gate.PathUnknown}, Series: "kept by nobody"}
}

func TestFactsAreCopies(t *testing.T) {
	var open tap.Tap
	s := open.Subscribe(4)
	e, path := numbered(7), []byte("/orders/17")
	open.See(e, path)
	e.Rules[0], e.Would[0], e.Status, path[1] = "poison", gate.BodySchema, 0, 'x'
	n := s.Take(func(f *tap.Fact) {
		if f.Status != 7 || !slices.Equal(f.Rules, []string{"7"}) || f.Would[0] != gate.PathUnknown || f.Series != nil || string(f.Shape) != "/{word}/{number}" {
			t.Errorf("%+v, shape %s", f.Event, f.Shape)
		}
	})
	if n != 1 || s.Take(func(*tap.Fact) {}) != 0 {
		t.Errorf("%d facts", n)
	}
}

// TestSlowSubscribers: who takes nothing misses what finds no room, in order, and
// keeps it from nobody else.
func TestSlowSubscribers(t *testing.T) {
	var open tap.Tap
	slow, quick := open.Subscribe(8), open.Subscribe(8)
	var got []int
	for i := range 100 {
		open.See(numbered(i), nil)
		quick.Take(func(f *tap.Fact) { got = append(got, f.Status) })
	}
	if len(got) != 100 || quick.Dropped() != 0 || quick.Waiting() != 0 {
		t.Errorf("the quick one has %d, %d dropped, %d wait", len(got), quick.Dropped(), quick.Waiting())
	}
	if slow.Waiting() != 8 || slow.Dropped() != 92 {
		t.Errorf("for the slow one %d wait, %d dropped", slow.Waiting(), slow.Dropped())
	}
	got = got[:0]
	slow.Take(func(f *tap.Fact) { got = append(got, f.Status) })
	if !slices.Equal(got, []int{0, 1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("the slow one has %v", got)
	}
	open.Unsubscribe(slow)
	open.See(numbered(1), nil)
	if slow.Waiting() != 0 || quick.Waiting() != 1 {
		t.Error("an event for one who has gone, or none for one who has not")
	}
	open.Unsubscribe(quick)
	open.Unsubscribe(quick)
	open.See(numbered(1), nil)
}

// TestNothingIsLostUnseen has many goroutines put events in while one takes them:
// each arrives or is counted, and those of one goroutine in their order.
func TestNothingIsLostUnseen(t *testing.T) {
	const writers, each = 4, 5000
	var open tap.Tap
	s := open.Subscribe(64)
	ctx, end := context.WithCancel(t.Context())
	var taken int
	last := map[string]int{}
	var taker, putters sync.WaitGroup
	taker.Go(func() {
		s.Run(ctx, func(f *tap.Fact) {
			if before, ok := last[f.API]; ok && f.Status <= before {
				t.Errorf("%s: %d behind %d", f.API, f.Status, before)
			}
			last[f.API] = f.Status
			taken++
		}, time.Hour, func(time.Time) {})
	})
	for w := range writers {
		putters.Go(func() {
			e := numbered(0)
			e.API = fmt.Sprint(w)
			for i := range each {
				e.Status = i
				open.See(e, nil)
			}
		})
	}
	putters.Wait()
	end()
	taker.Wait()
	if taken+int(s.Dropped()) != writers*each || taken == 0 {
		t.Errorf("%d taken and %d dropped of %d", taken, s.Dropped(), writers*each)
	}
}

// TestRun: what comes is taken within a moment, ticks come beside it, and nothing
// that waits is left at the end.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open tap.Tap
		s := open.Subscribe(64)
		ctx, end := context.WithCancel(t.Context())
		taken, ticks := 0, 0
		done := make(chan struct{})
		go func() {
			s.Run(ctx, func(*tap.Fact) { taken++ }, time.Second, func(time.Time) { ticks++ })
			close(done)
		}()
		for range 5 {
			synctest.Wait()
			open.See(numbered(1), nil)
			time.Sleep(time.Second + time.Millisecond)
		}
		synctest.Wait()
		if taken != 5 || ticks != 5 {
			t.Errorf("%d taken, %d ticks", taken, ticks)
		}
		for range 100 { // events without a pause do not keep ticks away
			open.See(numbered(1), nil)
			time.Sleep(50 * time.Millisecond)
		}
		synctest.Wait()
		if taken != 105 || ticks != 10 {
			t.Errorf("%d taken, %d ticks", taken, ticks)
		}
		open.See(numbered(1), nil)
		end()
		<-done
		if taken != 106 {
			t.Errorf("%d taken at the end", taken)
		}
	})
}

func TestSeeAllocatesNothing(t *testing.T) {
	var open tap.Tap
	open.Know(map[string]bool{"orders": true})
	e, path := numbered(1), []byte("/orders/17/anna@example.com/d2f1/report.pdf")
	if n := testing.AllocsPerRun(100, func() { open.See(e, path) }); n != 0 {
		t.Errorf("%v allocations without a subscriber", n)
	}
	s := open.Subscribe(2)
	for range 4 { // slots get their memory once
		open.See(e, path)
		s.Take(func(*tap.Fact) {})
	}
	if n := testing.AllocsPerRun(100, func() { open.See(e, path); s.Take(func(*tap.Fact) {}) }); n != 0 {
		t.Errorf("%v allocations with a subscriber", n)
	}
}

func BenchmarkSee(b *testing.B) {
	e := numbered(1)
	b.Run("nobody", func(b *testing.B) {
		var open tap.Tap
		for b.Loop() {
			open.See(e, nil)
		}
	})
	b.Run("one", func(b *testing.B) {
		var open tap.Tap
		s := open.Subscribe(1024)
		for b.Loop() {
			open.See(e, nil)
			s.Take(func(*tap.Fact) {})
		}
	})
	b.Run("full", func(b *testing.B) {
		var open tap.Tap
		open.Subscribe(2)
		for b.Loop() {
			open.See(e, nil)
		}
	})
}
