package backlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/internal/flock"
)

// disk is the folder of a backlog. Tests have one that fails and forgets.
type disk interface {
	open(name string, create bool) (file, error)
	remove(name string) error
	list() ([]string, error)
	sync() error // of the names
	close() error
}

// file is one of a disk.
type file interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
	Close() error
	size() (int64, error)
}

// folder is a disk of the system, held by a lock as long as it is open.
type folder struct {
	root *os.Root
	lock *os.File
}

const (
	lockName  = "lock"
	placeName = "position"
	suffix    = ".lines"
)

func openFolder(path string) (*folder, error) {
	// Events name networks of clients and calls: not for everybody's eyes.
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	lock, err := root.OpenFile(lockName, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		root.Close()
		return nil, err
	}
	if err := flock.Take(lock); err != nil {
		lock.Close()
		root.Close()
		if errors.Is(err, flock.ErrHeld) {
			return nil, ErrBusy
		}
		return nil, err
	}
	return &folder{root, lock}, nil
}

func (d *folder) open(name string, create bool) (file, error) {
	flag := os.O_RDONLY
	if create {
		flag = os.O_RDWR | os.O_CREATE
	}
	f, err := d.root.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (d *folder) remove(name string) error { return d.root.Remove(name) }

func (d *folder) list() ([]string, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

func (d *folder) sync() error {
	f, err := d.root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func (d *folder) close() error { return errors.Join(d.lock.Close(), d.root.Close()) }

type osFile struct{ *os.File }

func (f osFile) size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// segmentName is the name of the file of a segment.
func segmentName(id uint64) string { return fmt.Sprintf("%016x%s", id, suffix) }

// segmentIDs are the numbers of the segments of a disk, the oldest first.
func segmentIDs(d disk) ([]uint64, error) {
	names, err := d.list()
	if err != nil {
		return nil, err
	}
	var ids []uint64
	for _, name := range names {
		digits, ok := strings.CutSuffix(name, suffix)
		id, err := strconv.ParseUint(digits, 16, 64)
		if ok && err == nil && segmentName(id) == name {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// position is where delivery stands: behind the lines before it.
type position struct {
	turn    uint64 // how often it was written
	segment uint64
	offset  int64
}

// slotBytes is the room of one of the two slots of a position: each is written
// at every other turn, so that one that was cut off leaves the one before.
const slotBytes = 32

func (p *position) write(f file) error {
	var b [slotBytes]byte
	binary.LittleEndian.PutUint64(b[0:], p.turn)
	binary.LittleEndian.PutUint64(b[8:], p.segment)
	binary.LittleEndian.PutUint64(b[16:], uint64(p.offset))
	binary.LittleEndian.PutUint32(b[24:], crc32.Checksum(b[:24], castagnoli))
	_, err := f.WriteAt(b[:], int64(p.turn%2)*slotBytes)
	return err
}

// readPosition reads the newest position that is whole; the zero one for none.
func readPosition(f file) (p position) {
	for slot := range int64(2) {
		var b [slotBytes]byte
		if n, _ := f.ReadAt(b[:], slot*slotBytes); n < slotBytes || crc32.Checksum(b[:24], castagnoli) != binary.LittleEndian.Uint32(b[24:]) {
			continue
		}
		q := position{binary.LittleEndian.Uint64(b[0:]), binary.LittleEndian.Uint64(b[8:]), int64(binary.LittleEndian.Uint64(b[16:]))}
		if q.turn > p.turn && q.offset >= 0 {
			p = q
		}
	}
	return p
}

// Left is about how many bytes wait in a folder of which list is what it holds.
// It changes nothing and may be called while the backlog is open elsewhere.
func Left(path string, list []os.DirEntry) (bytes int64) {
	var at position
	if f, err := os.Open(filepath.Join(path, placeName)); err == nil {
		at = readPosition(osFile{f})
		f.Close()
	}
	for _, e := range list {
		digits, ok := strings.CutSuffix(e.Name(), suffix)
		id, err := strconv.ParseUint(digits, 16, 64)
		info, wrong := e.Info()
		if !ok || err != nil || wrong != nil || id < at.segment {
			continue
		}
		bytes += info.Size()
		if id == at.segment {
			bytes -= min(at.offset, info.Size())
		}
	}
	return bytes
}
