package metrics

import "time"

// Load is how much there is to do for an API, or for the gate.
type Load struct {
	API                      string // "" for the gate
	Limit, InFlight, Waiting int
	Shed                     []Shed
	Unfair                   uint64
}

// Shed is how many calls of a priority were refused.
type Shed struct {
	Priority string
	Calls    uint64
}

// Host is what the program has of the machine.
type Host struct {
	Delay       time.Duration
	Used, Bound int64
	Squeeze     int
}

func (t *tally) load(l *Load) {
	t.add(&loadLimit, float64(l.Limit), l.API)
	t.add(&loadWork, float64(l.InFlight), l.API)
	t.add(&loadWaiting, float64(l.Waiting), l.API)
	for _, s := range l.Shed {
		t.add(&loadShed, float64(s.Calls), l.API, s.Priority)
	}
	t.add(&loadUnfair, float64(l.Unfair), l.API)
}
