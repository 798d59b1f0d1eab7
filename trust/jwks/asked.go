package jwks

import "time"

// Tokens that name a key which the set does not have ask for a newer one. The
// name is whatever their sender likes, so that all of it has bounds: fetches are
// made at an average rate, a few at once, and of the names that were asked for
// some are remembered, so that one which a fetch did not bring is not asked for
// again at once. docs/decisions/credentials.md says what follows for clients.
const (
	burst    = 3                // fetches that tokens ask for in a row
	minApart = time.Second      // between these
	maxAsked = 256              // names that wait for a fetch, or were not brought by one
	forget   = 10 * time.Second // behind the fetch that did not bring a name
)

// asked are the names that were asked for. Its owner guards it.
type asked struct {
	names   map[uint64]name // hashes of names
	pending int             // of names
	begun   uint64          // fetches that began
	owed    bool            // a fetch that was asked for has not begun
	full    time.Time       // when all of burst may be made again
	every   time.Duration   // the average time between fetches
}

type name struct {
	behind  uint64    // the fetches that had begun when it was asked for: none of them counts
	settled time.Time // when a fetch did not bring it; zero while one is owed
}

// ask reports whether a fetch may bring a name. One that none did lately it is
// not, nor one too many.
func (a *asked) ask(hash uint64, now time.Time) bool {
	n, known := a.names[hash]
	switch {
	case known && n.settled.IsZero():
		return true
	case known && now.Sub(n.settled) < min(forget, a.every):
		return false
	case a.pending >= maxAsked:
		return false
	case !known && len(a.names) >= maxAsked:
		a.sweep()
	}
	if a.names == nil {
		a.names = make(map[uint64]name)
	}
	a.names[hash] = name{behind: a.begun}
	a.pending++
	a.owed = true
	return true
}

// sweep forgets what fetches did not bring: it may be asked for again.
func (a *asked) sweep() {
	for hash, n := range a.names {
		if !n.settled.IsZero() {
			delete(a.names, hash)
		}
	}
}

// waits reports whether a fetch is owed for a name.
func (a *asked) waits(hash uint64) bool {
	n, known := a.names[hash]
	return known && n.settled.IsZero()
}

// due is when the fetch that was asked for may begin, behind one that ended.
func (a *asked) due(last time.Time) time.Time {
	at := last.Add(min(minApart, a.every))
	if spare := a.full.Add(-(burst - 1) * a.every); spare.After(at) {
		at = spare
	}
	return at
}

// begin says that a fetch begins.
func (a *asked) begin(now time.Time) {
	a.begun++
	if !a.owed {
		return
	}
	a.owed = false
	if a.full.Before(now) {
		a.full = now
	}
	a.full = a.full.Add(a.every)
}

// brought says that the fetch which began last has ended well: whatever was asked
// for before it began is in the set, or nowhere.
func (a *asked) brought(now time.Time) {
	for hash, n := range a.names {
		if n.settled.IsZero() && n.behind < a.begun {
			a.names[hash] = name{settled: now}
			a.pending--
		}
	}
	a.owed = a.pending > 0
}
