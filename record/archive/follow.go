package archive

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"
)

// Follow calls each with every line that is written from now on, until ctx ends
// or each returns an error. Lines are valid until each returns. It looks again
// after every pause. Ready is called once it is known where now is: what was
// written before is then found by a search, and what a search finds may come
// again.
func (s Shelf) Follow(ctx context.Context, pause time.Duration, ready func() error, each func(line []byte) error) error {
	f := &follower{shelf: s, open: map[string]*reader{}}
	defer f.close()
	if err := f.look(nil); err != nil {
		return err
	}
	if err := ready(); err != nil {
		return err
	}
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		if err := f.look(each); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// follower has segments open that may still grow.
type follower struct {
	shelf Shelf
	open  map[string]*reader
	last  string // the newest segment that ended before
}

func (f *follower) close() {
	for _, r := range f.open {
		r.file.Close()
	}
}

// look reads what is new in all segments; the first look, with no each, finds
// where they end.
func (f *follower) look(each func(line []byte) error) error {
	list, err := segmentsIn(f.shelf.Dir)
	if err != nil {
		return err
	}
	for name, r := range f.open { // read to its end before what is newer
		if !slices.ContainsFunc(list, func(s segment) bool { return s.name == name }) {
			r.file.Close()
			delete(f.open, name)
		}
	}
	for i := range list {
		g := &list[i]
		r := f.open[g.name]
		if r == nil {
			if g.name <= f.last || each == nil && g.side > 0 {
				continue // it had ended
			}
			if r, err = g.open(f.shelf.Sealer); errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				return err
			}
			f.open[g.name] = r
		}
		if err := r.each(each); err != nil {
			return err
		}
		if g.side > 0 { // its index is written when it has ended
			r.file.Close()
			delete(f.open, g.name)
			f.last = max(f.last, g.name)
		}
	}
	return nil
}

// each reads the lines that are whole by now.
func (r *reader) each(each func(line []byte) error) error {
	for {
		lines, size, err := r.next()
		if err != nil || size == 0 {
			return err
		}
		for line := range bytes.Lines(lines) {
			if each == nil {
				break
			}
			if err := each(line); err != nil {
				return err
			}
		}
	}
}
