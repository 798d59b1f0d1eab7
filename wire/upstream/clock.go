package upstream

import "time"

// instant is a moment, in nanoseconds since the program began. It is read in
// half the time that time.Now takes, and fits an atomic.
type instant int64

var epoch = time.Now()

func now() instant { return instant(time.Since(epoch)) }

func (i instant) time() time.Time { return epoch.Add(time.Duration(i)) }

// never is so late that nobody waits for it.
const never = instant(1 << 60)

// slice is the longest wait for the socket after which those who wait look
// around: has the client left, is the time up? They wait in slices instead of
// having somebody watch for them.
const slice = instant(500 * time.Millisecond)

// wake returns when a wait that may last so much longer should next look
// around, or 0 when the deadline that is set serves. Of many short waits on
// one connection few move it.
func wake(at, left, set instant) instant {
	left = min(left, slice)
	if ahead := set - at; ahead >= left/2 && ahead <= left+left/10 {
		return 0
	}
	return at + left
}
