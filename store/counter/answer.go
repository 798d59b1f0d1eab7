package counter

import "time"

// answer is what a script says.
type answer struct {
	period  bool // the period of the question is not the present one
	granted int64
	now     int64 // microseconds since 1970, by the server
	made    int64 // when the counter was made
	used    int64
	left    int64
	retry   time.Duration
}

// Numbers of a script are doubles; beyond this they are not exact, and nothing
// that is asked for leads there.
const maxNumber = 1 << 53

// maxRetry bounds what a client is told to wait: a year.
const maxRetry = 366 * 24 * time.Hour

// read reads what a script has answered to q. Whatever it cannot have answered
// is refused: a server that grants more than it was asked for is not one of ours.
func read(v []int64, q *question) (a answer, ok bool) {
	if len(v) != 6 {
		return answer{}, false
	}
	for _, n := range v[1:] {
		if n < 0 || n > maxNumber {
			return answer{}, false
		}
	}
	if v[1] == 0 {
		return answer{}, false
	}
	a = answer{granted: v[0], now: v[1], made: v[2], used: v[3], left: v[4], retry: min(time.Duration(min(v[5], maxRetry.Microseconds()))*time.Microsecond, maxRetry)}
	switch {
	case a.granted == -1 && q.kind == Quota:
		return answer{period: true, now: a.now}, true
	case a.granted < 0, a.granted > q.want:
		return answer{}, false
	case q.kind != Concurrency && a.granted > 0 && a.granted < q.need:
		return answer{}, false
	}
	return a, true
}

// grant is what an answer lends to a question that was begun at a time of this
// node: what the server counts from later, the node counts from then, so that
// nothing is spent after its time.
func (a *answer) grant(q *question, begun time.Time) Grant {
	g := Grant{Units: a.granted, Until: begun.Add(q.life), Remaining: a.left}
	if q.kind == Quota {
		if ends := begun.Add(time.Duration(q.ends.UnixMicro()-a.now) * time.Microsecond); ends.Before(g.Until) {
			g.Until = ends
		}
	}
	if a.granted == 0 {
		g.Retry = a.retry
	}
	return g
}
