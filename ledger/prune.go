package ledger

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/gatehouse-api/gatehouse/ledger/tile"
)

// Bounds are how much of a log stays.
type Bounds struct {
	// Since is the time from which on entries stay; zero for all. What was recorded
	// before goes, a stretch of Options.Turn at a time.
	Since time.Time
	// Bytes is how much the entries may take on the disk, however young they are; 0
	// for any. Hashes stay beside them, 33 bytes for each entry that ever was.
	Bytes int64
}

// Prune deletes, as Retain does, what is beyond bounds, and returns below which
// index no entry is left.
func (l *Log) Prune(ctx context.Context, b Bounds) (int64, error) {
	l.retaining.Lock()
	defer l.retaining.Unlock()
	var below int64
	if !b.Since.IsZero() {
		below = l.keys.begun(b.Since)
	}
	if b.Bytes > 0 {
		if err := l.weigh(); err != nil {
			return 0, err
		}
		index, err := l.oversize(b.Bytes)
		if err != nil {
			return 0, err
		}
		below = max(below, index)
	}
	return l.retain(ctx, below)
}

// weight is what bundles take on the disk, from one on and below another.
type weight struct {
	from, to int64 // of bundles
	bytes    int64
}

// sizer are files that can say how large one is without reading it.
type sizer interface {
	Size(name string) (int64, error)
}

// weigh brings what is known of the weight up to what the tree has now.
func (l *Log) weigh() error {
	w := &l.kept
	if first := l.minimum() / tile.Width; w.from != first {
		*w = weight{from: first, to: first} // what was deleted cannot be weighed any more
	}
	for ; w.to < l.Stats().Size/tile.Width; w.to++ {
		n, err := l.weightOf(w.to)
		if err != nil {
			return err
		}
		w.bytes += n
	}
	return nil
}

// oversize is below which index entries are to go, so that no more than most bytes
// are left.
func (l *Log) oversize(most int64) (int64, error) {
	left, at := l.kept.bytes, l.kept.from
	for ; left > most && at < l.kept.to; at++ { // files that somebody took away have no weight any more
		n, err := l.weightOf(at)
		if err != nil {
			return 0, err
		}
		left -= n
	}
	return at * tile.Width, nil
}

// weightOf is how many bytes a bundle takes; none where it is gone.
func (l *Log) weightOf(index int64) (int64, error) {
	name := tile.At{Level: tile.Entries, Index: index, Width: tile.Width}.Path()
	if s, ok := l.files.(sizer); ok {
		n, err := s.Size(name)
		if errors.Is(err, fs.ErrNotExist) {
			return 0, nil
		}
		return n, err
	}
	text, err := l.files.Read(name, tile.MaxBundle)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return int64(len(text)), err
}
