package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// File is a file of plain lines to be searched from its beginning to its end:
// one that events are appended to, or a stream.
type File struct {
	Name   string
	Stream io.Reader // in place of a file; read once
}

// maxLine bounds a line, in bytes; events are far shorter.
const maxLine = maxFrame

// lines calls each with all whole lines. Damaged counts those that are too long.
func (f File) lines(ctx context.Context, each func(line []byte) error) (damaged int, err error) {
	from := f.Stream
	if from == nil {
		file, err := os.Open(f.Name)
		if err != nil {
			return 0, err
		}
		defer file.Close()
		from = file
	}
	in := bufio.NewReaderSize(from, maxLine)
	long := false
	for ctx.Err() == nil {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			long = true
			continue
		case errors.Is(err, io.EOF):
			return damaged, nil // the end of a line that is still written is none
		case err != nil:
			return damaged, err
		case long:
			damaged, long = damaged+1, false
			continue
		}
		if err := each(line); err != nil {
			return damaged, err
		}
	}
	return damaged, ctx.Err()
}

// judge calls each with the lines that a query wants.
func (f File) judge(ctx context.Context, q Query, each func(m *Matcher, line []byte) error) (*Found, error) {
	found, m := &Found{}, q.Matcher()
	damaged, err := f.lines(ctx, func(line []byte) error {
		wanted, event := m.Match(line)
		if !event {
			if len(bytes.TrimSpace(line)) > 0 {
				found.Damaged++
			}
			return nil
		}
		found.held(m)
		if !wanted {
			return nil
		}
		return each(m, line)
	})
	found.Damaged += damaged
	return found, err
}

func (f *Found) held(m *Matcher) {
	f.Held++
	f.Lost += m.facts.count
	at := time.UnixMilli(m.facts.time).UTC()
	if f.Oldest.IsZero() || at.Before(f.Oldest) {
		f.Oldest = at
	}
	if at.After(f.Newest) {
		f.Newest = at
	}
}

// Search is as Shelf.Search.
func (f File) Search(ctx context.Context, q Query, limit int, each func(line []byte) error) (*Found, error) {
	var kept [][]byte // the newest, as a ring
	n := 0
	found, err := f.judge(ctx, q, func(_ *Matcher, line []byte) error {
		n++
		switch {
		case limit == 0:
			return each(bytes.Clone(line))
		case len(kept) < limit:
			kept = append(kept, bytes.Clone(line))
		default:
			at := (n - 1) % limit
			kept[at] = append(kept[at][:0], line...)
		}
		return nil
	})
	if err != nil {
		return found, err
	}
	if found.Events = n; limit == 0 {
		return found, nil
	}
	found.Events, found.More = len(kept), n > len(kept)
	for i := range kept {
		if err := each(kept[(n+i)%len(kept)]); err != nil {
			return found, err
		}
	}
	return found, nil
}

// Count is as Shelf.Count.
func (f File) Count(ctx context.Context, q Query, by Field) (map[string]int, *Found, error) {
	counted := map[string]int{}
	events := 0
	found, err := f.judge(ctx, q, func(m *Matcher, _ []byte) error {
		events++
		if counted[m.Count(by)]++; len(counted) > MaxCounted {
			return errCounted
		}
		return nil
	})
	if found != nil {
		found.Events = events
	}
	return counted, found, err
}

var errCounted = fmt.Errorf("there are more than %d different ones: ask for fewer events", MaxCounted)

// Follow is as Shelf.Follow. A file that is put in the place of another, or was
// cut off, is read from its beginning; a stream from where it is.
func (f File) Follow(ctx context.Context, pause time.Duration, ready func() error, each func(line []byte) error) error {
	if f.Stream != nil {
		_, err := f.lines(ctx, each)
		return err
	}
	file, err := os.Open(f.Name)
	if err != nil {
		return err
	}
	r := &reader{file: file}
	defer func() { r.file.Close() }()
	if err := r.each(nil); err != nil {
		return err
	}
	if err := ready(); err != nil {
		return err
	}
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		if err := r.each(each); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		f.again(r)
	}
}

// again opens the file anew where it is another one now.
func (f File) again(r *reader) {
	now, err := os.Stat(f.Name)
	if err != nil {
		return // it comes again
	}
	old, err := r.file.Stat()
	switch {
	case err == nil && os.SameFile(now, old):
		if now.Size() < r.at {
			r.at = 0
		}
	default:
		if file, err := os.Open(f.Name); err == nil {
			r.file.Close()
			r.file, r.at = file, 0
		}
	}
}
