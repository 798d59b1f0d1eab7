package counter

import "sync"

// seen is what a counter was when it was last looked at.
type seen struct {
	made, used, at int64
}

// known remembers how far counters were, so that one which the server has lost
// (it was flushed, or a replica took over that had not heard of the latest) goes
// on where this node has seen it, and does not begin anew. It is bounded: of
// counters that were forgotten here nothing can be restored.
type known struct {
	mu   sync.Mutex
	rows map[string]seen // guarded by mu
}

// maxKnown rows take some 20 MB.
const maxKnown = 100_000

func (k *known) get(key string) seen {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rows[key]
}

func (k *known) put(key string, s seen) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rows == nil {
		k.rows = map[string]seen{}
	}
	old, had := k.rows[key]
	switch {
	case had && old.at > s.at && old.made == s.made:
		return // answers may overtake each other
	case !had && len(k.rows) >= maxKnown:
		n := 0
		for other := range k.rows { // in no order
			delete(k.rows, other)
			if n++; n == maxKnown/64 {
				break
			}
		}
	}
	k.rows[key] = s
}
