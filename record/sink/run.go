package sink

import (
	"bytes"
	"context"
	"errors"
	"os"
	"time"

	"github.com/gatehouse-api/gatehouse/record/backlog"
)

// idle is how often a sink that has nothing to do looks for what another program
// left.
const idle = 5 * time.Second

// run delivers until the sink is closed.
func (s *Sink) run() {
	for {
		if !s.drain(s.main) || !s.adopt() {
			return
		}
		select {
		case <-s.ending: // all was delivered
			return
		default:
		}
		look := time.NewTimer(idle)
		select {
		case <-s.main.Wake():
		case <-look.C:
		case <-s.ending:
		}
		look.Stop()
	}
}

// adopt delivers what programs left that have ended. It returns false when the
// sink is to end.
func (s *Sink) adopt() bool {
	for lane := range lanes {
		if _, err := os.Stat(laneFolder(s.o.Folder, lane)); err != nil {
			continue
		}
		b, err := s.lane(lane)
		if err != nil { // it is in use: by this sink itself, or by another program
			continue
		}
		s.adopted.Store(b)
		going := s.drain(b)
		s.mu.Lock()
		s.lost = plus(s.lost, b.Stats().Dropped)
		s.adopted.Store(nil)
		s.mu.Unlock()
		b.Close()
		if !going {
			return false
		}
	}
	return true
}

// drain delivers all of a backlog. It returns false when the sink is to end.
func (s *Sink) drain(b *backlog.Backlog) bool {
	for {
		batch, ok, err := b.Next(s.o.Bytes)
		if err != nil {
			s.fails(err)
			if !s.rest(leastWait) {
				return false
			}
			continue
		}
		if !ok {
			return true
		}
		if !s.deliver(batch) {
			return false
		}
		b.Done(batch)
	}
}

// deliver hands a batch to the receiver until it has it, or until it was laid
// aside.
func (s *Sink) deliver(batch backlog.Batch) bool {
	for lines, count := batch.Lines, batch.Count; count > 0; {
		part, n := head(lines, count, s.o.Lines)
		if !s.deliverPart(part, n) {
			return false
		}
		lines, count = lines[len(part):], count-n
	}
	return true
}

// head is the first lines of several, at most most of them; 0 for all.
func head(lines []byte, count, most int) ([]byte, int) {
	if most == 0 || count <= most {
		return lines, count
	}
	end := 0
	for range most {
		end += bytes.IndexByte(lines[end:], '\n') + 1
	}
	return lines[:end], most
}

func (s *Sink) deliverPart(lines []byte, count int) bool {
	for try := 1; ; try++ {
		ctx, cancel := context.WithTimeout(s.ctx, s.o.Timeout)
		err := s.o.To.Deliver(ctx, lines, count)
		cancel()
		if err == nil {
			s.delivered.Add(uint64(count))
			s.works()
			return true
		}
		if s.ctx.Err() != nil {
			return false
		}
		s.fails(err)
		var f *Failure
		if errors.As(err, &f) && f.Refused && try >= s.o.Tries {
			return s.layAside(lines, count, f)
		}
		if !s.rest(pause(try, err)) {
			return false
		}
	}
}

// layAside keeps lines that the receiver does not want where people find them.
func (s *Sink) layAside(lines []byte, count int, why *Failure) bool {
	for {
		name, gone, err := s.dead.put(lines, time.Now())
		if err == nil {
			s.refused.Add(uint64(count))
			s.o.Log.Error("a sink refuses events: they were laid aside", "sink", s.o.Name, "count", count, "file", name, "older_files_removed", gone, "cause", why)
			return true
		}
		s.fails(err)
		if !s.rest(mostWait) {
			return false
		}
	}
}

// rest waits before another try. It returns false when the sink is to end.
func (s *Sink) rest(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ending:
		return false
	}
}

// fails notes why a delivery failed, and says so when the one before did not.
func (s *Sink) fails(err error) {
	text := err.Error()
	if s.failing.Swap(&text) == nil {
		s.o.Log.Warn("a sink takes no events: they wait on disk", "sink", s.o.Name, "cause", text)
	}
}

func (s *Sink) works() {
	if s.failing.Swap(nil) != nil {
		s.o.Log.Info("a sink takes events again", "sink", s.o.Name)
	}
}
