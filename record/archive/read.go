package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// reader reads the frames of a segment: sealed ones, or runs of whole lines.
type reader struct {
	file    *os.File
	box     *box
	at      int64 // of the next frame
	room    []byte
	damaged int
}

func (s *segment) open(sealer seal.Sealer) (*reader, error) {
	file, err := os.Open(s.path())
	if err != nil {
		return nil, err
	}
	r, err := s.reader(file, sealer)
	if err != nil {
		file.Close()
	}
	return r, err
}

func (s *segment) reader(file *os.File, sealer seal.Sealer) (r *reader, err error) {
	r = &reader{file: file}
	if s.ext == sealedExt {
		r.box, r.at, err = openBox(file, sealer, s.name, "lines")
	}
	return r, err
}

// next returns the lines of the next frame and how much of the file it takes;
// none at the end, before a frame that is not whole yet. The lines are valid
// until the next call. A frame that was damaged has no lines.
func (r *reader) next() (lines []byte, size int64, err error) {
	if r.box == nil {
		return r.nextLines()
	}
	var head [frameHead]byte
	if err := r.read(head[:], r.at); err != nil {
		return nil, 0, end(err)
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	if n < boxExtra || n > maxFrame+boxExtra {
		return nil, 0, r.broken()
	}
	if int64(cap(r.room)) < n {
		r.room = make([]byte, maxFrame+boxExtra)
	}
	if err := r.read(r.room[:n], r.at+frameHead); err != nil {
		return nil, 0, end(err)
	}
	lines, err = r.box.open(r.room[:n], binary.BigEndian.Uint64(head[4:]))
	if err != nil {
		r.damaged++
		lines = nil
	}
	r.at += frameHead + n
	return lines, frameHead + n, nil
}

// nextLines is next for plain lines.
func (r *reader) nextLines() (lines []byte, size int64, err error) {
	if r.room == nil {
		r.room = make([]byte, maxFrame)
	}
	n, err := r.file.ReadAt(r.room, r.at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	whole := bytes.LastIndexByte(r.room[:n], '\n') + 1
	if whole == 0 && n == len(r.room) { // no line of ours is as long: no event is found in it
		r.damaged++
		whole = n
	}
	r.at += int64(whole)
	return r.room[:whole], int64(whole), nil
}

func (r *reader) read(b []byte, at int64) error {
	_, err := r.file.ReadAt(b, at)
	return err
}

// end makes the end of a file that is still written no error.
func end(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// broken passes over the rest of a file whose lengths cannot be trusted any
// more.
func (r *reader) broken() error {
	r.damaged++
	info, err := r.file.Stat()
	if err == nil {
		r.at = info.Size()
	}
	return err
}

// build makes the index of what can be read.
func (r *reader) build() (*builder, int, error) {
	b := &builder{}
	b.begin(r.at)
	for {
		lines, size, err := r.next()
		if err != nil {
			return nil, r.damaged, err
		}
		if size == 0 {
			return b, r.damaged, nil
		}
		b.add(lines, size)
	}
}

// lines appends the lines of a block.
func (r *reader) lines(dst []byte, k *block) ([]byte, error) {
	if r.box == nil {
		n := len(dst)
		dst = append(dst, make([]byte, k.Plain)...)
		_, err := r.file.ReadAt(dst[n:], k.Offset)
		return dst, end(err)
	}
	r.at = k.Offset
	for r.at < k.Offset+k.Size {
		lines, size, err := r.next()
		if err != nil || size == 0 {
			return dst, err
		}
		dst = append(dst, lines...)
	}
	return dst, nil
}
