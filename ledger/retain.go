package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/ledger/tile"
)

// minimumFile says below which index bundles were deleted (C2SP tlog-tiles,
// "Pruning"). It may be lost: the entries of the log say the same.
const minimumFile = "minimum"

// Retain deletes the entries below an index, in whole bundles, and returns below
// which index none is left. That they are deleted becomes an entry of the log
// first, in a signed checkpoint and not encrypted, so that an auditor tells it from
// a loss. Then the keys go that encrypted nothing else, so that no copy of what was
// deleted is read any more, and then the entries. Their hashes stay: every proof
// holds as before. Those of pending entries stay as well.
func (l *Log) Retain(ctx context.Context, below int64) (int64, error) {
	l.retaining.Lock()
	defer l.retaining.Unlock()
	return l.retain(ctx, below)
}

func (l *Log) retain(ctx context.Context, below int64) (int64, error) {
	below = min(below, l.Stats().Size) / tile.Width * tile.Width
	from := l.minimum()
	switch {
	case below <= from && l.owed:
		return from, l.vanish(ctx, from)
	case below <= from:
		return from, nil
	}
	if err := l.intend(below); err != nil {
		return from, err
	}
	if err := l.state(ctx, statement{DeletedBelow: below, KeysBelow: l.keys.spent(below)}); err != nil {
		return from, err
	}
	if err := replace(l.files, minimumFile, strconv.AppendInt(nil, below, 10)); err != nil {
		return from, err
	}
	l.files.Remove(deletingFile)
	err := l.vanish(ctx, below)
	l.measure()
	return below, err
}

// vanish destroys keys and removes entries that the log says are deleted. What
// cannot go now is owed.
func (l *Log) vanish(ctx context.Context, below int64) error {
	l.owed = true
	if err := l.keys.destroy(l.files, l.Keys, below); err != nil {
		return err
	}
	err := l.erase(ctx, below)
	l.owed = err != nil
	return err
}

// state has the log say something of itself, and returns when that is signed.
func (l *Log) state(ctx context.Context, s statement) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	ticket, err := l.Reserve(len(text) + Overhead)
	if err != nil {
		return err
	}
	defer ticket.Release()
	cost := int64(ticket.left)
	g, err := l.add(append([]byte{kindPlain}, text...), cost)
	if err != nil {
		return err
	}
	ticket.left = 0
	if err := g.wait(ctx); err != nil {
		return err
	}
	return l.signed(ctx, l.Stats().Synced)
}

// signed waits until a checkpoint has so many entries.
func (l *Log) signed(ctx context.Context, size int64) error {
	every := time.NewTicker(min(l.Every, 100*time.Millisecond))
	defer every.Stop()
	for l.Stats().Size < size {
		select {
		case <-every.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-l.finished:
			if l.Stats().Size < size {
				return ErrClosed
			}
		}
	}
	return nil
}

// Deleted is below which index entries were deleted.
func (l *Log) Deleted() int64 { return l.minimum() }

// minimum is below which index no entries are meant to be.
func (l *Log) minimum() int64 {
	text, err := l.files.Read(minimumFile, 32)
	n, bad := strconv.ParseInt(string(text), 10, 64)
	if err != nil || bad != nil || n < 0 || n%tile.Width != 0 {
		return 0
	}
	return n
}

// erase removes the bundles below an index, also those that came back when the
// power went.
func (l *Log) erase(ctx context.Context, below int64) error {
	if below == 0 {
		return nil
	}
	if err := l.eraseIn(ctx, "tile/entries", 0, below/tile.Width); err != nil {
		return fmt.Errorf("entries that are to be deleted stay: %w", err)
	}
	return nil
}

// eraseIn removes what a folder has of the bundles before one. above is what the
// names of folders that lead to it say (C2SP tlog-tiles, "Merkle Tree").
func (l *Log) eraseIn(ctx context.Context, folder string, above, before int64) error {
	names, err := l.files.List(folder)
	if err != nil {
		return err
	}
	removed := false
	for _, n := range names {
		if err := ctx.Err(); err != nil {
			return err // the next start goes on
		}
		digits, deeper := strings.CutPrefix(n, "x")
		digits, part := strings.CutSuffix(digits, ".p")
		number, bad := strconv.ParseInt(digits, 10, 64)
		index := above*1000 + number
		switch name := path.Join(folder, n); {
		case bad != nil || deeper && index*1000 >= before || !deeper && index >= before:
			continue
		case deeper:
			if err := l.eraseIn(ctx, name, index, before); err != nil {
				return err
			}
			removed = l.files.Remove(name) == nil || removed // where it is empty
		case part:
			l.removeFolder(name)
		default:
			if err := l.files.Remove(name); err != nil {
				return err
			}
			removed = true
		}
	}
	if !removed {
		return nil
	}
	return l.files.SyncDir(folder)
}

// removeFolder removes what a crash has left at the edge of an earlier tree.
func (l *Log) removeFolder(name string) {
	list, _ := l.files.List(name)
	for _, n := range list {
		l.files.Remove(path.Join(name, n))
	}
	l.files.Remove(name)
}
