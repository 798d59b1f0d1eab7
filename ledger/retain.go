package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/gatehouse-api/gatehouse/ledger/tile"
)

// minimumFile says below which index bundles were deleted (C2SP tlog-tiles,
// "Pruning"). It may be lost: the entries of the log say the same.
const minimumFile = "minimum"

// Retain deletes the entries below an index, in whole bundles, and returns below
// which index none is left. That they are deleted becomes an entry of the log
// first, which is not encrypted, so that an auditor tells it from a loss. Their
// hashes stay: every proof holds as before. Those of pending entries stay as well.
func (l *Log) Retain(ctx context.Context, below int64) (int64, error) {
	l.retaining.Lock()
	defer l.retaining.Unlock()
	below = min(below, l.Stats().Size) / tile.Width * tile.Width
	from := l.minimum()
	if below <= from {
		return from, nil
	}
	text, err := json.Marshal(statement{DeletedBelow: below})
	if err != nil {
		return from, err
	}
	ticket, err := l.Reserve(len(text) + Overhead)
	if err != nil {
		return from, err
	}
	defer ticket.Release()
	cost := int64(ticket.left)
	g, err := l.add(append([]byte{kindPlain}, text...), cost)
	if err != nil {
		return from, err
	}
	ticket.left = 0
	if err := g.wait(ctx); err != nil {
		return from, err
	}
	if err := replace(l.files, minimumFile, strconv.AppendInt(nil, below, 10)); err != nil {
		return from, err
	}
	return below, l.erase(below)
}

// minimum is below which index no entries are meant to be.
func (l *Log) minimum() int64 {
	text, err := l.files.Read(minimumFile, 32)
	n, bad := strconv.ParseInt(string(text), 10, 64)
	if err != nil || bad != nil || n < 0 || n%tile.Width != 0 {
		return 0
	}
	return n
}

// erase removes the bundles below an index, the oldest first. Where it was
// interrupted it begins again at the first that is left, which stands below all
// others that are.
func (l *Log) erase(below int64) error {
	first := below / tile.Width
	for first > 0 {
		at := tile.At{Level: tile.Entries, Index: first - 1, Width: tile.Width}
		if _, err := l.files.Read(at.Path(), tile.MaxBundle); err != nil {
			break
		}
		first--
	}
	for ; first < below/tile.Width; first++ {
		at := tile.At{Level: tile.Entries, Index: first, Width: tile.Width}
		if err := l.files.Remove(at.Path()); err != nil {
			return fmt.Errorf("entries that are to be deleted stay: %w", err)
		}
	}
	return nil
}
