package limit_test

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/limit"
)

var alice = &gate.Principal{ID: "https://id.example.com|alice", Issuer: "https://id.example.com", Client: "web"}

// TestNoneIsCounted: where one limit refuses, the others count nothing.
func TestNoneIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := limit.NewState(limit.StateOptions{})
		wide := []limit.Limit{
			{Name: "early", Kind: limit.Quota, Amount: 10, Period: limit.Day},
			{Name: "rate", Kind: limit.Rate, Amount: 10, Per: time.Hour, Key: []limit.Part{{What: limit.Principal}}},
			{Name: "window", Kind: limit.Window, Amount: 10, Per: time.Hour, Key: []limit.Part{{What: limit.Principal}}},
			{Name: "places", Kind: limit.Concurrency, Amount: 10, Key: []limit.Part{{What: limit.Principal}}},
		}
		narrow := append(wide[:4:4], limit.Limit{Name: "narrow", Kind: limit.Quota, Amount: 4, Period: limit.Day, Key: []limit.Part{{What: limit.Principal}}})
		want(t, "through the narrow one", more(t, s, limit.About{}, narrow...).passed(100, home, alice), 4)
		want(t, "the rest of the wide ones", more(t, s, limit.About{}, wide...).passed(100, home, alice), 6)
	})
}

// TestCountRefused: whoever goes on stays out.
func TestCountRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, l := range []limit.Limit{
			{Kind: limit.Rate, Amount: 5, Per: 5 * time.Second},
			{Kind: limit.Window, Amount: 5, Per: 5 * time.Second},
		} {
			for _, count := range []bool{false, true} {
				l.CountRefused = count
				p := newPlay(t, limit.About{}, l)
				passed := 0
				for range 300 {
					passed += p.passed(1, home, nil)
					time.Sleep(100 * time.Millisecond)
				}
				if count && passed > 6 || !count && passed < 25 {
					t.Errorf("%v, counted %v: %d passed", l.Kind, count, passed)
				}
				time.Sleep(10 * time.Second)
				want(t, "after a rest", p.passed(9, home, nil), 5)
			}
		}
	})
}

func TestCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := map[string]func(x *gate.Exchange){
			"passed":   func(x *gate.Exchange) { x.Answer.Status = 200 },
			"refused":  func(x *gate.Exchange) { x.Refused, x.Sent = true, time.Time{} },
			"failed":   func(x *gate.Exchange) { x.Refused = true },
			"broken":   func(x *gate.Exchange) { x.Answer.Status = 503 },
			"aborted":  func(x *gate.Exchange) { x.Answer.Status, x.Aborted = 200, true },
			"answered": func(x *gate.Exchange) { x.Answer.Status = 404 },
		}
		for counts, free := range map[limit.Counts]string{limit.All: "", limit.Passed: "refused", limit.Succeeded: "refused failed broken"} {
			for name, end := range ends {
				for _, l := range []limit.Limit{{Kind: limit.Rate, Amount: 2, Per: time.Hour}, {Kind: limit.Window, Amount: 2, Per: time.Hour}, {Kind: limit.Quota, Amount: 2, Period: limit.Month}} {
					l.Counts = counts
					p := newPlay(t, limit.About{}, l)
					passed := 0
					for range 6 {
						x := call(home, nil)
						if p.begin(x) == "ok" {
							passed++
							end(x)
						}
						p.end(x)
					}
					if free := strings.Contains(free, name); free && passed != 6 || !free && passed != 2 {
						t.Errorf("%v %v of calls that are %s: %d passed", counts, l.Kind, name, passed)
					}
				}
			}
		}
	})
}

func TestFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, limit.About{Weight: 2},
			limit.Limit{Name: "client", Kind: limit.Rate, Amount: 10, Per: time.Second, Burst: 20},
			limit.Limit{Name: "hidden", Kind: limit.Rate, Amount: 100, Per: time.Second, Hidden: true},
			limit.Limit{Name: "plan", Kind: limit.Quota, Amount: 5, Period: limit.Day, Key: []limit.Part{{What: limit.Principal}}},
			limit.Limit{Name: "month", Kind: limit.Quota, Amount: 5000, Period: limit.Month, Key: []limit.Part{{What: limit.Principal}}},
			limit.Limit{Name: "data", Kind: limit.Window, Amount: 1 << 20, Per: time.Minute, Unit: limit.AnswerBytes, Key: []limit.Part{{What: limit.Principal}}},
			limit.Limit{Name: "often", Kind: limit.Window, Amount: 30, Per: 1500 * time.Millisecond},
			limit.Limit{Name: "places", Kind: limit.Concurrency, Amount: 8},
		)
		const policy = `RateLimit-Policy: "client";q=10;w=1;gatehouse-burst=20, "plan";q=5;w=86400, "month";q=5000, "data";q=1048576;qu="content-bytes";w=60, "often";q=40;w=2, "places";q=8;qu="concurrent-requests"` + "\n"
		x := call(home, alice)
		want(t, "call", p.begin(x), "ok")
		want(t, "fields", told(x), policy+`RateLimit: "client";r=18;t=1, "often";r=28;t=3, "places";r=7, "plan";r=3;t=86400, "month";r=4998;t=2678400, "data";r=1048576;t=60`)
		p.end(x)
		p.once(home, alice)
		x = call(home, alice)
		want(t, "refused", p.begin(x), "limit-exceeded 86400")
		want(t, "fields", told(x), policy+`RateLimit: "client";r=14;t=1, "often";r=24;t=3, "places";r=7, "plan";r=1;t=86400`)
		want(t, "which", x.Refusal.Keyword, "plan")
		p.end(x)
	})
}

// TestObserved: clients hear nothing of a limit that is observed, and what would
// be refused is known.
func TestObserved(t *testing.T) {
	p := newPlay(t, limit.About{Observe: true}, limit.Limit{Kind: limit.Quota, Amount: 1, Period: limit.Month})
	p.once(home, nil)
	x := call(home, nil)
	want(t, "call", p.begin(x)[:14], "limit-exceeded")
	want(t, "fields", told(x), "")
	want(t, "text", len(x.Told), 0)
	p.end(x)
	s := p.state.Stats()[0]
	want(t, "passed", s.Passed, uint64(1))
	want(t, "refused", s.Refused, uint64(1))
}

// TestReload: other numbers reset nothing; another kind is another limit.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := limit.NewState(limit.StateOptions{})
		l := limit.Limit{Kind: limit.Quota, Amount: 5, Period: limit.Month}
		want(t, "before", more(t, s, limit.About{}, l).passed(9, home, nil), 5)
		want(t, "the same", more(t, s, limit.About{}, l).passed(9, home, nil), 0)
		l.Amount, l.Hidden, l.MaxKeys, l.CountRefused = 8, true, 10, true
		r, err := s.Rule(l)
		if err == nil {
			t.Error("a limit without a name and a key")
		}
		_ = r
		want(t, "a larger one", more(t, s, limit.About{}, l).passed(9, home, nil), 3)
		l.Period = limit.Day
		want(t, "another", more(t, s, limit.About{}, l).passed(9, home, nil), 8)
		s.Keep(nil)
		want(t, "one that was gone", more(t, s, limit.About{}, l).passed(9, home, nil), 8)
	})
}

func TestNoRule(t *testing.T) {
	good := limit.Limit{Name: "a", Key: []limit.Part{{What: limit.Address}}, Kind: limit.Rate, Amount: 1, Per: time.Second}
	s := limit.NewState(limit.StateOptions{})
	if _, err := s.Rule(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(l *limit.Limit){
		"no-name":      func(l *limit.Limit) { l.Name = "" },
		"a-quote":      func(l *limit.Limit) { l.Name = `a"b` },
		"no-key":       func(l *limit.Limit) { l.Key = nil },
		"no-kind":      func(l *limit.Limit) { l.Kind = limit.NoKind },
		"nothing":      func(l *limit.Limit) { l.Amount = 0 },
		"less":         func(l *limit.Limit) { l.Amount = math.MinInt64 },
		"too-much":     func(l *limit.Limit) { l.Amount = math.MaxInt64 },
		"burst":        func(l *limit.Limit) { l.Burst = math.MaxInt64 },
		"no-time":      func(l *limit.Limit) { l.Per = 0 },
		"long":         func(l *limit.Limit) { l.Per = math.MaxInt64 },
		"slow":         func(l *limit.Limit) { l.Per, l.Burst = time.Hour, 1<<30 },
		"large-window": func(l *limit.Limit) { l.Kind, l.Amount = limit.Window, limit.MaxWindow+1 },
		"no-period":    func(l *limit.Limit) { l.Kind = limit.Quota },
		"places-bytes": func(l *limit.Limit) { l.Kind, l.Unit = limit.Concurrency, limit.AnswerBytes },
	} {
		l := good
		spoil(&l)
		if _, err := s.Rule(l); err == nil {
			t.Errorf("%s: a rule", name)
		}
	}
}
