package overload

import (
	"math"
	"time"
)

// control works out how many calls may be at work with an API.
//
// It is a gradient: the limit is multiplied by how much faster calls usually are
// than they are now, as far as that is worse than the slowdown which is allowed,
// and grows by its square root while it is used up. By Little's law calls take
// twice their usual time when twice as many are at work as the API can do at
// once, so the queue that is left there is short and never empty: nothing of what
// the API can do is lost. The gradient with a square root of headroom is that of
// Netflix's concurrency-limits (Gradient2Limit); that the limit answers to the
// ratio of the least round trip to the present one is TCP Vegas (Brakmo,
// O'Malley, Peterson, SIGCOMM 1994).
//
// Three things differ, each for a failure of these. The usual time is known for
// each operation, so that a change in what is called is no change in speed. It is
// an average that goes down fast and up slowly, not a minimum: times that vary
// would have a minimum that says nothing. And under pressure it is measured anew
// with few calls at work, as BBR's ProbeRTT does (Cardwell and others, ACM Queue
// 14(5), 2016), so that an API which became slower for good is not held to what
// it was, and one that was met under load is not taken to be slow. That is done
// only while calls are refused anyway.
//
// Where nothing is slow the limit goes up to many times what was at work lately:
// far enough that nothing is refused, and not so far that a flood which comes at
// once is let in before the first slow call has ended. When more is wanted, and
// no call is slower for it, half as much again is let in at each window.
type control struct {
	limit  float64
	slow   int     // windows in a row that were too slow
	since  int64   // the first of these
	fine   int64   // since when calls are refused, and the others are not too slow
	proof  float64 // calls that ended in these
	lately float64 // the most calls at work, forgotten slowly
	mean   float64 // of the last window in which calls ended, in nanoseconds
	muted  int64   // since when none has that were waited for; 0 for not

	probe  phase
	until  int64   // of the phase
	kept   float64 // the limit before
	probed int64   // when that was last done
}

// phase is that of measuring the usual times anew.
type phase uint8

const (
	steady  phase = iota
	drains        // fewer calls are let in, those before them end
	listens       // the calls of now tell what is usual
)

const (
	probeEvery = int64(10 * time.Second)
	probePart  = 4 // of the limit remains
	longProbe  = int64(2 * time.Second)
	unharmed   = 1.2 // times the usual time, up to which nothing is slow
	spare      = 1.6 // of the calls at work: most classes have less room than the limit is
	patience   = 2   // windows that must be slow: one may be a pause;
	proven     = 60  // and calls that must have ended in them: the mean of few says little
	begins     = 256 // calls at work at first, when nothing is known
	spacious   = 128 // and at least, later, where nothing is slow
	many       = 8   // times what was at work lately
	forget     = 0.99
	hopeless   = int64(3 * time.Second) // in which fewer calls at work made none faster
	drift      = 50                     // the usual times go up by a part of that in a window at most
)

// sample is what a window has brought.
type sample struct {
	now   int64
	ratio float64 // of the times of calls to their usual ones; 0 for nothing known
	mean  float64 // nanoseconds of a call
	calls float64 // that ended; of a silence, as many as would have
	peak  float64 // of calls at work
	busy  float64 // calls at work at its end
	shed  uint64
	// Of calls whose clients left: how many, and their times in microseconds.
	lost, lostTook, lostUsual float64

	mute bool // calls are known to end, and none has
}

// What it takes to know what an operation takes. Until then its calls say nothing:
// the first ones to end are the quick ones.
const (
	knownCalls = 30
	knownTime  = int64(time.Second)
	settled    = 200 // calls, of which the usual time is the mean
)

// judge holds the times of a window to the usual ones, and these to them.
func (c *control) judge(list []*Timing, w *sample) {
	var took, expected, calls float64
	for _, t := range list {
		tally := t.tally.Swap(0)
		n := float64(tally >> 40)
		if n == 0 {
			continue
		}
		sum := float64(tally & allMicros)
		took, calls = took+sum, calls+n
		switch {
		case t.known(w.now):
			expected += n * t.usual
		default:
			expected += sum
		}
		if w.lost*2 < n { // else what ended is what was quick
			c.learn(t, sum/n, n, w)
		}
		if t.known(w.now) {
			t.soon.Store(int64(t.usual * float64(time.Microsecond)))
		}
	}
	took, expected, calls = took+w.lostTook, expected+w.lostUsual, calls+w.lost
	if calls > 0 {
		w.calls, w.ratio, w.mean = calls, took/expected, took/calls*float64(time.Microsecond)
		c.mean, c.muted = w.mean, 0
		return
	}
	// Nothing has ended, which is slow where calls were quick before, and otherwise
	// says nothing.
	if w.mean = c.mean; w.mean > 0 {
		if c.muted == 0 {
			c.muted = w.now
		}
		w.mute, w.ratio = true, float64(w.now-c.muted)/w.mean
		w.calls = w.peak * w.ratio
	}
}

