package ledger

import (
	"errors"
	"slices"
	"time"
)

const (
	// retry is how long a disk that failed is left alone.
	retry = time.Second
	// rest is how long entries that nobody waits for wait for others: to wake the
	// writer and to sync costs more than all else that is done for an entry.
	rest = 50 * time.Millisecond
	// hurryBytes is how many make that no better.
	hurryBytes = 256 << 10
)

// pen is what the writer writes with.
type pen struct {
	file   File // nil before the first group, and after a failure
	size   int
	number uint64 // of the last segment
}

// write makes groups durable, one after the other, until the log is closed.
func (l *Log) write() {
	defer close(l.written)
	timer := time.NewTimer(rest)
	defer timer.Stop()
	for closing := false; ; {
		select {
		case <-l.wake:
			l.rest(timer)
		case <-l.stop:
			closing = true // nothing is committed any more
		}
		g := l.take()
		if g == nil && closing {
			return
		}
		if g != nil && !l.persist(g) {
			return
		}
	}
}

// rest waits for more entries, unless somebody waits for those that are in line.
func (l *Log) rest(timer *time.Timer) {
	timer.Reset(rest)
	defer timer.Stop()
	for !l.hurried() {
		select {
		case <-l.hurry:
		case <-timer.C:
			return
		case <-l.stop:
			return
		}
	}
}

// hurried reports whether there is nothing to wait for.
func (l *Log) hurried() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.groups) != 1 || l.groups[0].hurried
}

// take takes the oldest group off the line.
func (l *Log) take() *group {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.groups) == 0 {
		return nil
	}
	l.writing = l.groups[0]
	l.groups = slices.Delete(l.groups, 0, 1)
	if len(l.groups) > 0 {
		signal(l.wake)
	}
	return l.writing
}

// persist makes one group durable, however often that needs to be tried; whoever
// waits is told of the first failure. It returns false where the log was closed
// meanwhile.
func (l *Log) persist(g *group) bool {
	l.seal(g)
	for {
		err := l.append(g)
		l.measure()
		if err == nil {
			break
		}
		if !l.failed.Swap(true) {
			l.Say("the ledger cannot be written: " + err.Error())
		}
		l.settle(errors.Join(ErrFailed, err))
		select {
		case <-time.After(retry):
		case <-l.stop:
			l.settle(ErrClosed)
			return false
		}
	}
	if l.failed.Swap(false) {
		l.Say("the ledger can be written again; nothing in it was lost")
	}
	l.mu.Lock()
	l.writing = nil
	l.synced += int64(g.entries)
	l.ready = append(l.ready, g)
	g.settle(nil)
	l.mu.Unlock()
	signal(l.poke)
	return true
}

// seal makes records of a group, once: they are the same however often they have to
// be written.
func (l *Log) seal(g *group) {
	l.mu.Lock()
	first, b := l.synced, l.sealed.take()
	l.mu.Unlock()
	g.seal(l.keys, b, first)
	l.mu.Lock()
	l.plains.give(g.plain)
	g.plain = nil
	l.mu.Unlock()
}

// settle tells all who wait for what is being written, and for what is in line
// behind it, that it failed.
func (l *Log) settle(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writing.settle(err)
	for _, g := range l.groups {
		g.settle(err)
	}
}

// append writes a group to the segment and syncs it. After a failure nothing is
// known of what the segment holds (a second fsync may report success for what the
// first one lost), so that the next attempt begins another one.
func (l *Log) append(g *group) error {
	p, text := &l.pen, g.records[segmentHead:]
	fresh := p.file == nil || p.size >= l.segment
	if fresh {
		l.mu.Lock()
		first := l.synced
		l.mu.Unlock()
		if err := l.turn(first); err != nil {
			return err
		}
		appendSegmentHead(g.records[:0], p.number, first)
		text = g.records
	}
	_, err := p.file.Write(text)
	if err == nil {
		err = p.file.Sync()
	}
	if err == nil && fresh {
		err = l.files.SyncDir(".")
	}
	if err != nil {
		p.file.Close()
		p.file = nil
		return err
	}
	p.size += len(text)
	return nil
}

// turn begins the next segment.
func (l *Log) turn(first int64) error {
	p := &l.pen
	if p.file != nil {
		p.file.Close() // all of it is synced
		p.file = nil
	}
	p.number++
	file, err := l.files.Create(segmentName(p.number))
	if err != nil {
		return err
	}
	p.file, p.size = file, 0
	l.mu.Lock()
	l.segments = append(l.segments, segmentRef{p.number, first})
	l.mu.Unlock()
	return nil
}
