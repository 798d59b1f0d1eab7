// Package backlog keeps lines that wait for a receiver on disk: in segments
// that are appended to, read in order and removed once they were delivered,
// within a bound of bytes beyond which the oldest are dropped and counted. What
// was cut off by a crash is passed over. Lines are sealed where there are keys.
//
// Package record/sink imports it. It knows nothing of events or receivers.
package backlog

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// Options say where a backlog is and how large it may become.
type Options struct {
	Folder string      // its own; made when it is missing
	Max    int64       // bytes on disk, at least MinBytes
	Sealer seal.Sealer // nil: lines are kept as they are
	Name   string      // whose lines these are: what is sealed opens under this name alone

	disk disk // of tests
}

// MinBytes is the least bound of a backlog.
const MinBytes = 1 << 20

// ErrBusy is returned by Open while another program, or another backlog of this
// one, has the folder.
var ErrBusy = errors.New("the folder of the backlog is in use")

// Backlog is a queue of lines on disk. Append, Sync and Stats may be called
// beside everything else; Next and Done are for one goroutine.
type Backlog struct {
	o    Options
	each int64 // bytes of a segment

	mu       sync.Mutex
	segments []*segment // guarded by mu, as all below; the oldest first
	out      file       // the newest segment, nil when the next line begins another
	retired  []file     // segments that were written and wait for Sync
	dirty    bool       // something was written since the last Sync
	last     uint64     // the highest number of a segment that there was
	at       position   // where delivery stands
	place    file       // keeps at
	bytes    int64      // of all segments
	waiting  int        // lines that are not delivered
	dropped  Dropped

	wake chan struct{}
	head atomic.Int64 // when the oldest line that waits was put in, in milliseconds; 0 when none is known

	// Of the reading goroutine alone.
	in     file
	inID   uint64
	buffer []byte
}

// segment is one file of frames.
type segment struct {
	id    uint64
	size  int64 // of its whole frames, in bytes
	file  int64 // of the file, with what was cut off
	lines int   // in it
	done  int   // of these, delivered
}

// Dropped counts lines that were not and will not be delivered.
type Dropped struct {
	Full    uint64 // to keep the bound
	Damaged uint64 // that cannot be read, or not opened with the keys that there are
	Failed  uint64 // that could not be written
}

// Stats is how a backlog is.
type Stats struct {
	Waiting int       // lines
	Bytes   int64     // of these, on disk
	Oldest  time.Time // when the oldest of these was put in; zero where none waits
	Dropped Dropped   // since Open
}

// Open opens the backlog of a folder and finds what was not delivered.
func Open(o Options) (*Backlog, error) {
	b := &Backlog{o: o, each: min(max(o.Max/16, MinBytes/16), 16<<20), wake: make(chan struct{}, 1)}
	if b.o.disk == nil {
		d, err := openFolder(o.Folder)
		if err != nil {
			return nil, err
		}
		b.o.disk = d
	}
	if err := b.restore(); err != nil {
		b.o.disk.close()
		return nil, err
	}
	return b, nil
}

// restore reads where delivery stood and what there is.
func (b *Backlog) restore() error {
	var err error
	if b.place, err = b.o.disk.open(placeName, true); err != nil {
		return err
	}
	b.at = readPosition(b.place)
	ids, err := segmentIDs(b.o.disk)
	if err != nil {
		return err
	}
	b.last = b.at.segment
	for i, id := range ids {
		b.last = max(b.last, id)
		s, err := b.scan(id, i == len(ids)-1)
		if err != nil {
			return err
		}
		b.bytes += s.file
		b.waiting += s.lines - s.done
		b.segments = append(b.segments, s)
	}
	if b.waiting > 0 {
		b.wake <- struct{}{}
	}
	return nil
}

// Append puts n lines in, each with its line feed; they are not kept. When they
// cannot be written they are dropped, counted, and the error says why.
func (b *Backlog) Append(lines []byte, n int, now time.Time) error {
	for len(lines) > maxPayload {
		cut := bytes.LastIndexByte(lines[:maxPayload], '\n') + 1
		if cut == 0 {
			return b.failed(n, fmt.Errorf("a line is longer than %d bytes", maxPayload))
		}
		part := bytes.Count(lines[:cut], []byte{'\n'})
		if err := b.append(lines[:cut], part, now); err != nil {
			b.failed(n-part, nil)
			return err
		}
		lines, n = lines[cut:], n-part
	}
	return b.append(lines, n, now)
}

func (b *Backlog) failed(n int, err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropped.Failed += uint64(n)
	return err
}

func (b *Backlog) append(lines []byte, n int, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.write(lines, n, now); err != nil {
		b.dropped.Failed += uint64(n)
		return err
	}
	b.waiting += n
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return nil
}

