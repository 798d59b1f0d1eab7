package backlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// A segment is a row of frames, and a frame is lines that were put in together:
//
//	'G', kind, 2 bytes of zero, length, lines, milliseconds since 1970, sum, payload
//
// Numbers are little-endian. The sum is CRC-32C over all that stands before it
// and the payload. A sealed payload is bound to its segment and offset.
const (
	headerBytes = 24
	mark        = 'G'
	kindPlain   = 0
	kindSealed  = 1
	maxPayload  = 256 << 10
	maxSealed   = maxPayload + 1<<10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is the head of a frame.
type header struct {
	sealed bool
	length int64
	lines  int
	at     int64 // milliseconds since 1970
	sum    uint32
}

var errFrame = errors.New("this is no frame")

// readHeader reads the head of a frame from untrusted bytes.
func readHeader(b []byte) (header, error) {
	if len(b) < headerBytes || b[0] != mark || b[1] > kindSealed || b[2] != 0 || b[3] != 0 {
		return header{}, errFrame
	}
	h := header{sealed: b[1] == kindSealed, length: int64(binary.LittleEndian.Uint32(b[4:])), lines: int(binary.LittleEndian.Uint32(b[8:])),
		at: int64(binary.LittleEndian.Uint64(b[12:])), sum: binary.LittleEndian.Uint32(b[20:])}
	if h.length == 0 || h.length > maxSealed || h.lines == 0 || int64(h.lines) > h.length {
		return header{}, errFrame
	}
	return h, nil
}

// sumOf is the sum of a frame of which b is the whole.
func sumOf(b []byte) uint32 {
	return crc32.Update(crc32.Checksum(b[:headerBytes-4], castagnoli), castagnoli, b[headerBytes:])
}

// frame makes a frame of lines for a place.
func (b *Backlog) frame(lines []byte, n int, now time.Time, id uint64, offset int64) ([]byte, error) {
	kind, payload := byte(kindPlain), lines
	if b.o.Sealer != nil {
		sealed, err := b.o.Sealer.Seal(lines, b.bound(id, offset))
		if err != nil {
			return nil, err
		}
		kind, payload = kindSealed, sealed
	}
	f := make([]byte, headerBytes, headerBytes+len(payload))
	f[0], f[1] = mark, kind
	binary.LittleEndian.PutUint32(f[4:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(f[8:], uint32(n))
	binary.LittleEndian.PutUint64(f[12:], uint64(now.UnixMilli()))
	f = append(f, payload...)
	binary.LittleEndian.PutUint32(f[20:], sumOf(f))
	return f, nil
}

func (b *Backlog) bound(id uint64, offset int64) seal.At {
	return seal.At{Table: "backlog", Column: b.o.Name, Row: fmt.Sprintf("%d:%d", id, offset)}
}

// scan finds the frames of a segment. Of the newest one the end may be missing,
// or be what the disk had there before; everything of it is read.
func (b *Backlog) scan(id uint64, newest bool) (*segment, error) {
	f, err := b.o.disk.open(segmentName(id), false)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := &segment{id: id}
	if s.file, err = f.size(); err != nil {
		return nil, err
	}
	var head [headerBytes]byte
	for s.size+headerBytes <= s.file {
		if _, err := f.ReadAt(head[:], s.size); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		h, err := readHeader(head[:])
		end := s.size + headerBytes + h.length
		if err != nil || end > s.file || newest && !b.whole(f, s.size, &h) {
			break // cut off: nothing follows
		}
		s.lines += h.lines
		if id < b.at.segment || id == b.at.segment && end <= b.at.offset {
			s.done += h.lines
		}
		s.size = end
	}
	if id == b.at.segment && b.at.offset > s.size { // lines that were delivered were lost here
		b.at.offset = s.size
	}
	return s, nil
}

// whole reports whether a frame is as it was written.
func (b *Backlog) whole(f file, offset int64, h *header) bool {
	frame := make([]byte, headerBytes+h.length)
	n, err := f.ReadAt(frame, offset)
	return n == len(frame) && (err == nil || errors.Is(err, io.EOF)) && sumOf(frame) == h.sum
}

// Batch is lines that are to be delivered together.
type Batch struct {
	Lines []byte // each with its line feed; valid until the next Next
	Count int
	from  position
	end   position
}

// Next returns the oldest lines that were not delivered, at most about size
// bytes of them, and false when there are none. Lines that cannot be read are
// dropped and counted.
func (b *Backlog) Next(size int) (Batch, bool, error) {
	for {
		s, ok := b.reading()
		if !ok {
			b.head.Store(0)
			return Batch{}, false, nil
		}
		batch, err := b.read(&s, size)
		if err == nil && batch.Count > 0 {
			return batch, true, nil
		}
		if errors.Is(err, fs.ErrNotExist) && b.gone(s.id) { // dropped meanwhile to make room
			continue
		}
		if err != nil && !errors.Is(err, errFrame) {
			return Batch{}, false, err
		}
		b.pass(&s, err != nil)
	}
}

// view is what is to be read of a segment.
type view struct {
	id, offset, size uint64
}

// reading finds the segment that is to be read, and removes those that were.
func (b *Backlog) reading() (view, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.segments) > 0 {
		s := b.segments[0]
		if s.id > b.at.segment {
			b.at.segment, b.at.offset = s.id, 0
		}
		if s.id == b.at.segment && b.at.offset < s.size {
			return view{id: s.id, offset: uint64(b.at.offset), size: uint64(s.size)}, true
		}
		if len(b.segments) == 1 && b.out != nil {
			return view{}, false // more may come
		}
		b.remove()
	}
	return view{}, false
}

// gone reports whether a segment is not there any more.
func (b *Backlog) gone(id uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.segments) == 0 || b.segments[0].id > id
}

// pass drops what is left of a segment that cannot be read.
func (b *Backlog) pass(v *view, damaged bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.segments) == 0 || b.segments[0].id != v.id {
		return
	}
	s := b.segments[0]
	if damaged {
		b.dropped.Damaged += uint64(s.lines - s.done)
	}
	b.remove()
}

