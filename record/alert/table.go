package alert

import (
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// table holds groups by their keys, a bounded number of them.
type table struct {
	by   map[string]*group
	list []*group
	hand int // where it is looked next for what can go
}

// group is what is remembered of events that have something in common.
type group struct {
	key    string
	at     int        // in the list
	said   gate.Event // what they have in common, in fields of calls
	marks  []mark     // of a threshold, the oldest first
	events [maxEvents]noted
	seen   int           // how many events had an id, of which the last are in events
	last   time.Duration // of the last event
	quiet  time.Duration // until when nothing is told
	told   bool          // of absence: since the last event
	fired  gate.ID       // the alert whose end is owed; zero for none
	since  time.Duration // of that alert
	met    time.Duration // when a threshold was met last
}

// noted is an event that is remembered by its id.
type noted struct {
	id gate.ID
	at time.Duration
}

// look is how many groups are compared where one has to go.
const look = 16

// get returns the group of a key, and makes it. When the table is full the one
// that is worth least of those that are looked at makes room; lost says that it
// was worth anything.
func (t *table) get(key []byte, worth func(*group) int) (g *group, fresh, lost bool) {
	if g = t.by[string(key)]; g != nil {
		return g, false, false
	}
	if len(t.list) >= maxGroups {
		var least *group
		value := 0
		for range look {
			c := t.next()
			if v := worth(c); least == nil || v < value {
				least, value = c, v
			}
		}
		t.drop(least)
		lost = value > 0
	}
	g = &group{key: string(key), at: len(t.list)}
	if t.by == nil {
		t.by = map[string]*group{}
	}
	t.by[g.key] = g
	t.list = append(t.list, g)
	return g, true, lost
}

// next is the group that the hand is at.
func (t *table) next() *group {
	if t.hand >= len(t.list) {
		t.hand = 0
	}
	g := t.list[t.hand]
	t.hand++
	return g
}

func (t *table) drop(g *group) {
	last := len(t.list) - 1
	t.list[g.at] = t.list[last]
	t.list[g.at].at = g.at
	t.list[last] = nil
	t.list = t.list[:last]
	delete(t.by, g.key)
}

// sweep drops those of some groups that are worth nothing.
func (t *table) sweep(worth func(*group) int) {
	for range min(len(t.list), maxGroups/8) {
		if len(t.list) == 0 {
			return
		}
		if g := t.next(); worth(g) == 0 {
			t.drop(g)
		}
	}
}

func (t *table) size() int { return len(t.list) }

// note remembers the id of an event.
func (g *group) note(e *gate.Event, at time.Duration) {
	if e.ID == (gate.ID{}) {
		return
	}
	g.events[g.seen%maxEvents] = noted{e.ID, at}
	g.seen++
}

// ids are the last that were noted since a time, the oldest first.
func (g *group) ids(since time.Duration) (list []gate.ID) {
	for i := max(0, g.seen-maxEvents); i < g.seen; i++ {
		if n := &g.events[i%maxEvents]; n.at >= since {
			list = append(list, n.id)
		}
	}
	return list
}
