package record

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"
)

// queueSlots is how many lines may wait for the writer.
const queueSlots = 8192

// queue takes lines from many goroutines and writes them from one of its own.
// Whoever has a line is never held up: when the writer cannot keep up, lines
// are lost, counted, and the count is written into the stream and to the log
// as soon as there is room.
type queue struct {
	ring   *ring
	out    io.Writer
	what   string       // the lines, in messages: "events"
	log    *slog.Logger // takes what goes wrong
	said   appendLine   // makes the line that says how many were lost
	lost   atomic.Uint64
	ended  atomic.Uint64 // lines that were written or counted as lost
	wrote  atomic.Uint64 // lines that were written
	never  atomic.Uint64 // lines that were lost, also those that the stream has reported
	asleep atomic.Bool
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}

	// Of the writing goroutine alone.
	batch  []byte
	lines  uint64         // in batch
	told   []chan<- error // hear what becomes of as many of these
	timer  *time.Timer
	failed error // of the last write
}

// appendLine appends the line that says that n lines were lost.
type appendLine func(b []byte, at time.Time, n uint64) []byte

// batchBytes is how much is written at once.
const batchBytes = 64 << 10

// newQueue starts a queue of so many slots that writes to w until Close. w is used by one
// goroutine at a time. A failing w is reported to log once, and once more
// when it works again.
func newQueue(w io.Writer, slots int, what string, log *slog.Logger, said appendLine) *queue {
	q := &queue{
		ring: newRing(slots), out: w, what: what, log: log, said: said,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}), timer: time.NewTimer(pause),
	}
	go q.run()
	return q
}

// claim returns a slot to write a line into, nil when there is no room: the
// line is then lost and counted.
func (q *queue) claim() (*slot, uint64) {
	s, at := q.ring.claim()
	if s == nil {
		q.lost.Add(1)
		q.never.Add(1)
	}
	return s, at
}

// put hands a claimed slot to the writing goroutine.
func (q *queue) put(s *slot, at uint64) {
	s.publish(at)
	if q.asleep.Load() {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
}

// Lost returns how many lines were lost so far and not yet reported in the
// stream.
func (q *queue) Lost() uint64 { return q.lost.Load() }

// Stats is how a queue has fared.
type Stats struct {
	Written, Lost uint64 // lines, since the start
	Waiting       int    // lines, now
	Capacity      int    // how many may wait
}

// Stats may be called at any time.
func (q *queue) Stats() Stats {
	ended := q.ended.Load() // first, so that no fewer than none wait
	return Stats{q.wrote.Load(), q.never.Load(), int(q.ring.tail.Load() - ended), len(q.ring.slots)}
}

// Close writes what is waiting and stops. Nothing may be put in after
// Close has begun. It returns the error of the last write.
func (q *queue) Close() error {
	close(q.stop)
	<-q.done
	return q.failed
}

// Shutdown is Close for a writer that may be stuck: it waits until ctx ends at
// most. What was not written by then is lost; the error says how many lines.
// The writing goroutine then stays until its writer lets it go.
func (q *queue) Shutdown(ctx context.Context) error {
	close(q.stop)
	select {
	case <-q.done:
		return q.failed
	case <-ctx.Done():
		return fmt.Errorf("%d were not taken in time", q.ring.tail.Load()-q.ended.Load()+q.lost.Load())
	}
}

// pause is how long the writing goroutine waits for more lines while there are
// some: to wake it for each costs more than to write it, and so does a system
// call for each.
const pause = 10 * time.Millisecond

func (q *queue) run() {
	defer close(q.done)
	for {
		for q.drain() {
			if !q.rest() {
				q.drain()
				return
			}
		}
		q.asleep.Store(true)
		if q.ring.next() != nil { // came in between
			q.asleep.Store(false)
			continue
		}
		select {
		case <-q.wake:
			q.asleep.Store(false)
		case <-q.stop:
			q.drain()
			return
		}
	}
}

// rest waits for more lines, and returns false when there will be none.
func (q *queue) rest() bool {
	q.timer.Reset(pause)
	select {
	case <-q.timer.C:
		return true
	case <-q.stop:
		q.timer.Stop()
		return false
	}
}

// drain writes every waiting line, and reports whether there were any.
func (q *queue) drain() (some bool) {
	for line := q.ring.next(); line != nil; line = q.ring.next() {
		some = true
		q.batch = append(q.batch, line...)
		q.lines++
		if told := q.ring.told(); told != nil {
			q.told = append(q.told, told)
		}
		q.ring.free()
		if len(q.batch) >= batchBytes {
			q.flush()
		}
	}
	q.flush()
	if n := q.lost.Swap(0); n > 0 {
		if q.failed == nil {
			q.log.Error(q.what+" were lost", "count", n)
		}
		q.batch = q.said(q.batch, time.Now(), n)
		if q.flush(); q.failed != nil { // say it when writing works again
			q.lost.Add(n)
		}
	}
	return some
}

// flush writes the batch. What cannot be written is lost and counted, but for
// lines of which somebody hears it.
func (q *queue) flush() {
	if len(q.batch) == 0 {
		return
	}
	n, err := q.out.Write(q.batch)
	switch {
	case err != nil && q.failed == nil:
		q.log.Error(q.what+" cannot be written and are lost until this is mended", "error", err)
	case err == nil && q.failed != nil:
		q.log.Info(q.what + " are written again")
	}
	if q.failed = err; err != nil {
		q.lost.Add(q.lines - uint64(len(q.told)))
		q.never.Add(q.lines - uint64(len(q.told)))
	} else {
		q.wrote.Add(q.lines)
	}
	for _, told := range q.told {
		told <- err // there is room for it
	}
	q.told = q.told[:0]
	q.ended.Add(q.lines)
	q.batch, q.lines = q.batch[:0], 0
	if err != nil && n > 0 {
		q.batch = append(q.batch, '\n') // ends a line that was cut
	}
}
