//go:build !race

package fields_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/gate"
)

// The race detector makes pools forget at random, so that this file is not
// built with it.

// within is the guard in its place in the walk: what it judges was read, and
// judged by those before it. During one exchange judge is called as often as do
// likes.
type within struct {
	gate.Step
	do func(judge func() gate.Verdict)
}

func (w within) again(x *gate.Exchange, judge func(*gate.Exchange) gate.Verdict) gate.Verdict {
	edits, trimmed, fields := len(x.Edits), x.Trimmed, len(x.AddFields)
	var last gate.Verdict
	w.do(func() gate.Verdict {
		x.Edits, x.Trimmed, x.AddFields = x.Edits[:edits], trimmed, x.AddFields[:fields]
		last = judge(x)
		return last
	})
	return last
}

// Answer implements gate.AnswerGuard.
func (w within) Answer(x *gate.Exchange) gate.Verdict { return w.again(x, w.Step.Answer.Answer) }

// Body implements gate.BodyGuard.
func (w within) Body(x *gate.Exchange) gate.Verdict { return w.again(x, w.Step.Body.Body) }

// judged makes one call by a caller with a role, and has do judge it.
func judged(t testing.TB, role, method, target, body, answer string, do func(judge func() gate.Verdict)) {
	t.Helper()
	s := newPlay(t, people, gatehouse.Options{})
	called := false
	for _, op := range s.Gate.Plan().Operations {
		for i := range op.Steps {
			if step := op.Steps[i]; step.Name == "fields" {
				w := within{step, func(judge func() gate.Verdict) { called = true; do(judge) }}
				if step.Answer != nil && method == "GET" {
					op.Steps[i].Answer = w
				}
				if step.Body != nil && method != "GET" {
					op.Steps[i].Body = w
				}
			}
		}
		if err := op.Compile(); err != nil {
			t.Fatal(err)
		}
	}
	s.answer.media, s.answer.body = "application/json", answer
	if s.call([]string{role}, method, target, "application/json", body); !called {
		t.Fatalf("%s %s: the guard was not asked: %d %s", method, target, s.Status, s.Body)
	}
}

// list is an answer of n people, 100 bytes each.
func list(n int) string {
	var items []string
	for i := range n {
		items = append(items, fmt.Sprintf(`{"name":"somebody %02d","salary":%d,"address":{"city":"somewhere","street":"of the many %d"},"tags":{}}`, i, 1000+i, i))
	}
	return "[" + strings.Join(items, ",") + "]"
}

var cases = []struct {
	name, role, method, target, body, answer string
	want                                     gate.Verdict
}{
	{"read-all", "boss", "GET", "/people", "", list(10), gate.Allow},
	{"read-cut", "clerk", "GET", "/people", "", list(10), gate.Allow},
	{"read-cut-of-1000", "clerk", "GET", "/people", "", list(1000), gate.Allow},
	{"write-all", "hr", "PUT", "/people/one", `{"name":"a","salary":1}`, "", gate.Allow},
	{"write-refused", "clerk", "PUT", "/people/one", `{"name":"a","salary":1}`, "", gate.Deny},
}

// TestJudgingAllocatesNothing: neither where the caller gets all, nor where
// something is cut out. A refusal may say where.
func TestJudgingAllocatesNothing(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			judged(t, c.role, c.method, c.target, c.body, c.answer, func(judge func() gate.Verdict) {
				if got := judge(); got != c.want {
					t.Fatalf("verdict %v", got)
				}
				most := 0.0
				if c.want == gate.Deny {
					most = 3 // the pointer
				}
				if n := testing.AllocsPerRun(100, func() { judge() }); n > most {
					t.Errorf("%v allocations", n)
				}
			})
		})
	}
}

func BenchmarkFields(b *testing.B) {
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			judged(b, c.role, c.method, c.target, c.body, c.answer, func(judge func() gate.Verdict) {
				b.ReportAllocs()
				for b.Loop() {
					judge()
				}
			})
		})
	}
}
