package archive

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/flock"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// A segment is called after the time when it was begun, and drawn digits by
// which segments of two programs differ: NAME.jsonl holds plain lines,
// NAME.sealed sealed ones, NAME.index finds them.
const (
	plainExt  = ".jsonl"
	sealedExt = ".sealed"
	indexExt  = ".index"
	freshExt  = ".new"

	nameForm = "20060102T150405.000Z"
)

// maxFrame bounds what is sealed as one, in bytes.
const maxFrame = 256 << 10

// errTorn is the error of a write after which the file ends in a torn frame.
var errTorn = errors.New("the segment ends in the middle of an event")

// segment is one file of the archive.
type segment struct {
	dir, name  string // name has no extension
	ext        string
	began      time.Time
	size, side int64 // of the file and of its index
}

func (s *segment) path() string  { return filepath.Join(s.dir, s.name+s.ext) }
func (s *segment) index() string { return filepath.Join(s.dir, s.name+indexExt) }
func (s *segment) bytes() int64  { return s.size + s.side }

// remove removes the index last: without its segment it is nothing.
func (s *segment) remove() error {
	if err := os.Remove(s.path()); err != nil {
		return err
	}
	if err := os.Remove(s.index()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// idle reports whether nobody writes to a segment.
func (s *segment) idle() bool {
	f, err := os.Open(s.path())
	if err != nil {
		return false
	}
	defer f.Close()
	return flock.Take(f) == nil
}

// segmentsIn lists the segments of a directory, the oldest first. Files of other
// names are none.
func segmentsIn(dir string) ([]segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	sides := map[string]int64{}
	var list []segment
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), ext)
		began, ok := begun(name)
		if !ok || ext != plainExt && ext != sealedExt && ext != indexExt {
			continue
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // it went in between
		}
		if ext == indexExt {
			sides[name] = info.Size()
			continue
		}
		list = append(list, segment{dir: dir, name: name, ext: ext, began: began, size: info.Size()})
	}
	for i := range list {
		list[i].side = sides[list[i].name]
	}
	slices.SortFunc(list, func(a, b segment) int { return strings.Compare(a.name, b.name) })
	return list, nil
}

// begun reads the time in the name of a segment.
func begun(name string) (time.Time, bool) {
	at, drawn, ok := strings.Cut(name, "-")
	if !ok || len(drawn) != 8 {
		return time.Time{}, false
	}
	t, err := time.Parse(nameForm, at)
	return t, err == nil
}

// frames cuts lines into parts of whole lines that are no longer than a frame.
func frames(lines []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(lines) > 0 {
			end := len(lines)
			if end > maxFrame {
				end = bytes.LastIndexByte(lines[:maxFrame], '\n') + 1
			}
			if end == 0 || !yield(lines[:end]) {
				return
			}
			lines = lines[end:]
		}
	}
}

// writer writes one segment.
type writer struct {
	segment
	file  *os.File
	box   *box  // nil for plain lines
	start int64 // of the first frame
	frame []byte
	built builder

	number uint64 // of the next frame
}

// create begins a segment. It has its name once it is locked, so that nobody
// takes it for one that was left.
func create(dir string, now time.Time, sealer seal.Sealer) (*writer, error) {
	var drawn [4]byte
	rand.Read(drawn[:])
	w := &writer{segment: segment{dir: dir, name: now.UTC().Format(nameForm) + "-" + hex.EncodeToString(drawn[:]), ext: plainExt, began: now}}
	if sealer != nil {
		w.ext = sealedExt
	}
	fresh := w.path() + freshExt
	// Events name clients' networks and calls: not for everybody's eyes.
	file, err := os.OpenFile(fresh, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o640)
	if err != nil {
		return nil, err
	}
	if w.file = file; sealer != nil {
		err = w.begin(sealer)
	}
	if err == nil {
		err = flock.Take(file)
	}
	if err == nil {
		err = os.Rename(fresh, w.path())
	}
	if err != nil {
		file.Close()
		os.Remove(fresh)
		return nil, err
	}
	return w, nil
}

// begin writes the key of a sealed segment.
func (w *writer) begin(sealer seal.Sealer) error {
	b, head, err := newBox(sealer, w.name, "lines")
	if err != nil {
		return err
	}
	w.box = b
	_, err = w.file.Write(head)
	w.start, w.size = int64(len(head)), int64(len(head))
	w.built.begin(w.start)
	return err
}

// write appends whole lines as one frame. After an error nothing of them is in
// the file, or the error is errTorn.
func (w *writer) write(lines []byte) error {
	out := lines
	if w.box != nil {
		w.frame = w.box.sealFrame(w.frame[:0], lines, w.number)
		w.number++ // also when it cannot be written: a nonce is used once
		out = w.frame
	}
	n, err := w.file.WriteAt(out, w.size)
	if err != nil {
		if n > 0 && w.file.Truncate(w.size) != nil {
			return errors.Join(err, errTorn)
		}
		return err
	}
	w.size += int64(len(out))
	w.built.add(lines, int64(len(out)))
	return nil
}

// close writes the index.
func (w *writer) close(sealer seal.Sealer) error {
	defer w.file.Close() // lets go of the lock
	return w.built.write(&w.segment, sealer, w.size)
}

// abandon leaves a segment to be repaired.
func (w *writer) abandon() { w.file.Close() }
