// Package file is a sink's receiver that appends lines to a file and begins
// another when it is large or old enough. Package serve makes it; it knows
// nothing of what the lines say.
package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/record/sink"
)

// Options say where the file is and when it is put aside.
type Options struct {
	Path     string
	MaxBytes int64         // of a file; 0 for any size
	MaxAge   time.Duration // files end at multiples of it, as days do in UTC; 0 for never
	Keep     int           // files that were put aside; 0 for all
}

// Target appends to a file.
type Target struct {
	o    Options
	f    *os.File
	size int64
	day  int64 // of MaxAge, in which its last lines were written
	cut  bool  // the last line is not whole
}

var _ sink.Target = (*Target)(nil)

// New opens nothing yet.
func New(o Options) *Target { return &Target{o: o} }

// Deliver implements sink.Target.
func (t *Target) Deliver(_ context.Context, lines []byte, _ int) error {
	now := time.Now()
	if err := t.ready(int64(len(lines)), now); err != nil {
		return err
	}
	if t.cut {
		if _, err := t.f.Write([]byte{'\n'}); err != nil {
			return err
		}
		t.cut = false
	}
	n, err := t.f.Write(lines)
	t.size += int64(n)
	if err != nil {
		t.cut = t.cut || n > 0
		return err
	}
	t.day = t.dayOf(now)
	return nil
}

func (t *Target) dayOf(at time.Time) int64 {
	if t.o.MaxAge == 0 {
		return 0
	}
	return at.UnixNano() / int64(t.o.MaxAge)
}

// ready has the file open, another one if it is time for that. A file that
// others have renamed or removed is left to them.
func (t *Target) ready(more int64, now time.Time) error {
	if t.f != nil {
		own, err := t.f.Stat()
		at, missing := os.Stat(t.o.Path)
		if err != nil || missing != nil || !os.SameFile(own, at) {
			t.Close()
		}
	}
	if t.f == nil {
		if err := t.open(); err != nil {
			return err
		}
	}
	if t.size == 0 || (t.o.MaxBytes == 0 || t.size+more <= t.o.MaxBytes) && t.day == t.dayOf(now) {
		return nil
	}
	t.Close()
	if err := t.putAside(now); err != nil {
		return err
	}
	return t.open()
}

func (t *Target) open() error {
	// Events name clients' networks and calls: not for everybody's eyes.
	f, err := os.OpenFile(t.o.Path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return err
	}
	if !info.Mode().IsRegular() {
		f.Close()
		return fmt.Errorf("%s is no file that can be appended to", t.o.Path)
	}
	t.f, t.size, t.day, t.cut = f, info.Size(), t.dayOf(info.ModTime()), false
	if t.size > 0 { // a program that ended may have left half of a line
		var last [1]byte
		if _, err := f.ReadAt(last[:], t.size-1); err == nil {
			t.cut = last[0] != '\n'
		}
	}
	return nil
}

const stamp = "20060102T150405.000000Z"

// putAside gives the file a name with the time, and removes the oldest of those
// that have one.
func (t *Target) putAside(now time.Time) error {
	base := t.o.Path + "." + now.UTC().Format(stamp)
	name := base
	for n := 1; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			break
		}
		name = fmt.Sprintf("%s-%06d", base, n)
	}
	if err := os.Rename(t.o.Path, name); err != nil {
		return err
	}
	if t.o.Keep == 0 {
		return nil
	}
	list, err := t.aside()
	for len(list) > t.o.Keep && err == nil {
		err = os.Remove(list[0])
		list = list[1:]
	}
	return err
}

// aside are the files that were put aside, the oldest first.
func (t *Target) aside() (list []string, err error) {
	all, err := os.ReadDir(filepath.Dir(t.o.Path))
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		when, ok := strings.CutPrefix(e.Name(), filepath.Base(t.o.Path)+".")
		when, _, _ = strings.Cut(when, "-")
		if _, err := time.Parse(stamp, when); ok && err == nil {
			list = append(list, filepath.Join(filepath.Dir(t.o.Path), e.Name()))
		}
	}
	slices.Sort(list)
	return list, nil
}

// Close implements sink.Target.
func (t *Target) Close() error {
	if t.f == nil {
		return nil
	}
	f := t.f
	t.f = nil
	return f.Close()
}
