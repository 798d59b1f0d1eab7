package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"

	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/ledger/tile"
)

// recover makes of what is on disk what an open log has. It looks at everything
// before it changes anything, and refuses damage: a log that began anew over it
// would hide what became of the old one.
func (l *Log) recover() error {
	names, err := l.files.List(".")
	if err != nil {
		return err
	}
	if err := l.ownKeys(names); err != nil {
		return err
	}
	c, err := l.lastCheckpoint(names)
	if err != nil {
		return err
	}
	if err := l.load(c); err != nil {
		return err
	}
	found, err := l.survey(names)
	if err != nil {
		return err
	}
	if err := l.replay(found); err != nil {
		return err
	}
	l.sweep(names)
	for _, text := range l.repairs {
		l.Say(text)
	}
	return nil
}

func (l *Log) repaired(format string, args ...any) {
	l.repairs = append(l.repairs, fmt.Sprintf(format, args...))
}

// ownKeys opens the keys of the ledger, or makes them where nothing is yet.
func (l *Log) ownKeys(names []string) (err error) {
	l.keys, err = readKeys(l.files, l.Keys, l.Origin)
	if errors.Is(err, fs.ErrNotExist) {
		if used(names) || slices.Contains(names, checkpointFile) {
			return fault(keysFile, -1, "it is missing: without it nothing can be added to this ledger; restore it from a backup")
		}
		l.keys, err = makeKeys(l.files, l.Keys, l.Origin)
	}
	if err != nil {
		return err
	}
	if err := l.keys.follow(l.files, l.Keys); err != nil {
		return err
	}
	want := checkpoint.VerifierKey(l.keys.signer) + "\n"
	if text, err := l.files.Read(vkeyFile, checkpoint.MaxText); err == nil && string(text) == want {
		return nil
	}
	return replace(l.files, vkeyFile, []byte(want))
}

// used reports whether a folder has entries.
func used(names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		_, pending := parseSegmentName(n)
		return pending || n == "tile"
	})
}

// lastCheckpoint reads the checkpoint. A new log signs that it is empty before it
// takes anything, so that a checkpoint that was removed is missed.
func (l *Log) lastCheckpoint(names []string) (checkpoint.Checkpoint, error) {
	if !slices.Contains(names, checkpointFile) {
		if used(names) {
			return checkpoint.Checkpoint{}, fault(checkpointFile, -1, "it is missing, and there are entries; restore it from a backup")
		}
		if err := l.sign(&tile.Frontier{}); err != nil {
			return checkpoint.Checkpoint{}, err
		}
	}
	text, err := l.files.Read(checkpointFile, checkpoint.MaxText)
	if err != nil {
		return checkpoint.Checkpoint{}, err
	}
	own, err := checkpoint.NewVerifier(checkpoint.VerifierKey(l.keys.signer))
	if err != nil {
		return checkpoint.Checkpoint{}, err
	}
	c, err := checkpoint.Open(text, own)
	if err != nil {
		return c, fault(checkpointFile, -1, "%v", err)
	}
	return c, nil
}

// load reads the right edge of the tree and holds it to the checkpoint.
func (l *Log) load(c checkpoint.Checkpoint) (err error) {
	l.tree.known = map[string]bool{}
	l.tree.edge, err = tile.Load(c.Size, func(at tile.At) ([]byte, error) { return readTile(l.files, at) })
	if err != nil {
		return err
	}
	if l.tree.edge.Root() != c.Root {
		return fault(checkpointFile, -1, "the tiles are not those of its tree: gatehouse ledger verify says more")
	}
	l.size, l.synced = c.Size, c.Size
	if c.Size%tile.Width == 0 {
		return nil
	}
	at := tile.At{Level: tile.Entries, Index: c.Size / tile.Width, Width: int(c.Size % tile.Width)}
	text, err := l.files.Read(at.Path(), tile.MaxBundle)
	if err != nil {
		return err
	}
	list, err := tile.Split(text, at.Width)
	if err != nil {
		return fault(at.Path(), at.Index*tile.Width+int64(len(list)), "%v", err)
	}
	l.tree.edge.Edge(func(edge tile.At, hashes []tile.Hash) {
		for i, e := range list {
			if edge.Level == 0 && err == nil && tile.Leaf(e) != hashes[i] {
				err = fault(at.Path(), at.Index*tile.Width+int64(i), "it is not the entry that the tree has")
			}
		}
	})
	l.tree.bundle = text
	return err
}

// survey reads all segments, the oldest first, and returns those that have entries
// which are not in the tree. Nothing is changed.
func (l *Log) survey(names []string) ([]segmentRef, error) {
	s, err := surveySegments(l.files, names, l.size)
	l.pen.number = max(l.pen.number, s.newest)
	if err == nil && s.torn > 0 {
		l.repaired("%d bytes that were being written when the gate stopped were left out; nothing in them was acknowledged", s.torn)
	}
	return s.list, err
}

// replay brings what is pending into the tree.
func (l *Log) replay(list []segmentRef) error {
	from := l.size
	for _, ref := range list {
		text, err := l.files.Read(segmentName(ref.number), maxSegment)
		if err != nil {
			return err
		}
		s, _ := parseSegment(text, ref.number)
		entries := s.entries[min(max(l.size-s.first, 0), int64(len(s.entries))):]
		for part := range slices.Chunk(entries, maxStep) {
			l.synced += int64(len(part))
			if err := l.grow(part); err != nil {
				return err
			}
		}
	}
	if l.size > from {
		l.repaired("%d entries that were recorded when the gate stopped were brought into the tree, from %d on", l.size-from, from)
	}
	return nil
}

// sweep removes what a crash left behind. What it cannot remove does no harm.
func (l *Log) sweep(names []string) {
	for _, n := range names { // not before: until here they alone had what is in the tree now
		if _, ok := parseSegmentName(n); ok {
			l.files.Remove(n)
		}
	}
	for _, n := range [...]string{keysFile, vkeyFile, checkpointFile, minimumFile, deletingFile} {
		if slices.Contains(names, n+".new") {
			l.files.Remove(n + ".new")
		}
	}
	if err := errors.Join(l.resume(), l.vanish(context.Background(), min(l.minimum(), l.size/tile.Width*tile.Width))); err != nil {
		l.repaired("%v", err)
	}
	for level, n := tile.Entries, l.size; n > 0 || level <= 0; level++ {
		for _, index := range [...]int64{n/tile.Width - 1, n / tile.Width} {
			l.sweepTile(tile.At{Level: level, Index: index, Width: 1}, int(n%tile.Width), index == n/tile.Width)
		}
		if level >= 0 {
			n /= tile.Width
		}
	}
}

// sweepTile removes the parts of a tile that are not of the width that it has now.
func (l *Log) sweepTile(at tile.At, width int, edge bool) {
	if at.Index < 0 {
		return
	}
	folder := path.Dir(at.Path())
	names, err := l.files.List(folder)
	if err != nil {
		return
	}
	for _, n := range names {
		if !edge || n != strconv.Itoa(width) {
			l.files.Remove(path.Join(folder, n))
		}
	}
	if !edge && len(names) > 0 {
		l.files.Remove(folder)
	}
}
