package balance

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Retries say what is sent again to another target. A zero field takes its
// default.
type Retries struct {
	Tries         int           // of one call, the first included; 1 never tries again; default 3, at most 5
	BudgetPercent int           // how many of 100 calls may be repeated; default 20
	Within        time.Duration // of a call's first try; none begins later; default 10s
}

func (r Retries) withDefaults() Retries {
	fill(&r.Tries, 3)
	r.Tries = min(r.Tries, maxTries)
	fill(&r.BudgetPercent, 20)
	fill(&r.Within, 10*time.Second)
	return r
}

// repeatable reports whether a call that may have reached a target can be sent
// to another one: its method is idempotent (RFC 9110 section 9.2.2), and the
// gate still has its body.
func repeatable(x *gate.Exchange) bool {
	if streams(x) {
		return false
	}
	switch string(x.Method) {
	case "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE":
		return true
	}
	return false
}

// streams reports whether something of x is gone once it was sent: a body that
// nobody keeps, or a connection that becomes another one's.
func streams(x *gate.Exchange) bool {
	return x.Intake.Mode == gate.Stream && x.Incoming != nil && x.BodyLength != 0 || len(x.Upgrade) > 0
}

// price is what one more try of a call that failed costs.
type price uint8

const (
	refused price = iota // it is not to be had
	free
	saved // it uses up the budget
)

// price says what it costs to send a call to another target. What reached none
// may be sent again, whatever it is; what may have been performed only when it
// is safe to repeat.
func (b *Balancer) price(ctx context.Context, x *gate.Exchange, err error, tries int, took int64, safe bool) price {
	if tries >= b.retries.Tries || took > int64(b.retries.Within) || ctx.Err() != nil || x.Watch != nil && x.Watch.Gone() {
		return refused
	}
	switch code(err) {
	case gate.UpstreamUnreachable, gate.Overloaded:
		return free
	case gate.UpstreamBroken, gate.UpstreamTimeout:
		if safe {
			return saved
		}
	}
	return refused
}

// afford pays for a try of p and counts it, or gives p back.
func (b *Balancer) afford(p pick, what price) bool {
	if what == saved && !b.budget.spend() {
		b.counts.exhausted.Add(1)
		p.leave()
		return false
	}
	b.counts.retries.Add(1)
	return true
}

// budget bounds how many calls are repeated, so that an API which fails under
// load does not get more of it. Calls save up for it. The values are
// thousandths of a call.
type budget struct {
	each  int64 // that a call saves
	saved atomic.Int64
}

// mostSaved is what a budget holds at most, and at first.
const mostSaved = 100_000

func (b *budget) init(percent int) {
	b.each = int64(percent) * 10
	b.saved.Store(mostSaved)
}

// earn is for each call. A full budget is only read.
func (b *budget) earn() {
	if b.saved.Load() < mostSaved {
		b.saved.Add(b.each)
	}
}

func (b *budget) spend() bool {
	for {
		v := b.saved.Load()
		if v < 1000 {
			return false
		}
		if b.saved.CompareAndSwap(v, v-1000) {
			return true
		}
	}
}