// read reads frames of one segment from where delivery stands.
func (b *Backlog) read(v *view, size int) (Batch, error) {
	if b.in == nil || b.inID != v.id {
		if b.in != nil {
			b.in.Close()
			b.in = nil
		}
		f, err := b.o.disk.open(segmentName(v.id), false)
		if err != nil {
			return Batch{}, err
		}
		b.in, b.inID = f, v.id
	}
	from := position{segment: v.id, offset: int64(v.offset)}
	batch := Batch{Lines: b.buffer[:0], from: from, end: from}
	for batch.end.offset < int64(v.size) {
		lines, h, err := b.readFrame(batch.end, int64(v.size))
		if err != nil {
			if batch.Count > 0 && errors.Is(err, errFrame) {
				break // what was read is delivered first
			}
			return Batch{}, err
		}
		if batch.Count > 0 && len(batch.Lines)+len(lines) > size {
			break
		}
		if batch.Count == 0 {
			b.head.Store(h.at)
		}
		batch.Lines = append(batch.Lines, lines...)
		batch.Count += h.lines
		batch.end.offset += headerBytes + h.length
	}
	b.buffer = batch.Lines
	return batch, nil
}

// readFrame reads one frame; errFrame says that it is damaged.
func (b *Backlog) readFrame(at position, limit int64) ([]byte, header, error) {
	var head [headerBytes]byte
	if _, err := b.in.ReadAt(head[:], at.offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, header{}, err
	}
	h, err := readHeader(head[:])
	if err != nil || at.offset+headerBytes+h.length > limit {
		return nil, h, errFrame
	}
	frame := make([]byte, headerBytes+h.length)
	if n, err := b.in.ReadAt(frame, at.offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, h, err
	} else if n < len(frame) || sumOf(frame) != h.sum {
		return nil, h, errFrame
	}
	if !h.sealed {
		return frame[headerBytes:], h, nil
	}
	if b.o.Sealer == nil {
		return nil, h, errFrame
	}
	lines, err := b.o.Sealer.Open(frame[headerBytes:], b.bound(at.segment, at.offset))
	if err != nil {
		return nil, h, errFrame
	}
	return lines, h, nil
}

// Done says that a batch was delivered, or is not to be.
func (b *Backlog) Done(batch Batch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.at.segment != batch.end.segment || b.at.offset != batch.from.offset || len(b.segments) == 0 {
		return // its segment was dropped meanwhile, and counted
	}
	s := b.segments[0]
	b.at.offset = batch.end.offset
	s.done += batch.Count
	b.waiting -= batch.Count
	b.keepPlace()
}
