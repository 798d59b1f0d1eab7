package owner

import "sync/atomic"

// counts are what has happened since the program began.
type counts struct {
	full        atomic.Int64 // objects for which there was no room
	unknown     atomic.Int64 // calls for objects that nobody is known to own
	conflicts   atomic.Int64 // objects that were learned and are somebody else's
	unlearned   atomic.Int64 // objects whose owner could not be kept
	unforgotten atomic.Int64 // objects that are gone and of which the store could not be told at once
}

// Stats are what a Keeper has counted.
type Stats struct {
	Objects, Max int   // that somebody is known to own, and how many may be
	Refused      int64 // objects for which there was no room
	Unknown      int64 // calls for objects that nobody is known to own
	Conflicts    int64 // objects that were learned and are somebody else's
	Unlearned    int64 // objects whose owner could not be kept in the store
	Unforgotten  int64 // objects that are gone and of which the store could not be told at once
	Waiting      int   // of these, those of which it is still to be told
}

// Stats counts.
func (k *Keeper) Stats() Stats {
	s := Stats{Max: k.max, Refused: k.full.Load(), Unknown: k.unknown.Load(), Conflicts: k.conflicts.Load(),
		Unlearned: k.unlearned.Load(), Unforgotten: k.unforgotten.Load(), Waiting: k.gone.waiting()}
	if t := k.table.Load(); t != nil {
		s.Objects = int(t.count.Load())
	}
	return s
}

// The levels of the alarm. The lowest is come back to when a little room was
// made, so that an alarm is not raised with each object.
const (
	roomy  = iota
	scarce // four fifths of the room are taken
	filled // all of it
)

// alarm says once how full the table is, at each level that it comes to.
func (k *Keeper) alarm(t *table) {
	count := t.count.Load()
	level := k.level.Load()
	now := int32(roomy)
	switch {
	case count >= t.max, level == filled && count*20 >= t.max*19:
		now = filled
	case count*5 >= t.max*4:
		now = scarce
	case count*4 >= t.max*3:
		now = min(level, scarce)
	}
	if now == level || !k.level.CompareAndSwap(level, now) {
		return
	}
	const hint = "raise max_objects of the store; each takes 64 bytes of memory"
	switch {
	case now == filled:
		k.log.Error("the owners' table is full: nobody is known to own objects that come now", "objects", count, "max", t.max, "hint", hint)
	case now == scarce && level == roomy:
		k.log.Warn("four fifths of the owners' table are taken", "objects", count, "max", t.max, "hint", hint)
	}
}