func (t *Timing) known(now int64) bool { return t.seen >= knownCalls && now-t.first >= knownTime }

// learn moves the usual time of an operation towards the mean of n calls: the
// more of them the nearer.
func (c *control) learn(t *Timing, mean, n float64, w *sample) {
	if t.seen == 0 {
		t.first = w.now
	}
	known := t.known(w.now)
	if t.seen < settled {
		t.seen += n
	}
	switch {
	case !known || t.seen < settled && w.shed == 0:
		t.usual += (mean - t.usual) * n / max(t.seen, n)
	case c.probe == listens:
		t.usual += (mean - t.usual) * n / (n + 10)
	case mean < t.usual:
		t.usual += (mean - t.usual) * n / (n + 500)
	case w.shed == 0 && c.slow == 0:
		t.usual += min(mean-t.usual, t.usual) * n / (n + 50) / drift
	}
}

// step makes the limit of the next window.
func (c *control) step(w *sample, o *Options) {
	least, most := float64(o.MinInFlight), float64(o.MaxInFlight)
	if c.probing(w, least) {
		return
	}
	allowed := float64(o.Slowdown) / 100
	if w.ratio <= allowed && !w.mute {
		c.lately = max(c.lately*forget, w.peak)
	}
	wanted := w.shed > 0 || w.peak*spare >= c.limit
	switch {
	case w.ratio > allowed:
		if c.slow++; c.slow == 1 {
			c.since = w.now
		}
		// While those that are too many have not ended it is no use to cut again.
		if c.proof += w.calls; c.slow >= patience && c.proof >= proven && w.busy <= c.limit {
			c.limit = min(c.limit, w.peak*spare) * max(0.5, allowed/w.ratio)
		}
	case w.mute: // a little longer
	case wanted && w.ratio <= unharmed:
		c.slow, c.proof = 0, 0
		c.limit *= 1.5
	case wanted:
		c.slow, c.proof = 0, 0
		c.limit += max(1, math.Sqrt(c.limit))
	default:
		c.slow, c.proof = 0, 0
		rest := max(spacious, many*c.lately)
		c.limit += min(max(rest-c.limit, -c.limit/20), c.limit/20)
	}
	c.limit = min(max(c.limit, least), most)
	c.mayProbe(w, allowed, least, most)
}

// mayProbe begins to measure the usual times anew: where calls are refused, and
// either are as slow as they may be for a while, which says that the limit is
// right if they are, or remained slow when there were fewer of them. A quarter of
// a limit that is still far too high would tell nothing.
func (c *control) mayProbe(w *sample, allowed, least, most float64) {
	if w.shed == 0 || w.mute || w.ratio > allowed*1.25 {
		c.fine = w.now
	}
	ripe := w.now-c.fine >= int64(time.Second)+2*int64(w.mean) || c.slow > 0 && w.now-c.since >= hopeless
	if !ripe || w.shed == 0 || w.mute || c.limit >= most || w.now-c.probed < probeEvery {
		return
	}
	c.kept, c.probe, c.probed, c.until = c.limit, drains, w.now, 0
	c.limit = max(least, c.limit/probePart)
}

// probing reports whether the usual times are being measured: when what came
// before has ended, and once more as much time as calls take now.
func (c *control) probing(w *sample, least float64) bool {
	pause := window + min(int64(w.mean), longProbe)
	switch {
	case c.probe == steady:
		return false
	case c.probe == drains && c.until == 0 && w.now-c.probed > int64(probeEvery)/2: // it does not drain: something else is wrong
		c.probe, c.limit = steady, max(c.kept, least)
	case c.probe == drains && c.until == 0:
		if w.busy <= c.limit {
			c.until = w.now + pause
		}
	case w.now < c.until:
	case c.probe == drains:
		c.probe, c.until = listens, w.now+pause
	default:
		c.probe, c.slow, c.proof, c.fine = steady, 0, 0, w.now
		c.limit = max(c.kept, least)
	}
	return true
}
