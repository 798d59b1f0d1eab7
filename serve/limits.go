package serve

import (
	"context"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/guard/limit"
	"github.com/gatehouse-api/gatehouse/record/metrics"
)

// count makes the limits of a draft ready. Their counters outlive it: a reload
// resets none.
func (r *reader) count(d *draft) {
	if r.counters == nil {
		o := limit.StateOptions{}
		if r.shared != nil {
			o.Shared = r.shared
		}
		r.counters = limit.NewState(o)
	}
	var together gatehouse.Together
	if c := d.config.Counters; c != nil {
		together = gatehouse.Together{Gates: c.Gates, Wait: c.Timeout, SlicePermille: c.SlicePermille}
		if c.SlicePermille == 0 {
			together.SlicePermille = -1 // every call asks
		}
		r.counters.Rekey(pepperOf(c))
	}
	rules, problems := gatehouse.Rules(d.config.Limits, r.counters, together, d.config.Place)
	d.limits, d.faults.problems = rules, append(d.faults.problems, problems...)
}

// settleCounters forgets the counters of limits that no plan has any more.
func (p *Program) settleCounters(d *draft) {
	var rules []*limit.Rule
	for _, rule := range d.limits {
		rules = append(rules, rule)
	}
	p.reader.counters.Keep(rules)
	p.sweeping.Do(func() {
		p.swept.Go(func() { sweep(p.ending, p.reader.counters) })
		p.swept.Go(func() { p.reader.counters.Tend(p.ending) })
	})
}

// sweepEvery is how often the memory of counters that are as good as new is
// given back.
const sweepEvery = time.Minute

func sweep(ctx context.Context, s *limit.State) {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			s.Sweep(now)
		}
	}
}

// giveBack gives back what this gate has of counters that gates share. What it
// does not come to is void soon.
func (p *Program) giveBack(ctx context.Context) {
	if s := p.reader.counters; s != nil {
		ctx, cancel := context.WithTimeout(ctx, givingBack)
		defer cancel()
		s.Close(ctx)
	}
}

// givingBack is how long that may take.
const givingBack = time.Second

// limitStats are what was counted of each limit.
func (p *Program) limitStats() (list []metrics.Limit) {
	if p.reader.counters != nil {
		for _, s := range p.reader.counters.Stats() {
			list = append(list, metrics.Limit(s))
		}
	}
	return list
}
