// Package archive keeps the native lines of events in segment files under one
// directory, bounded by bytes and age, encrypted where the gate has keys that
// outlive it, with an index beside each segment by which ten million events are
// searched in less than a second. Package serve writes to it and the command
// reads it; it knows lines and no configuration, and never sees a request.
package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// Options are how an archive is kept.
type Options struct {
	Dir      string        // is made when it is missing
	MaxBytes int64         // of segments and indexes, at least MinBytes
	MaxAge   time.Duration // of an event
	Sealer   seal.Sealer   // encrypts keys of segments; nil keeps plain lines
	Log      *slog.Logger  // takes what is repaired and what fails
}

// MinBytes is the least that an archive may be bounded to.
const MinBytes = 16 << 20

// maxSegment bounds one segment, in bytes.
const maxSegment = 64 << 20

// sweepEvery is how often old segments are looked for.
const sweepEvery = time.Minute

// Archive takes lines. Write is for one goroutine; the rest may be called from
// any.
type Archive struct {
	dir    string
	sealer seal.Sealer
	log    *slog.Logger

	bounds atomic.Pointer[bounds]

	mu     sync.Mutex
	live   *writer  // guarded by mu; nil until there is something to write
	closed bool     // guarded by mu
	owed   []string // segments that have ended since the last Sync; guarded by mu

	segments, bytes atomic.Int64
	stop, done      chan struct{}
}

// bounds are how much is kept.
type bounds struct {
	bytes int64
	age   time.Duration
}

// segment is how large and how old the segment that is written may become.
func (b bounds) segment() (size int64, age time.Duration) {
	return min(maxSegment, b.bytes/16), min(24*time.Hour, b.age/16)
}

// Open opens the archive in a directory. Segments of programs that ended
// without a word are repaired meanwhile.
func Open(o Options) (*Archive, error) {
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, err
	}
	probe, err := os.CreateTemp(o.Dir, "probe-*"+freshExt)
	if err != nil {
		return nil, err
	}
	probe.Close()
	if err := os.Remove(probe.Name()); err != nil {
		return nil, err
	}
	a := &Archive{dir: o.Dir, sealer: o.Sealer, log: o.Log, stop: make(chan struct{}), done: make(chan struct{})}
	a.Bound(o.MaxBytes, o.MaxAge)
	go a.tend()
	return a, nil
}

// Bound changes how much is kept. It never waits for the disk.
func (a *Archive) Bound(bytes int64, age time.Duration) {
	a.bounds.Store(&bounds{max(bytes, MinBytes), age})
}

// Write implements io.Writer for whole lines. Lines that cannot be written whole
// are not written at all.
func (a *Archive) Write(lines []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return 0, os.ErrClosed
	}
	n := 0
	for part := range frames(lines) {
		if err := a.write(part); err != nil {
			return 0, err
		}
		n += len(part)
	}
	if n < len(lines) {
		return 0, errors.New("a line is longer than a segment takes")
	}
	return n, nil
}

// write writes one frame. The caller holds mu.
func (a *Archive) write(lines []byte) error {
	now := time.Now()
	if w := a.live; w != nil {
		size, age := a.bounds.Load().segment()
		if w.size > w.start && w.size+int64(len(lines)) > size || now.Sub(w.began) >= age {
			a.endSegment()
			a.sweep(now)
		}
	}
	if a.live == nil {
		w, err := create(a.dir, now, a.sealer)
		if err != nil {
			return err
		}
		a.live = w
		a.segments.Add(1)
	}
	before := a.live.size
	err := a.live.write(lines)
	a.bytes.Add(a.live.size - before)
	if errors.Is(err, errTorn) { // what stands there is found when the segment is read
		a.owe(a.live.path())
		a.live.abandon()
		a.live = nil
	}
	return err
}

// endSegment closes the segment that is written. The caller holds mu.
func (a *Archive) endSegment() {
	if a.live == nil {
		return
	}
	a.owe(a.live.path())
	if err := a.live.close(a.sealer); err != nil {
		a.log.Warn("a segment of the archive of events has no index yet: searching it takes longer", "segment", a.live.name, "cause", err)
	}
	a.live = nil
}

// Stats are what an archive holds.
type Stats struct{ Segments, Bytes int64 }

// Stats never waits for the disk.
func (a *Archive) Stats() Stats { return Stats{a.segments.Load(), a.bytes.Load()} }

// Close ends the segment that is written, with its index.
func (a *Archive) Close() error {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return nil
	}
	a.closed = true
	a.endSegment()
	a.mu.Unlock()
	close(a.stop)
	<-a.done
	return nil
}

// tend repairs what is left of other programs and drops what is too old.
func (a *Archive) tend() {
	defer close(a.done)
	if n, err := a.repair(); err != nil {
		a.log.Warn("the archive of events cannot be repaired: searching it takes longer", "cause", err)
	} else if n > 0 {
		a.log.Info("segments of the archive of events were repaired: a program had ended without a word", "segments", n)
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		a.mu.Lock()
		now := time.Now()
		if w := a.live; w != nil {
			if _, age := a.bounds.Load().segment(); now.Sub(w.began) >= age {
				a.endSegment()
			}
		}
		a.sweep(now)
		a.mu.Unlock()
		select {
		case <-a.stop:
			return
		case <-tick.C:
		}
	}
}

// sweep removes the oldest segments, until what is left is within the bounds
// with room for one more. The caller holds mu.
func (a *Archive) sweep(now time.Time) {
	list, err := segmentsIn(a.dir)
	if err != nil {
		a.log.Warn("the archive of events cannot be kept within its bounds", "cause", err)
		return
	}
	bounds, total := a.bounds.Load(), int64(0)
	for i := range list {
		total += list[i].bytes()
	}
	size, _ := bounds.segment()
	left := int64(len(list))
	for i := range list {
		s := &list[i]
		if total+size <= bounds.bytes && now.Sub(s.began) < bounds.age {
			break
		}
		if !s.idle() { // this program or another writes to it
			continue
		}
		if err := s.remove(); err != nil {
			a.log.Warn("a segment of the archive of events cannot be removed", "segment", s.name, "cause", err)
			continue
		}
		total -= s.bytes()
		left--
	}
	a.segments.Store(left)
	a.bytes.Store(total)
}

// repair makes the indexes that are missing or stale, of segments that nobody
// writes to.
func (a *Archive) repair() (n int, err error) {
	list, err := segmentsIn(a.dir)
	if err != nil {
		return 0, err
	}
	for i := range list {
		s := &list[i]
		select {
		case <-a.stop:
			return n, nil
		default:
		}
		if ix, err := s.openIndex(a.sealer); err == nil {
			ix.close()
			continue
		}
		made, wrong := s.mend(a.sealer)
		if made {
			n++
		}
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", s.name, wrong))
		}
	}
	return n, err
}

// Sealed counts the segments by the version of the gate's key that opens them.
func Sealed(dir string) (map[seal.Version]int, error) {
	list, err := segmentsIn(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	used := map[seal.Version]int{}
	for i := range list {
		if list[i].ext != sealedExt {
			continue
		}
		v, wrong := list[i].sealedBy()
		if errors.Is(wrong, fs.ErrNotExist) || errors.Is(wrong, errForm) {
			continue // removed meanwhile, or nothing opens it
		}
		if err = errors.Join(err, wrong); wrong == nil {
			used[v]++
		}
	}
	return used, err
}
