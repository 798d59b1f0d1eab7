package ledger

import (
	"errors"
	"time"
)

// retry is how long a disk that failed is left alone.
const retry = time.Second

// pen is what the writer writes with.
type pen struct {
	file   File // nil before the first group, and after a failure
	size   int
	number uint64 // of the last segment
	buffer []byte
}

// write makes groups durable, one after the other, until the log is closed.
func (l *Log) write() {
	defer close(l.written)
	for {
		g := l.take()
		if g == nil {
			select {
			case <-l.wake:
				continue
			case <-l.stop:
			}
			if g = l.take(); g == nil { // nothing is committed any more
				return
			}
		}
		if !l.persist(g) {
			return
		}
	}
}

// take takes the oldest group off the line.
func (l *Log) take() *group {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.groups) == 0 {
		return nil
	}
	l.writing = l.groups[0]
	l.groups[0] = nil
	l.groups = l.groups[1:]
	return l.writing
}

// persist makes one group durable, however often that needs to be tried; whoever
// waits is told of the first failure. It returns false where the log was closed
// meanwhile.
func (l *Log) persist(g *group) bool {
	for {
		err := l.append(g)
		l.measure()
		if err == nil {
			break
		}
		if !l.failed.Swap(true) {
			l.Say("the ledger cannot be written: " + err.Error())
		}
		g = l.postpone(g, errors.Join(ErrFailed, err))
		select {
		case <-time.After(retry):
		case <-l.stop:
			g.err = ErrClosed
			close(g.done)
			l.abandon()
			return false
		}
	}
	if l.failed.Swap(false) {
		l.Say("the ledger can be written again; nothing in it was lost")
	}
	l.mu.Lock()
	l.writing = nil
	l.synced += int64(len(g.entries))
	l.ready = append(l.ready, g)
	l.mu.Unlock()
	close(g.done)
	signal(l.poke)
	return true
}

// postpone tells all who wait for g, and for what is in line behind it, that it
// failed, and returns g to be tried again.
func (l *Log) postpone(g *group, err error) *group {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writing = g.again(err)
	for i, q := range l.groups {
		l.groups[i] = q.again(err)
	}
	return l.writing
}

// again ends the wait for a group, and returns one with its entries.
func (g *group) again(err error) *group {
	fresh := &group{entries: g.entries, bytes: g.bytes, cost: g.cost, done: make(chan struct{})}
	g.err = err
	close(g.done)
	return fresh
}

// abandon tells whoever waits that the log is closed.
func (l *Log) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range l.groups {
		g.err = ErrClosed
		close(g.done)
	}
}

// append writes a group to the segment and syncs it. After a failure nothing is
// known of what the segment holds (a second fsync may report success for what the
// first one lost), so that the next attempt begins another one.
func (l *Log) append(g *group) error {
	l.mu.Lock()
	first := l.synced
	l.mu.Unlock()
	p := &l.pen
	p.buffer = p.buffer[:0]
	fresh := p.file == nil || p.size >= segmentBytes
	if fresh {
		if err := l.turn(first); err != nil {
			return err
		}
		p.buffer = appendSegmentHead(p.buffer, p.number, first)
	}
	for i, e := range g.entries {
		p.buffer = appendRecord(p.buffer, first+int64(i), first, e)
	}
	_, err := p.file.Write(p.buffer)
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
	p.size += len(p.buffer)
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
