package limit_test

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/limit"
)

var home, office = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.7")

// play is the limits of one operation.
type play struct {
	t     testing.TB
	state *limit.State
	early *limit.Guard
	late  *limit.Guard
	cost  *limit.Cost
}

func newPlay(t testing.TB, a limit.About, list ...limit.Limit) *play {
	t.Helper()
	return more(t, limit.NewState(limit.StateOptions{}), a, list...)
}

// more is an operation with the counters of a state that is there.
func more(t testing.TB, s *limit.State, a limit.About, list ...limit.Limit) *play {
	t.Helper()
	var rules []*limit.Rule
	for _, l := range list {
		if l.Name == "" {
			l.Name = "test"
		}
		if l.Key == nil {
			l.Key = []limit.Part{{What: limit.Address}}
		}
		r, err := s.Rule(l)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	p := &play{t: t, state: s}
	p.early, p.late, p.cost = s.Guards(rules, a)
	return p
}

// call is one exchange that has begun.
func call(from netip.Addr, who *gate.Principal) *gate.Exchange {
	return &gate.Exchange{Client: from, Principal: who, Received: time.Now()}
}

// begin walks x up to the API: "ok", or the code with its Retry-After.
func (p *play) begin(x *gate.Exchange) string {
	judged := gate.Allow
	if p.early != nil {
		judged = p.early.Head(x)
	}
	if p.late != nil && judged == gate.Allow {
		judged = p.late.Head(x)
	}
	if p.cost != nil && judged == gate.Allow {
		judged = p.cost.Body(x)
	}
	if judged == gate.Allow {
		x.Sent = time.Now()
		return "ok"
	}
	x.Refused = true
	return x.Refusal.Code.String() + " " + strconv.Itoa(x.Refusal.Retry)
}

// end walks it to its end.
func (p *play) end(x *gate.Exchange) {
	if p.early != nil {
		p.early.Done(x)
	}
	if p.late != nil {
		p.late.Done(x)
	}
	if p.cost != nil {
		p.cost.Done(x)
	}
	if len(x.Charges) > 0 {
		p.t.Error("charges are left")
	}
}

// once is a whole call.
func (p *play) once(from netip.Addr, who *gate.Principal) string {
	p.t.Helper()
	x := call(from, who)
	got := p.begin(x)
	p.end(x)
	return got
}

// passed is how many of n calls at once pass.
func (p *play) passed(n int, from netip.Addr, who *gate.Principal) (passed int) {
	for range n {
		if p.once(from, who) == "ok" {
			passed++
		}
	}
	return passed
}

// told are the fields that a client gets.
func told(x *gate.Exchange) string {
	var list []string
	for _, f := range x.AddFields {
		list = append(list, string(f.Name)+": "+string(f.Value))
	}
	return strings.Join(list, "\n")
}

func want(t testing.TB, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
