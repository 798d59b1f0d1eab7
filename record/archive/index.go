package archive

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/gatehouse-api/gatehouse/internal/flock"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// index is an index that is read. Its columns are in a file or in memory.
type index struct {
	table
	box   *box
	from  io.ReaderAt
	file  *os.File // nil in memory
	room  []byte
	cols  [columns][]byte // of the block that was read last
	found int             // which that is
}

// maxTable bounds the end of an index, in bytes.
const maxTable = 64 << 20

// openIndex opens the index of a segment; errForm when it is stale or damaged.
func (s *segment) openIndex(sealer seal.Sealer) (*index, error) {
	file, err := os.Open(s.index())
	if err != nil {
		return nil, err
	}
	ix := &index{from: file, file: file}
	info, err := file.Stat()
	if err == nil && s.ext == sealedExt {
		ix.box, _, err = openBox(file, sealer, s.name, "index")
	}
	if err == nil {
		err = ix.readTable(info.Size())
	}
	if err == nil && ix.Covers != s.size {
		err = errForm
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return ix, nil
}

// readTable reads the end of an index of a size.
func (ix *index) readTable(size int64) error {
	tail := make([]byte, 4+len(indexTail))
	if size < int64(len(tail)) {
		return errForm
	}
	if _, err := ix.from.ReadAt(tail, size-int64(len(tail))); err != nil || string(tail[4:]) != indexTail {
		return errForm
	}
	n := int64(binary.BigEndian.Uint32(tail))
	if n > maxTable || n > size-int64(len(tail)) {
		return errForm
	}
	text := make([]byte, n)
	if _, err := ix.from.ReadAt(text, size-int64(len(tail))-n); err != nil {
		return errForm
	}
	text, err := ix.box.open(text, tableNumber)
	if err != nil || json.Unmarshal(text, &ix.table) != nil {
		return errForm
	}
	ix.found = -1
	return ix.sound(size)
}

// sound holds a table to what may be: what it says is used to make room.
func (ix *index) sound(size int64) error {
	for i := range ix.Blocks {
		k := &ix.Blocks[i]
		if k.Rows < 0 || k.Rows > blockRows+maxFrame || k.At < 0 || k.At > size || k.Offset < 0 || k.Offset > ix.Covers ||
			k.Size < 0 || k.Size > ix.Covers-k.Offset || k.Plain < 0 || k.Plain > k.Size || k.Last < k.First {
			return errForm
		}
	}
	return nil
}

func (ix *index) close() {
	if ix.file != nil {
		ix.file.Close()
	}
}

// column returns a column of a block; it is valid until that of another block is
// asked for. Columns of zeros are nil.
func (ix *index) column(at int, c column) ([]byte, error) {
	k := &ix.Blocks[at]
	if k.Has&(1<<c) == 0 {
		return nil, nil
	}
	if ix.found != at {
		ix.cols, ix.room, ix.found = [columns][]byte{}, ix.room[:0], at
	}
	if ix.cols[c] != nil {
		return ix.cols[c], nil
	}
	offset := k.At
	for before := range c {
		if k.Has&(1<<before) != 0 {
			offset += int64(k.Rows*widths[before] + ix.box.extra())
		}
	}
	n := k.Rows*widths[c] + ix.box.extra()
	if cap(ix.room)-len(ix.room) < n { // columns that were given out keep the old room
		ix.room = make([]byte, 0, max(n, 4*blockRows*28))
	}
	text := ix.room[len(ix.room) : len(ix.room)+n]
	ix.room = ix.room[:len(ix.room)+n]
	if _, err := ix.from.ReadAt(text, offset); err != nil {
		return nil, errForm
	}
	text, err := ix.box.open(text, chunkNumber(at, c))
	if err != nil {
		return nil, err
	}
	ix.cols[c] = text
	return text, nil
}

// indexOf returns the index of a segment, which is made in memory where there
// is none that fits. Damaged says how many parts of the segment cannot be read.
func (s *segment) indexOf(sealer seal.Sealer) (ix *index, damaged int, err error) {
	ix, err = s.openIndex(sealer)
	if err == nil || errors.Is(err, ErrSealed) {
		return ix, 0, err
	}
	return s.rebuilt(sealer)
}

// rebuilt makes the index of a segment in memory.
func (s *segment) rebuilt(sealer seal.Sealer) (ix *index, damaged int, err error) {
	r, err := s.open(sealer)
	if err != nil {
		return nil, 0, err
	}
	defer r.file.Close()
	b, damaged, err := r.build()
	if err != nil {
		return nil, damaged, err
	}
	out, err := b.encode(nil, nil, r.at)
	if err != nil {
		return nil, damaged, err
	}
	ix = &index{from: bytes.NewReader(out)}
	return ix, damaged, ix.readTable(int64(len(out)))
}

// mend makes the index of a segment that nobody writes to, and cuts off what
// stands behind the last whole event.
func (s *segment) mend(sealer seal.Sealer) (made bool, err error) {
	file, err := os.OpenFile(s.path(), os.O_RDWR, 0)
	if err != nil {
		return false, err
	}
	defer file.Close()
	if flock.Take(file) != nil {
		return false, nil // somebody writes to it
	}
	r, err := s.reader(file, sealer)
	if err != nil {
		return false, err
	}
	b, _, err := r.build()
	if err != nil {
		return false, err
	}
	if err := file.Truncate(r.at); err != nil {
		return false, err
	}
	return true, b.write(s, sealer, r.at)
}
