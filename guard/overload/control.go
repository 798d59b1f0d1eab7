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
	proof  float64 // calls that ended in these
	lately float64 // the most calls at work, forgotten slowly
	mean   float64 // of the last window that had calls, in nanoseconds
	heard  int64   // when that was

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
	unharmed   = 1.2  // times the usual time, up to which nothing is slow
	spare      = 1.25 // of the calls at work: most classes have less room than the limit is
	patience   = 2    // windows that must be slow: one may be a pause;
	proven     = 60   // and calls that must have ended in them: the mean of few says little
	begins     = 256  // calls at work at first, and always where nothing is slow
	many       = 8    // times what was at work lately
	forget     = 0.99
	hopeless   = 20 // windows in a row in which fewer calls at work made none faster
	drift      = 50 // the usual times go up by a part of that in a window at most
)

// sample is what a window has brought.
type sample struct {
	now   int64
	ratio float64 // of the times of calls to their usual ones; 0 for nothing known
	mean  float64 // nanoseconds of a call
	calls float64 // that ended; of a silence, as many as would have
	peak  float64 // of calls at work
	shed  uint64
	mute  bool // calls are known to end, and none has
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
		c.learn(t, sum/n, n, w)
	}
	if calls > 0 {
		w.calls, w.ratio, w.mean = calls, took/expected, took/calls*float64(time.Microsecond)
		c.mean, c.heard = w.mean, w.now
		return
	}
	// Nothing has ended, which is slow where calls were quick before, and otherwise
	// says nothing.
	if w.mean = c.mean; w.mean > 0 {
		w.mute, w.ratio = true, float64(w.now-c.heard)/w.mean
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
	wanted := w.shed > 0 || w.peak*1.25 >= c.limit
	switch {
	case w.ratio > allowed:
		c.slow++
		if c.proof += w.calls; c.slow >= patience && c.proof >= proven {
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
		c.limit = max(c.limit, min(c.limit*1.05, max(begins, many*c.lately)))
	}
	c.limit = min(max(c.limit, least), most)
	// A quarter of a limit that is still far too high would tell nothing.
	tells := w.ratio <= allowed*1.25 || c.limit <= least || c.slow >= hopeless
	if w.shed > 0 && tells && !w.mute && c.limit < most && w.now-c.probed >= probeEvery {
		c.kept, c.probe, c.probed = c.limit, drains, w.now
		c.until = w.now + window + min(int64(w.mean), longProbe)
		c.limit = max(least, c.limit/probePart)
	}
}

// probing reports whether the usual times are being measured.
func (c *control) probing(w *sample, least float64) bool {
	switch c.probe {
	case steady:
		return false
	case drains:
		if w.now >= c.until {
			c.probe, c.until = listens, w.now+window+min(int64(w.mean), longProbe)
		}
		return true
	}
	if w.now >= c.until {
		c.probe, c.slow, c.proof = steady, 0, 0
		c.limit = max(c.kept, least)
	}
	return true
}