// write needs mu.
func (b *Backlog) write(lines []byte, n int, now time.Time) error {
	if b.out != nil && b.segments[len(b.segments)-1].size >= b.each {
		b.retire()
	}
	id, offset := b.last+1, int64(0)
	if b.out != nil {
		s := b.segments[len(b.segments)-1]
		id, offset = s.id, s.size
	}
	frame, err := b.frame(lines, n, now, id, offset)
	if err != nil {
		return err
	}
	b.makeRoom(int64(len(frame)))
	if b.out == nil {
		if id != b.last+1 || offset != 0 { // room was made of the segment itself: what is sealed has its place
			if frame, err = b.frame(lines, n, now, b.last+1, 0); err != nil {
				return err
			}
		}
		if err := b.begin(); err != nil {
			return err
		}
	}
	s := b.segments[len(b.segments)-1]
	wrote, err := b.out.WriteAt(frame, s.size) // over what was cut off, if the last one failed
	grown := max(s.size+int64(wrote), s.file) - s.file
	s.file, b.bytes, b.dirty = s.file+grown, b.bytes+grown, true
	if err != nil {
		return err
	}
	s.size += int64(len(frame))
	s.lines += n
	return nil
}

// begin makes a segment. It needs mu.
func (b *Backlog) begin() error {
	f, err := b.o.disk.open(segmentName(b.last+1), true)
	if err != nil {
		return err
	}
	b.last++
	b.out = f
	b.segments = append(b.segments, &segment{id: b.last})
	return nil
}

// retire ends the newest segment. It needs mu.
func (b *Backlog) retire() {
	if b.out != nil {
		b.retired = append(b.retired, b.out)
		b.out = nil
	}
}

// makeRoom drops the oldest segments until there is room for n bytes. It needs
// mu.
func (b *Backlog) makeRoom(n int64) {
	for len(b.segments) > 0 && b.bytes+n > b.o.Max {
		s := b.segments[0]
		b.dropped.Full += uint64(s.lines - s.done)
		b.remove()
	}
}

// remove takes the oldest segment away. It needs mu.
func (b *Backlog) remove() {
	s := b.segments[0]
	if len(b.segments) == 1 {
		b.retire()
	}
	b.waiting -= s.lines - s.done
	b.bytes -= s.file
	b.segments = b.segments[1:]
	// One that cannot be removed is found and removed at the next start, since
	// delivery stands behind it.
	_ = b.o.disk.remove(segmentName(s.id))
	if b.at.segment <= s.id {
		b.at.segment, b.at.offset = s.id+1, 0
		b.keepPlace()
	}
}

// keepPlace writes where delivery stands. When that fails, or is lost, lines are
// delivered again. It needs mu.
func (b *Backlog) keepPlace() {
	b.at.turn++
	b.dirty = true
	_ = b.at.write(b.place)
}

// Wake gets a value when lines were put in.
func (b *Backlog) Wake() <-chan struct{} { return b.wake }

// Sync brings to the disk what was written: it then outlives a loss of power.
// It is for one goroutine at a time.
func (b *Backlog) Sync() error {
	b.mu.Lock()
	list, dirty := b.retired, b.dirty
	b.retired, b.dirty = nil, false
	out := b.out
	b.mu.Unlock()
	var err error
	for _, f := range list {
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if !dirty {
		return err
	}
	if out != nil {
		err = errors.Join(err, out.Sync())
	}
	if err = errors.Join(err, b.place.Sync(), b.o.disk.sync()); err != nil {
		b.mu.Lock()
		b.dirty = true
		b.mu.Unlock()
	}
	return err
}

// Stats may be called at any time.
func (b *Backlog) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Stats{Waiting: b.waiting, Dropped: b.dropped}
	if b.waiting == 0 {
		return s
	}
	for _, g := range b.segments {
		s.Bytes += g.size
		if g.id == b.at.segment {
			s.Bytes -= b.at.offset
		}
	}
	if ms := b.head.Load(); ms != 0 {
		s.Oldest = time.UnixMilli(ms)
	}
	return s
}

// Close ends the backlog, on disk as well. What was delivered is removed. Sync
// and the reading goroutine must have ended.
func (b *Backlog) Close() error {
	b.mu.Lock()
	if b.waiting == 0 {
		for len(b.segments) > 0 {
			b.remove()
		}
	}
	b.retire()
	b.mu.Unlock()
	err := b.Sync()
	if b.in != nil {
		err = errors.Join(err, b.in.Close())
	}
	err = errors.Join(err, b.place.Close(), b.o.disk.close())
	if errors.Is(err, fs.ErrNotExist) { // the whole folder was removed meanwhile
		return nil
	}
	return err
}
