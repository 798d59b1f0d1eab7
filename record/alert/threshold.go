package alert

import (
	"hash/maphash"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// steps is in how many parts a window is kept, and how many events of a group are
// remembered one by one.
const steps = 64

// mark is a number of events at about one time, or the last time of a value.
type mark struct {
	at    time.Duration
	count int
	value uint64
}

// threshold judges rules of Threshold.
type threshold struct {
	table
	rule *Threshold
	step time.Duration // events so close to each other are one mark; 0 for none
	now  time.Duration
}

func newThreshold(t *Threshold) *threshold {
	j := &threshold{rule: t}
	if t.Distinct == "" && t.Count > steps {
		j.step = t.Window / steps
	}
	return j
}

func (j *threshold) see(r *rule, e *gate.Event, now time.Duration) {
	key, ok := r.group(e)
	if !ok {
		return
	}
	var value uint64
	if j.rule.Distinct != "" {
		text, ok := j.rule.Distinct.appendKey(key[len(key):], e)
		if !ok {
			return
		}
		value = maphash.Bytes(seed, text)
	}
	j.now = now
	g, fresh, lost := j.get(key, j.worth)
	if lost {
		r.stats.Evicted++
	}
	if fresh {
		for _, f := range r.By {
			f.copyTo(&g.said, e)
		}
	}
	j.end(r, g, now)
	j.forget(g)
	g.last = now
	g.note(e, now)
	count := j.count(g, value)
	r.stats.Peak = max(r.stats.Peak, count)
	if count < j.rule.Count {
		return
	}
	g.met = now
	if now < g.quiet {
		r.stats.Quiet++
	} else {
		a := r.common(&g.said, "threshold")
		a.Alert.Of, a.Alert.Count, a.Alert.Window = string(j.rule.Distinct), int64(count), j.rule.Window
		a.Alert.Since, a.Alert.Events = r.engine.base.Add(g.marks[0].at), g.ids(g.marks[0].at)
		g.quiet = now + r.Quiet
		r.fire(g, a, now)
	}
	g.marks, g.seen = g.marks[:0], 0 // so many more are needed for the next one
}

// count counts an event of a group, and returns how many there were in the window.
func (j *threshold) count(g *group, value uint64) (n int) {
	if j.rule.Distinct != "" {
		for i := range g.marks {
			if g.marks[i].value == value {
				g.marks = append(g.marks[:i], g.marks[i+1:]...)
				break
			}
		}
		g.marks = append(g.marks, mark{j.now, 1, value})
		return len(g.marks)
	}
	if last := len(g.marks) - 1; last >= 0 && j.step > 0 && j.now-g.marks[last].at < j.step {
		g.marks[last].count++
	} else {
		g.marks = append(g.marks, mark{j.now, 1, 0})
	}
	for i := range g.marks {
		n += g.marks[i].count
	}
	return n
}

// forget drops what is older than the window.
func (j *threshold) forget(g *group) {
	old := 0
	for old < len(g.marks) && j.now-g.marks[old].at >= j.rule.Window {
		old++
	}
	if old > 0 {
		g.marks = append(g.marks[:0], g.marks[old:]...)
	}
}

// worth is how much is known of a group, so that those of which nothing is known
// any more go first.
func (j *threshold) worth(g *group) (n int) {
	j.forget(g)
	for i := range g.marks {
		n += g.marks[i].count
	}
	if g.quiet > j.now || g.fired != (gate.ID{}) {
		n += j.rule.Count
	}
	return n
}

func (j *threshold) tick(r *rule, now time.Duration) {
	j.now = now
	if r.Resolved {
		for _, g := range j.list {
			j.end(r, g, now)
		}
	}
	j.sweep(j.worth)
}

// end tells that a group is over which met nothing for a window.
func (j *threshold) end(r *rule, g *group, now time.Duration) {
	if r.Resolved && g.fired != (gate.ID{}) && now-g.met >= j.rule.Window {
		r.over(g, "threshold", g.met+j.rule.Window)
	}
}
