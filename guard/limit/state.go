package limit

import (
	"crypto/rand"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"time"
)

// State is the counters of all limits. It outlives plans: a Rule of a Limit that
// was there before counts on. Many goroutines may use it at once.
type State struct {
	secret secret
	seed   maphash.Seed
	shared Shared
	began  time.Time // ticks are counted from then on
	reach  Reach     // of shared; nil when it does not say

	giving chan Ask       // units that are not wanted, for Tend
	work   sync.WaitGroup // of questions to shared

	mu     sync.Mutex // above tables
	tables map[Hash]*counters
	// leaving are those of limits that no plan has any more, until what this
	// node has of them is given back, or void.
	leaving map[Hash]leaving // guarded by mu
}

type leaving struct {
	*counters
	until time.Time
}

// leaves is longer than units or places hold that nobody gives back.
const leaves = 30 * time.Second

// counters are those of one limit.
type counters struct {
	name  string
	alone *table  // of this node
	lease *leases // of units that nodes share; nil for a limit of each node
}

// StateOptions say what a State is made of.
type StateOptions struct {
	// Secret keys the hashes of whose calls are counted together. Nodes that
	// share counters have the same; the zero Secret is a random one.
	Secret [16]byte
	Shared Shared // for limits that are Global; nil without
}

// NewState returns an empty State.
func NewState(o StateOptions) *State {
	if o.Secret == [16]byte{} {
		rand.Read(o.Secret[:])
	}
	s := &State{secret: secretFrom(o.Secret), seed: maphash.MakeSeed(), shared: o.Shared, began: time.Now(), tables: make(map[Hash]*counters), giving: make(chan Ask, maxGiving), leaving: make(map[Hash]leaving)}
	s.reach, _ = o.Shared.(Reach)
	return s
}

// Rekey gives hashes another key, for the rules that are made from then on: what
// was counted under the one before is not known any more.
func (s *State) Rekey(key [16]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret = secretFrom(key)
}

func (s *State) key() secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secret
}

// Rule makes a limit ready, with the counters that it has had before.
func (s *State) Rule(l Limit) (*Rule, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	l.fill()
	key, id := s.key(), l.identity()
	r := &Rule{Limit: l, ID: asHash(key.sum(id)), Slice: l.slice(), key: key.sum(append(id, " whose"...)), seed: s.seed, state: s}
	own := l
	if l.Global { // what this node counts when it is on its own
		own.Amount, own.Burst = max(1, l.Amount/int64(l.Nodes)), max(1, l.Burst/int64(l.Nodes))
	}
	r.reckon = newReckoning(&own)
	r.counters = s.counters(r)
	r.counters.alone.max.Store(int64(l.MaxKeys))
	return r, nil
}

// counters returns those of a rule, which are made when there are none.
func (s *State) counters(r *Rule) *counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.tables[r.ID]
	if l, ok := s.leaving[r.ID]; ok && c == nil { // it comes back
		c = l.counters
		s.tables[r.ID] = c
		delete(s.leaving, r.ID)
	}
	if c == nil {
		idle := r.reckon
		c = &counters{name: r.Name, alone: newTable(idle.idle)}
		s.tables[r.ID] = c
	}
	if r.Global && c.lease == nil && s.shared != nil {
		c.lease = new(leases)
	}
	if c.lease != nil {
		c.lease.rule.Store(r)
	}
	return c
}

// Keep forgets the counters of all limits but those of rules: those of the plan
// that serves. What this node has of shared counters of the others Tend gives
// back.
func (s *State) Keep(rules []*Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := make(map[Hash]*counters, len(rules))
	for _, r := range rules {
		left[r.ID] = r.counters
	}
	for id, c := range s.tables {
		if left[id] == nil && c.lease != nil {
			s.leaving[id] = leaving{c, time.Now().Add(leaves)}
		}
	}
	s.tables = left
}

// Sweep gives back the memory of counters that are as good as new. Without it
// that is done when a table has to grow.
func (s *State) Sweep(at time.Time) {
	now := s.moment(at)
	for _, c := range s.all() {
		c.alone.sweep(now)
	}
}

// live are the counters of all limits.
func (s *State) live() []*counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.tables))
}

// all are those, and the ones that leave.
func (s *State) all() []*counters {
	list := s.live()
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, l := range s.leaving {
		if time.Now().After(l.until) {
			delete(s.leaving, id)
			continue
		}
		list = append(list, l.counters)
	}
	return list
}

// Stats are what was counted of one limit since the program began.
type Stats struct {
	Name    string
	Passed  uint64 // calls that it let through
	Refused uint64 // calls that it refused, or would have
	Crowded uint64 // calls of keys for which there was no room
	Failed  uint64 // calls for which the counter that nodes share could not be asked
	Keys    int    // counters in memory
}

// Stats counts.
func (s *State) Stats() []Stats {
	var list []Stats
	for _, c := range s.live() {
		one := Stats{Name: c.name, Keys: c.alone.keys()}
		if c.lease != nil {
			one.Keys += int(c.lease.keys.Load())
		}
		for i := range c.alone.shards {
			sh := &c.alone.shards[i]
			one.Passed += sh.passed.Load()
			one.Refused += sh.refused.Load()
			one.Crowded += sh.crowded.Load()
			one.Failed += sh.failed.Load()
		}
		list = append(list, one)
	}
	return list
}

// longest is the most nanoseconds that a tick can count, far from overflow.
const longest = most / fine

// moment is a time as counters count it. Received times have the reading of a
// clock that is never set (package time), so that nobody is locked out or let in
// by one that is.
func (s *State) moment(at time.Time) moment {
	since := min(max(int64(at.Sub(s.began)), 0), longest)
	return moment{tick: since*fine + 1, wall: at}
}
