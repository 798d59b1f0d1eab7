package overload

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// queue is the calls that wait for room at an API: short, so that a burst is
// smoothed and nothing else. It is the adaptive LIFO with CoDel's times of Maurer,
// "Fail at Scale" (ACM Queue 13(8), 2015): the newest call of the highest class
// goes first, and where the queue was not empty for a whole interval, so that it
// is no burst, calls wait a few milliseconds only (Nichols and Jacobson, RFC 8289
// section 3). Who waited longest is the first whose client is gone: it makes room
// for who comes last.
type queue struct {
	waiting atomic.Int32 // len(list), to be read without mu
	mu      sync.Mutex
	list    []*waiter // guarded by mu; the oldest first
	since   int64     // guarded by mu; when it began not to be empty
	stands  atomic.Bool
}

// waiter is one call that waits.
type waiter struct {
	class Class
	word  chan bool // room may be found, or false: another took the place; never blocks whoever says it
}

const (
	maxWaiting = 64
	standing   = int64(100 * time.Millisecond) // a queue that lasts as long is no burst
	briefly    = 5 * time.Millisecond          // is waited then
)

// join takes a waiter in and returns for how long it may wait: nothing when all
// who wait are more important.
func (q *queue) join(w *waiter, most time.Duration, now int64) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) == 0 {
		q.since = now
	}
	if len(q.list) == maxWaiting && !q.evict(w.class) {
		return 0
	}
	q.list = append(q.list, w)
	q.waiting.Store(int32(len(q.list)))
	if now-q.since > standing {
		q.stands.Store(true)
		return min(briefly, most)
	}
	return most
}

// evict sends the oldest of the lowest class away, where that is not above c. It
// needs mu.
func (q *queue) evict(c Class) bool {
	worst := 0
	for i, w := range q.list {
		if w.class < q.list[worst].class {
			worst = i
		}
	}
	if q.list[worst].class > c {
		return false
	}
	q.take(worst).word <- false
	return true
}

// take needs mu.
func (q *queue) take(i int) *waiter {
	w := q.list[i]
	q.list = slices.Delete(q.list, i, i+1)
	q.waiting.Store(int32(len(q.list)))
	if len(q.list) == 0 {
		q.stands.Store(false)
	}
	return w
}

// next tells the newest of the highest class that there may be room.
func (q *queue) next() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) == 0 {
		return
	}
	best := 0
	for i, w := range q.list {
		if w.class >= q.list[best].class {
			best = i
		}
	}
	q.take(best).word <- true
}

// leave takes a waiter out that waits no more. When it was taken out already the
// word that it was given is for another.
func (q *queue) leave(w *waiter) {
	q.mu.Lock()
	at := slices.Index(q.list, w)
	if at >= 0 {
		q.take(at)
	}
	q.mu.Unlock()
	if at < 0 && <-w.word {
		q.next()
	}
}

// wait waits for room, no longer than the options allow, the queue is useful or
// the client is there. gone says that it left.
func (l *Limit) wait(x *gate.Exchange, c Class, client uint64) (t ticket, gone bool) {
	w := &waiter{c, make(chan bool, 1)}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	began, most := time.Now(), l.options.Load().Wait
	for {
		now := time.Now()
		left := l.queue.join(w, most-now.Sub(began), nanos(now))
		if left <= 0 {
			return 0, false
		}
		// Room that was given back before this one joined was told nobody.
		if t, _ = l.enter(c, client, false); t != 0 {
			l.queue.leave(w)
			return t, false
		}
		timer.Reset(left)
		select {
		case room := <-w.word:
			if !room {
				return 0, false
			}
		case <-timer.C:
			l.queue.leave(w)
			return 0, x.Watch != nil && x.Watch.Gone()
		case <-x.Context.Done():
			l.queue.leave(w)
			return 0, true
		}
		if x.Watch != nil && x.Watch.Gone() {
			l.queue.next() // the room is for who is there
			return 0, true
		}
		if t, _ = l.enter(c, client, false); t != 0 {
			return t, false
		}
	}
}
