package overload

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestBudget holds what each call pays to no allocation, also where shares are
// looked at and where it is refused.
func TestBudget(t *testing.T) {
	for _, busy := range []uint32{0, 500} {
		g := New(Options{})
		d, w, l := pair(g, Settings{Operation: "get", Class: Normal, Callers: NewCallers(&gate.Vocabulary{}, map[string]Class{"vip": High}, nil)})
		for i := range busy {
			l.enter(Normal, l.clients.mix(uint64(i)), true)
		}
		l.limit.Store(1000)
		l.ends.Store(math.MaxInt64)
		x := exchange("192.0.2.1")
		x.Principal = &gate.Principal{ID: "https://id.example.com|alice", Roles: []string{"vip"}}
		whole := func() {
			if d.Head(x) != gate.Allow || w.Head(x) != gate.Allow || w.Forward(x) != gate.Allow {
				t.Fatal("refused")
			}
			x.Sent, x.Answered, x.Answer.Status = x.Received, x.Received.Add(time.Millisecond), 200
			d.AnswerHead(x)
			w.AnswerHead(x)
			d.Done(x)
			w.Done(x)
		}
		if n := testing.AllocsPerRun(1000, whole); n != 0 {
			t.Errorf("%d at work: %v allocations", busy, n)
		}
		g.squeeze.Store(uint32(Critical))
		if n := testing.AllocsPerRun(1000, func() { d.Head(x) }); n != 0 {
			t.Errorf("a refusal: %v allocations", n)
		}
	}
}

// BenchmarkCall is both steps of one call, from its head to its end.
func BenchmarkCall(b *testing.B) {
	for _, busy := range []int{0, 500} {
		b.Run(fmt.Sprintf("%d-at-work", busy), func(b *testing.B) {
			g := New(Options{})
			d, w, l := pair(g, Settings{Operation: "get", Class: Normal})
			for range busy {
				l.enter(Normal, l.clients.mix(7), true)
			}
			l.limit.Store(1000)
			l.ends.Store(math.MaxInt64)
			x := exchange("192.0.2.1")
			x.Sent, x.Answered, x.Answer.Status = x.Received, x.Received.Add(time.Millisecond), 200
			b.ReportAllocs()
			for b.Loop() {
				d.Head(x)
				w.Head(x)
				w.Forward(x)
				d.AnswerHead(x)
				w.AnswerHead(x)
				d.Done(x)
				w.Done(x)
			}
		})
	}
	b.Run("refused", func(b *testing.B) {
		g := New(Options{})
		d, _, _ := pair(g, Settings{Operation: "get"})
		g.squeeze.Store(uint32(Critical))
		x := exchange("192.0.2.1")
		b.ReportAllocs()
		for b.Loop() {
			d.Head(x)
		}
	})
}
