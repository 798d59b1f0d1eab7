package archive

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// An index has, for each block of some thousand events, columns of fixed width,
// and at its end what the whole segment has in common and what lies in which
// block. It is made while a segment is written, and again from the segment.
const (
	blockRows  = 4096
	blockBytes = 4 << 20
	indexTail  = "gatehouse index 1\n"
)

// column is one column of a block, in the order in which they are written.
type column int

const (
	colTime    column = iota // milliseconds since the block's first
	colLine                  // where the line begins, within the block
	colOp                    // of the table of operations
	colCode                  // of the table of codes
	colOutcome               // of the table of outcomes
	colCaller
	colClient
	columns
)

var widths = [columns]int{4, 4, 2, 1, 1, 8, 8}

// beyond is an entry of a table that has no more room: the line says it.
const (
	beyondOp   = math.MaxUint16
	beyondCode = math.MaxUint8
	beyondKind = math.MaxUint8 >> 1
)

// wouldBit is set in the column of outcomes where the line says what would have
// been refused.
const wouldBit = 1 << 7

// operation is one entry of the table of operations.
type operation struct {
	API       string `json:"api,omitempty"`
	Operation string `json:"operation,omitempty"`
	Method    string `json:"method,omitempty"`
	Path      string `json:"path,omitempty"`
}

// block is what an index says of a block of events.
type block struct {
	Offset int64 `json:"offset"` // in the segment
	Size   int64 `json:"size"`   // there
	Plain  int64 `json:"plain"`  // of the lines
	Rows   int   `json:"rows"`
	First  int64 `json:"first"` // the earliest time, in milliseconds
	Last   int64 `json:"last"`
	At     int64 `json:"at"`  // of its columns, in the index
	Has    uint8 `json:"has"` // a bit for each column that stands there: those of zeros do not
}

// table is the end of an index.
type table struct {
	Covers   int64       `json:"covers"` // bytes of the segment
	Rows     int         `json:"rows"`
	Lost     uint64      `json:"lost,omitempty"` // events that never came here
	Blocks   []block     `json:"blocks"`
	Ops      []operation `json:"operations"`
	Codes    []string    `json:"codes"` // the first is none
	Outcomes []string    `json:"outcomes"`
}

// builder makes an index. The zero builder is of a segment whose lines begin
// with the file.
type builder struct {
	table
	at      int64 // in the segment
	open    block
	cols    [columns][]byte // of the open block; times are 8 bytes wide here
	columns []byte          // of blocks that are done, without seals
	ops     map[operation]uint16
	codes   map[string]uint8
	kinds   map[string]uint8
	facts   facts
}

// begin says where the first frame stands.
func (b *builder) begin(at int64) { b.at, b.open.Offset = at, at }

// add takes a frame of whole lines, which takes size bytes of the segment.
func (b *builder) add(lines []byte, size int64) {
	if b.open.Rows >= blockRows || b.open.Plain+int64(len(lines)) > blockBytes {
		b.end()
	}
	for len(lines) > 0 {
		n := bytes.IndexByte(lines, '\n') + 1
		if n == 0 {
			n = len(lines)
		}
		if b.facts.parse(lines[:n]) {
			b.row(&b.facts)
		}
		b.open.Plain += int64(n)
		lines = lines[n:]
	}
	b.open.Size += size
	b.at += size
}

func (b *builder) row(f *facts) {
	if b.open.Rows == 0 {
		b.open.First, b.open.Last = f.time, f.time
	}
	b.open.First, b.open.Last = min(b.open.First, f.time), max(b.open.Last, f.time)
	c := &b.cols
	c[colTime] = binary.LittleEndian.AppendUint64(c[colTime], uint64(f.time))
	c[colLine] = binary.LittleEndian.AppendUint32(c[colLine], uint32(b.open.Plain))
	c[colOp] = binary.LittleEndian.AppendUint16(c[colOp], b.op(f))
	kind := word(&b.kinds, &b.Outcomes, f.kind(), beyondKind)
	if len(f.would) > 0 {
		kind |= wouldBit
	}
	c[colCode] = append(c[colCode], word(&b.codes, &b.Codes, f.code, beyondCode))
	c[colOutcome] = append(c[colOutcome], kind)
	c[colCaller] = binary.LittleEndian.AppendUint64(c[colCaller], f.who())
	c[colClient] = binary.LittleEndian.AppendUint64(c[colClient], f.client)
	b.open.Rows++
	b.Rows++
	b.Lost += f.count
}

