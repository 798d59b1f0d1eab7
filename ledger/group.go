package ledger

import (
	"context"
	"encoding/binary"
	"slices"
)

// group are entries that one sync makes durable. Groups, and what they are kept in,
// are used again and again: a log that is busy takes no memory.
type group struct {
	plain   []byte // entries as they came, a head before each; nil once they are sealed
	records []byte // the same as a segment has them, behind room for the segment's head
	entries int
	cost    int64    // of what is held for them
	waiting *outcome // nil while nobody waits
	hurried bool     // somebody waits, or there are many
}

// outcome is what those who wait for a group are told. It is theirs, and not used
// again as the group is.
type outcome struct {
	done chan struct{}
	err  error // readable once done is closed
}

func (o *outcome) wait(ctx context.Context) error {
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// await returns what becomes of the group. The lock of the log is held.
func (g *group) await() *outcome {
	if g.waiting == nil {
		g.waiting = &outcome{done: make(chan struct{})}
	}
	return g.waiting
}

// settle tells all who wait. The lock of the log is held.
func (g *group) settle(err error) {
	if g.waiting == nil {
		return
	}
	g.waiting.err = err
	close(g.waiting.done)
	g.waiting = nil
}

// Before an entry that came stands its length, and whether it is kept as it is.
const (
	plainHead = 4
	keptAsIs  = 1 << 31
)

// put appends an entry as it came.
func (g *group) put(entry []byte, asIs bool) {
	head := uint32(len(entry))
	if asIs {
		head |= keptAsIs
	}
	g.plain = append(binary.BigEndian.AppendUint32(g.plain, head), entry...)
	g.entries++
}

// seal makes records of the entries, and wipes what they came as. first is the
// index of the first, and how many entries were synced before.
func (g *group) seal(keys *keyring, b []byte, first int64) {
	b = slices.Grow(b, segmentHead+len(g.plain)+g.entries*(recordHead+sealOverhead))
	b = append(b, make([]byte, segmentHead)...)
	for rest, index := g.plain, first; len(rest) > 0; index++ {
		head := binary.BigEndian.Uint32(rest)
		entry := rest[plainHead : plainHead+head&^keptAsIs]
		start := len(b)
		b = append(b, make([]byte, recordHead)...)
		if head&keptAsIs != 0 {
			b = append(b, entry...)
		} else {
			b = keys.seal(b, entry)
		}
		finishRecord(b[start:], index, first)
		rest = rest[plainHead+len(entry):]
	}
	clear(g.plain)
	g.records = b
}

// each calls with the sealed entries, as parts of the records.
func (g *group) each(yield func(entry []byte)) {
	for rest := g.records[segmentHead:]; len(rest) > 0; {
		n := int(binary.BigEndian.Uint32(rest))
		yield(rest[recordHead : recordHead+n])
		rest = rest[recordHead+n:]
	}
}

// spares are buffers that were used and will be again, the last one first, since
// it is the one that the processor has at hand.
type spares struct {
	list  [][]byte
	bytes int // of their capacity
	most  int // bytes that are kept
}

// take returns an empty buffer; nil where there is none.
func (s *spares) take() []byte {
	n := len(s.list) - 1
	if n < 0 {
		return nil
	}
	b := s.list[n]
	s.list[n] = nil
	s.list = s.list[:n]
	s.bytes -= cap(b)
	return b[:0]
}

// give keeps a buffer that nobody has any more.
func (s *spares) give(b []byte) {
	if cap(b) > 0 && s.bytes+cap(b) <= s.most {
		s.list = append(s.list, b)
		s.bytes += cap(b)
	}
}

// rest gives the memory of all but small buffers back.
func (s *spares) rest() {
	for s.bytes > restBytes {
		s.take()
	}
}

// How much is kept in spares: while a log is busy, and when it rests.
const (
	sparePlain   = 2 * maxGroup
	spareRecords = 16 << 20
	spareBundles = syncers * (256 << 10)
	restBytes    = 256 << 10
	spareGroups  = 64
)
