package record

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

var _ gate.Sink = (*Lines)(nil)

// ringSlots is how many events may wait for the writer.
const ringSlots = 8192

// Lines is a sink that writes events as lines of JSON. Record never blocks:
// when the writer cannot keep up, events are lost, counted, and the count
// is written into the stream and to the log as soon as there is room.
type Lines struct {
	ring   *ring
	out    io.Writer
	log    *slog.Logger
	lost   atomic.Uint64
	ended  atomic.Uint64 // lines that were written or counted as lost
	asleep atomic.Bool
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}

	// Of the writing goroutine alone.
	batch  []byte
	lines  uint64 // in batch
	failed error  // of the last write
}

// batchBytes is how much is written at once.
const batchBytes = 64 << 10

// NewLines starts a sink that writes to w until Close. w is used by one
// goroutine at a time. A failing w is reported to log once, and once more
// when it works again.
func NewLines(w io.Writer, log *slog.Logger) *Lines {
	l := &Lines{
		ring: newRing(ringSlots), out: w, log: log,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go l.run()
	return l
}

// Record implements gate.Sink.
func (l *Lines) Record(e *gate.Event) {
	s, at := l.ring.claim()
	if s == nil {
		l.lost.Add(1)
		return
	}
	s.line = AppendEvent(s.line[:0], e)
	s.publish(at)
	if l.asleep.Load() {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// Lost returns how many events were lost so far and not yet reported in the
// stream.
func (l *Lines) Lost() uint64 { return l.lost.Load() }

// Close writes what is waiting and stops. Record must not be called after
// Close has begun. It returns the error of the last write.
func (l *Lines) Close() error {
	close(l.stop)
	<-l.done
	return l.failed
}

// Shutdown is Close for a writer that may be stuck: it waits until ctx ends at
// most. What was not written by then is lost; the error says how many events.
// The writing goroutine then stays until its writer lets it go.
func (l *Lines) Shutdown(ctx context.Context) error {
	close(l.stop)
	select {
	case <-l.done:
		return l.failed
	case <-ctx.Done():
		return fmt.Errorf("%d were not taken in time", l.ring.tail.Load()-l.ended.Load()+l.lost.Load())
	}
}

func (l *Lines) run() {
	defer close(l.done)
	for {
		l.drain()
		l.asleep.Store(true)
		if l.ring.next() != nil { // came in between
			l.asleep.Store(false)
			continue
		}
		select {
		case <-l.wake:
			l.asleep.Store(false)
		case <-l.stop:
			l.drain()
			return
		}
	}
}

// drain writes every waiting line.
func (l *Lines) drain() {
	for line := l.ring.next(); line != nil; line = l.ring.next() {
		l.batch = append(l.batch, line...)
		l.lines++
		l.ring.free()
		if len(l.batch) >= batchBytes {
			l.flush()
		}
	}
	l.flush()
	if n := l.lost.Swap(0); n > 0 {
		if l.failed == nil {
			l.log.Error("events were lost", "count", n)
		}
		l.batch = appendLost(l.batch, time.Now(), n)
		if l.flush(); l.failed != nil { // say it when writing works again
			l.lost.Add(n)
		}
	}
}

// flush writes the batch. What cannot be written is lost and counted.
func (l *Lines) flush() {
	if len(l.batch) == 0 {
		return
	}
	n, err := l.out.Write(l.batch)
	switch {
	case err != nil && l.failed == nil:
		l.log.Error("events cannot be written and are lost until this is mended", "error", err)
	case err == nil && l.failed != nil:
		l.log.Info("events are written again")
	}
	if l.failed = err; err != nil {
		l.lost.Add(l.lines)
	}
	l.ended.Add(l.lines)
	l.batch, l.lines = l.batch[:0], 0
	if err != nil && n > 0 {
		l.batch = append(l.batch, '\n') // ends a line that was cut
	}
}
