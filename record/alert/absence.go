package alert

import (
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// absence judges rules of Absence.
type absence struct{ table }

// newAbsence waits for the first event from now on, unless events are judged
// apart by what they say.
func newAbsence(apart bool, now time.Duration) *absence {
	j := &absence{}
	if !apart {
		g, _, _ := j.get(nil, nil)
		g.last = now
	}
	return j
}

func (j *absence) see(r *rule, e *gate.Event, now time.Duration) {
	j.tick(r, now) // what was due before
	key, ok := r.group(e)
	if !ok {
		return
	}
	g, fresh, lost := j.get(key, func(g *group) int { return 1 + int((g.last)/time.Second) }) // the one that was silent longest
	if lost {
		r.stats.Evicted++
	}
	if fresh {
		for _, f := range r.By {
			f.copyTo(&g.said, e)
		}
	}
	if r.Resolved && g.fired != (gate.ID{}) {
		r.over(g, "absence", now)
	}
	g.last, g.told, g.quiet, g.fired = now, false, 0, gate.ID{}
	g.note(e, now)
}

// tick tells of groups that are silent. Those that were told apart from others are
// forgotten then, unless their end is owed; the one of all events is told of again
// after each quiet time.
func (j *absence) tick(r *rule, now time.Duration) {
	for i := 0; i < len(j.list); i++ {
		g := j.list[i]
		due := g.last + r.Absence.Window
		if g.told {
			due = g.quiet
		}
		if g.told && len(r.By) > 0 {
			continue // its end is owed
		}
		if due > now || g.told && r.Quiet == 0 {
			continue
		}
		a := r.common(&g.said, "absence")
		a.Alert.Window, a.Alert.Since, a.Alert.Events = r.Absence.Window, r.engine.base.Add(g.last), g.ids(g.last)
		r.fire(g, a, due)
		if len(r.By) > 0 {
			if r.Resolved && g.fired != (gate.ID{}) {
				g.told = true
				continue
			}
			j.drop(g)
			i--
			continue
		}
		g.told, g.quiet = true, due+r.Quiet
		if g.quiet <= now && r.Quiet > 0 {
			i-- // it is due once more
		}
	}
}
