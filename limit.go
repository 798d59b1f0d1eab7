package gatehouse

import (
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/limit"
)

// Together is how gates share counters.
type Together struct {
	Gates         int           // at most
	Wait          time.Duration // of a call for the counters
	SlicePermille int           // of a limit that a gate takes at a time; below 0 for none
}

// Rules makes the limits of a configuration ready, each by its name, with the
// counters that state has of it. What is wrong is told at place, where they
// stand.
func Rules(limits map[string]config.Limit, state *limit.State, t Together, place config.Place) (rules map[string]*limit.Rule, problems source.Problems) {
	rules = make(map[string]*limit.Rule, len(limits))
	for _, name := range sorted(limits) {
		l := limits[name]
		one := limitOf(name, &l)
		one.Nodes, one.Wait, one.SlicePermille = t.Gates, t.Wait, t.SlicePermille
		r, err := state.Rule(one)
		if err != nil { // config has a message of its own for all that a file can say
			problems = append(problems, place.At("limits", name).Problem("see docs/reference/gatehouse.yaml.md", "the limit %s: %v", name, err))
			continue
		}
		rules[name] = r
	}
	return rules, problems
}

// limitOf translates.
func limitOf(name string, c *config.Limit) limit.Limit {
	l := limit.Limit{Name: name, IPv4Bits: c.IPv4Prefix, IPv6Bits: c.IPv6Prefix, Late: c.Late, CountRefused: c.CountRefused, Hidden: c.Hidden, MaxKeys: c.MaxKeys, Global: c.Shared}
	for _, word := range c.Key {
		l.Key = append(l.Key, partOf(word))
	}
	switch {
	case c.Rate != nil:
		l.Kind, l.Amount, l.Per, l.Burst = limit.Rate, c.Rate.Amount, c.Rate.Per, c.Rate.Burst
	case c.Window != nil:
		l.Kind, l.Amount, l.Per = limit.Window, c.Window.Amount, c.Window.Per
	case c.Quota != nil:
		l.Kind, l.Amount, l.Period = limit.Quota, c.Quota.Amount, limit.Day
		if c.Quota.Per == config.PerMonth {
			l.Period = limit.Month
		}
		l.Zone, _ = time.LoadLocation(c.Quota.Zone) // config knows that it is there
	case c.Concurrency != nil:
		l.Kind, l.Amount = limit.Concurrency, c.Concurrency.Amount
	}
	l.Unit = map[config.LimitUnit]limit.Unit{config.UnitRequestBytes: limit.RequestBytes, config.UnitAnswerBytes: limit.AnswerBytes, config.UnitComplexity: limit.Complexity}[c.Unit]
	l.Absent = map[config.MissingKey]limit.Absent{config.MissingSkip: limit.Skip, config.MissingRefuse: limit.Refuse}[c.Missing]
	l.Counts = map[config.LimitCount]limit.Counts{config.CountPassed: limit.Passed, config.CountSucceeded: limit.Succeeded}[c.Count]
	l.OnFailure = map[config.LimitFailure]limit.OnFailure{config.LimitOpen: limit.Open, config.LimitDegraded: limit.Degraded}[c.OnFailure]
	return l
}

// limitParts are the words of keys.
var limitParts = map[string]limit.What{"address": limit.Address, "principal": limit.Principal, "api_key": limit.Key, "tenant": limit.Tenant, "client": limit.Program, "partner": limit.Partner,
	"country": limit.Country, "api": limit.API, "operation": limit.Operation, "tag": limit.Tag}

func partOf(word string) limit.Part {
	if what, ok := limitParts[word]; ok {
		return limit.Part{What: what}
	}
	return limit.Part{What: limit.Claim, Name: word[len("claim:"):]}
}

// limitGuards are those of one operation, in the places that limits have in the
// walk; nil where nothing is to be judged.
type limitGuards [3]any

// limited makes the guards of an operation once; op is nil for calls that no
// operation describes.
func (b *builder) limited(op *contract.Operation, set *settled, mode gate.Mode) limitGuards {
	if made, ok := b.limits[op]; ok {
		return made
	}
	about := limit.About{API: b.api.Name, Weight: max(1, set.weight), Observe: mode == gate.Observe}
	if op != nil {
		about.Operation = op.Name()
		if len(op.Tags) > 0 {
			about.Tag = op.Tags[0]
		}
	}
	var rules []*limit.Rule
	for _, name := range set.Limits {
		r := b.limitRules[name]
		if r == nil {
			b.unlimited(name)
			continue
		}
		if op != nil && r.Never(about.Weight) {
			own, written := of(&b.options, op)
			at := b.place
			if own.Weight > 0 {
				at = at.At("operations", written, "weight")
			}
			b.problem(at.Problem("make weight smaller, or what the limit lets through at once larger", "%s weighs %d, and the limit %s never lets so much through", op.Name(), about.Weight, name))
		}
		rules = append(rules, r)
	}
	early, late, cost := b.counters.Guards(rules, about)
	var made limitGuards
	if early != nil {
		made[0] = early
	}
	if late != nil {
		made[1] = late
	}
	if cost != nil {
		made[2] = cost
	}
	b.limits[op] = made
	return made
}

// unlimited reports a limit that is named and not there, once; reading
// gatehouse.yaml has said so before.
func (b *builder) unlimited(name string) {
	if !b.unknownLimits[name] {
		b.unknownLimits[name] = true
		b.problem(b.place.At("limits").Problem("describe it", "there is no limit %q", name))
	}
}

func (b *builder) limitEarly(op *contract.Operation, set *settled, mode gate.Mode) any {
	return b.limited(op, set, mode)[0]
}

func (b *builder) limitLate(op *contract.Operation, set *settled, mode gate.Mode) any {
	return b.limited(op, set, mode)[1]
}

func (b *builder) limitCost(op *contract.Operation, set *settled, mode gate.Mode) any {
	return b.limited(op, set, mode)[2]
}

// unroutedLimits are the limits of the API: calls that no operation describes
// are limited as those that one does. While the API is observed, so are its
// limits, unless their own name says otherwise.
func (b *builder) unroutedLimits() limitGuards {
	set := &settled{Settings: b.options.Settings}
	set.modes[1] = b.options.Modes
	if set.mode("limit", false) == gate.Observe {
		return limitGuards{}
	}
	return b.limited(nil, set, gate.Enforce)
}

func (b *builder) limitEarlyUnrouted() any { return b.unroutedLimits()[0] }

func (b *builder) limitLateUnrouted() any { return b.unroutedLimits()[1] }
