package alert

import (
	"encoding/json"
	"hash/maphash"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Engine judges events by rules. Its clock is that of its callers; what it tells
// depends on nothing but the events and the times that they come with. Its methods
// may be called on any goroutine.
type Engine struct {
	tell func(*gate.Event) // takes alerts; called with mu held

	mu    sync.Mutex
	rules []*rule       // guarded by mu, as is what follows
	base  time.Time     // of the engine's times; zero before the first one
	now   time.Duration // since base; it never goes back
}

// rule is one that is judged.
type rule struct {
	Rule
	identity string // says the same for rules whose memory is good for each other
	judge
	stats  Stats
	engine *Engine
	key    []byte

	tokens     int // alerts that may be told at once
	filled     time.Duration
	suppressed int64 // alerts that were not told since the last one
}

// New returns an engine without rules, that tells of what they find.
func New(tell func(*gate.Event)) *Engine { return &Engine{tell: tell} }

// seed makes numbers of values. It is the same for the whole program.
var seed = maphash.MakeSeed()

// Use judges by these rules from now on. What one remembers stays where only its
// severity or its quiet time changed. restore gives a rule of FirstSeen back what
// was kept of it; nil, or to return nil, for nothing.
func (g *Engine) Use(rules []Rule, now time.Time, restore func(name, identity string) *Seen) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.advance(now)
	var list []*rule
	for i := range rules {
		r := &rule{Rule: rules[i], engine: g, identity: identity(&rules[i])}
		if old := g.find(r.Name); old != nil && old.identity == r.identity {
			old.Rule = r.Rule
			list = append(list, old)
			continue
		}
		r.tokens, r.filled, r.stats.Name = maxBurst, at, r.Name
		switch {
		case r.Threshold != nil:
			r.judge = newThreshold(r.Threshold)
		case r.FirstSeen != nil:
			var seen *Seen
			if restore != nil {
				seen = restore(r.Name, r.identity)
			}
			r.judge = newFirst(seen, now)
		default:
			r.judge = newAbsence(len(r.By) > 0, at)
		}
		list = append(list, r)
	}
	g.rules = list
}

// identity says what a rule is about.
func identity(r *Rule) string {
	same := *r
	same.Severity, same.Quiet, same.Resolved = "", 0, false
	text, err := json.Marshal(same)
	if err != nil {
		panic(err) // rules are plain values
	}
	return string(text)
}

func (g *Engine) find(name string) *rule {
	for _, r := range g.rules {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// advance needs mu.
func (g *Engine) advance(now time.Time) time.Duration {
	if g.base.IsZero() {
		g.base = now
	}
	g.now = max(g.now, now.Sub(g.base))
	return g.now
}

// See judges an event that came now. The texts of e are kept, nothing else of it.
func (g *Engine) See(e *gate.Event, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.advance(now)
	if e.Act == gate.Alerted {
		return
	}
	for _, r := range g.rules {
		if r.When.match(e) {
			r.stats.Matched++
			r.see(r, e, at)
		}
	}
}

// Tick judges what is a matter of time alone. It is to be called every second or
// so.
func (g *Engine) Tick(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.advance(now)
	for _, r := range g.rules {
		r.tick(r, at)
	}
}

// Stats are those of all rules, in their order.
func (g *Engine) Stats() (list []Stats) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.rules {
		s := r.stats
		s.Groups = r.size()
		list = append(list, s)
	}
	return list
}

// group is what an event says in the fields that the rule goes by; it is valid
// until the next call. It returns false where the event says nothing in one.
func (r *rule) group(e *gate.Event, more ...Field) (key []byte, ok bool) {
	key = r.key[:0]
	for _, f := range r.By {
		if key, ok = f.appendKey(key, e); !ok {
			return nil, false
		}
	}
	for _, f := range more {
		if key, ok = f.appendKey(key, e); !ok {
			return nil, false
		}
	}
	r.key = key
	return key, true
}

// alert tells of what a rule found at a time, unless it has told too much, and
// returns whether it did.
func (r *rule) alert(e *gate.Event, at time.Duration) bool {
	if n := int((at - r.filled) / wait); n > 0 {
		r.tokens, r.filled = min(maxBurst, r.tokens+n), r.filled+time.Duration(n)*wait
	}
	if r.tokens == 0 {
		r.stats.Flooded++
		r.suppressed++
		return false
	}
	r.tokens--
	r.stats.Told++
	e.Alert.Suppressed, r.suppressed = r.suppressed, 0
	r.tell(e, at)
	return true
}

func (r *rule) tell(e *gate.Event, at time.Duration) {
	e.Act, e.Time = gate.Alerted, r.engine.base.Add(at)
	e.ID = gate.NewID(e.Time)
	e.Alert.Name, e.Alert.Severity = r.Name, r.Severity
	r.engine.tell(e)
}

// fire tells of a group at a time. Where that is told, its end is owed.
func (r *rule) fire(g *group, e *gate.Event, at time.Duration) {
	if r.alert(e, at) && r.Resolved && g.fired == (gate.ID{}) {
		g.fired, g.since = e.ID, at
	}
}

// over tells that what was told of a group is over.
func (r *rule) over(g *group, kind string, at time.Duration) {
	a := r.common(&g.said, kind)
	a.Alert.Ends, a.Alert.Since = g.fired, r.engine.base.Add(g.since)
	g.fired, g.quiet = gate.ID{}, 0
	r.tell(a, at)
}

// common is an alert that says what a group has in common.
func (r *rule) common(e *gate.Event, kind string) *gate.Event {
	a := &gate.Event{Alert: &gate.Alert{Rule: kind}}
	for _, f := range r.By {
		f.copyTo(a, e)
	}
	return a
}