func (b *builder) op(f *facts) uint16 {
	// A key that is made of views does not allocate where it is only looked up.
	if n, ok := b.ops[operation{string(f.api), string(f.op), string(f.method), string(f.path)}]; ok {
		return n
	}
	if b.ops == nil {
		b.ops = map[operation]uint16{}
	}
	if len(b.Ops) == beyondOp {
		return beyondOp
	}
	o := operation{string(f.api), string(f.op), string(f.method), string(f.path)}
	n := uint16(len(b.Ops))
	b.ops[o], b.Ops = n, append(b.Ops, o)
	return n
}

// word returns the number of a word in a table, whose first is none.
func word(known *map[string]uint8, list *[]string, w []byte, beyond uint8) uint8 {
	if n, ok := (*known)[string(w)]; ok {
		return n
	}
	if *known == nil {
		*known, *list = map[string]uint8{"": 0}, []string{""}
		if len(w) == 0 {
			return 0
		}
	}
	if len(*list) == int(beyond) {
		return beyond
	}
	n := uint8(len(*list))
	(*known)[string(w)], *list = n, append(*list, string(w))
	return n
}

// end ends the open block. A block whose times lie too far apart for its column
// is written as if they were as far apart as that goes: First and Last hold.
func (b *builder) end() {
	if b.open.Rows > 0 {
		b.open.At = int64(len(b.columns))
		for c := range columns {
			col := b.cols[c]
			if c == colTime {
				col = b.times(col)
			}
			if isZero(col) {
				continue
			}
			b.open.Has |= 1 << c
			b.columns = append(b.columns, col...)
		}
	}
	if b.open.Rows > 0 || b.open.Plain > 0 {
		b.Blocks = append(b.Blocks, b.open)
	}
	b.open = block{Offset: b.at}
	for c := range b.cols {
		b.cols[c] = b.cols[c][:0]
	}
}

// times narrows the column of times in its place.
func (b *builder) times(wide []byte) []byte {
	narrow := wide[:0]
	for i := 0; i < len(wide); i += 8 {
		late := int64(binary.LittleEndian.Uint64(wide[i:])) - b.open.First
		narrow = binary.LittleEndian.AppendUint32(narrow, uint32(min(late, math.MaxUint32)))
	}
	return narrow
}

func isZero(col []byte) bool {
	for _, c := range col {
		if c != 0 {
			return false
		}
	}
	return true
}

// encode returns the whole index of a segment of a size.
func (b *builder) encode(x *box, head []byte, covers int64) ([]byte, error) {
	b.end()
	b.Covers = covers
	out := append(make([]byte, 0, len(head)+len(b.columns)+len(b.Blocks)*int(columns)*boxExtra+64<<10), head...)
	for i := range b.Blocks {
		k := &b.Blocks[i]
		from := k.At
		k.At = int64(len(out))
		for c := range columns {
			if k.Has&(1<<c) == 0 {
				continue
			}
			n := int64(k.Rows * widths[c])
			out = x.seal(out, b.columns[from:from+n], chunkNumber(i, c))
			from += n
		}
	}
	text, err := json.Marshal(&b.table)
	if err != nil {
		return nil, err
	}
	before := len(out)
	out = x.seal(out, text, tableNumber)
	out = binary.BigEndian.AppendUint32(out, uint32(len(out)-before))
	return append(out, indexTail...), nil
}

// Numbers of the parts of an index.
const tableNumber = math.MaxUint64

func chunkNumber(block int, c column) uint64 { return uint64(block)*uint64(columns) + uint64(c) }

// write writes the index beside its segment.
func (b *builder) write(s *segment, sealer seal.Sealer, covers int64) error {
	var x *box
	var head []byte
	if s.ext == sealedExt {
		var err error
		if sealer == nil {
			return ErrSealed
		}
		if x, head, err = newBox(sealer, s.name, "index"); err != nil {
			return err
		}
	}
	out, err := b.encode(x, head, covers)
	if err != nil {
		return err
	}
	fresh := s.index() + freshExt
	if err := os.WriteFile(fresh, out, 0o640); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return os.Rename(fresh, s.index())
}
