package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/ledger/tile"
)

const (
	checkpointFile = "checkpoint"
	// maxStep bounds the entries that one checkpoint adds.
	maxStep = 64 * tile.Width
)

// tree is the right edge of what is on disk.
type tree struct {
	edge   *tile.Frontier
	bundle []byte // the entries of the bundle that is not full
	known  map[string]bool

	entries [][]byte // of a step
	bundles spares
	hashes  []byte // of tiles
}

// integrate brings durable entries into the tree until the log is closed.
func (l *Log) integrate() {
	defer close(l.finished)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last time.Time
	closing := false
	written := l.written
	for !closing {
		select {
		case <-l.poke:
			l.measure()
		case <-timer.C:
		case <-written:
			closing = true
		}
		step := l.step()
		if len(step) == 0 {
			l.slacken()
			continue
		}
		if wait := l.Every - time.Since(last); wait > 0 && !closing && l.waiting() < maxStep {
			timer.Reset(wait)
			continue
		}
		last = time.Now()
		for len(step) > 0 {
			if !l.advance(step) {
				break
			}
			step = l.step()
			if !closing && l.waiting() < maxStep {
				break
			}
		}
		timer.Reset(l.Every)
	}
	l.tidy()
}

// waiting is how many durable entries are not in the tree.
func (l *Log) waiting() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.synced - l.size
}

// step are the groups that the next checkpoint adds.
func (l *Log) step() (list []*group) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, g := range l.ready {
		if n += g.entries; n > maxStep && len(list) > 0 {
			break
		}
		list = append(list, g)
	}
	return list
}

// advance brings groups into the tree, and reports whether it could.
func (l *Log) advance(step []*group) bool {
	var cost int64
	t := &l.tree
	for _, g := range step {
		cost += g.cost
		g.each(func(entry []byte) { t.entries = append(t.entries, entry) })
	}
	err := l.grow(t.entries)
	clear(t.entries)
	t.entries = t.entries[:0]
	l.measure()
	l.mu.Lock()
	before := l.problem
	l.problem = err
	if err == nil {
		l.ready = slices.Delete(l.ready, 0, len(step))
		l.reuse(step)
	}
	l.mu.Unlock()
	switch {
	case err != nil && before == nil:
		l.Say("entries wait to get into the tree of the ledger, and are kept as pending: " + err.Error())
	case err == nil && before != nil:
		l.Say("entries get into the tree of the ledger again")
	}
	if err != nil {
		return false
	}
	l.held.Add(-cost)
	return true
}

// reuse keeps what groups were kept in. The lock is held.
func (l *Log) reuse(list []*group) {
	for _, g := range list {
		l.sealed.give(g.records)
		if *g = (group{}); len(l.resting) < spareGroups {
			l.resting = append(l.resting, g)
		}
	}
}

// slacken gives memory back when nothing waits.
func (l *Log) slacken() {
	l.mu.Lock()
	if len(l.groups)+len(l.ready) == 0 {
		l.plains.rest()
		l.sealed.rest()
	}
	l.mu.Unlock()
	l.tree.bundles.rest()
}

// grow writes entries into the tree, in the order that a crash may interrupt
// anywhere: bundles, tiles, then the checkpoint that says that they are there, and
// only then the pending copies go.
func (l *Log) grow(entries [][]byte) error {
	t := &l.tree
	old, edge := t.edge.Size(), t.edge.Clone()
	last, err := l.putBundles(old, entries)
	if err == nil {
		err = l.putTiles(edge, entries)
	}
	if err == nil {
		err = l.sign(edge)
	}
	if err != nil {
		t.bundles.give(last)
		return err
	}
	t.bundles.give(t.bundle)
	t.edge, t.bundle = edge, last
	l.mu.Lock()
	l.size = edge.Size()
	l.mu.Unlock()
	l.trim()
	l.shave(old)
	err = l.keys.follow(l.files, l.Keys)
	if err == nil {
		err = l.keys.turn(l.files, l.Keys, edge.Size(), l.Turn, entries)
	}
	if err != nil {
		l.Say("the keys of the ledger cannot be kept anew, so that the last ones go on: " + err.Error())
	}
	return nil
}

// sign writes the checkpoint of a tree.
func (l *Log) sign(edge *tile.Frontier) error {
	c := checkpoint.Checkpoint{Origin: l.Origin, Size: edge.Size(), Root: edge.Root()}
	text, err := c.Sign(l.keys.signer)
	if err != nil {
		return err
	}
	return replace(l.files, checkpointFile, text)
}

// trim removes segments whose entries are all in the tree. What it fails to remove
// the next start removes.
func (l *Log) trim() {
	l.mu.Lock()
	n := 0
	for n+1 < len(l.segments) && l.segments[n+1].first <= l.size {
		n++
	}
	done := l.segments[:n]
	l.segments = slices.Clone(l.segments[n:])
	l.mu.Unlock()
	for _, s := range done {
		l.files.Remove(segmentName(s.number))
	}
}

// shave removes what was at the edge of a tree of n entries and is not any more
// (C2SP tlog-tiles, "Partial Tiles"). Readers take what has more in its place.
func (l *Log) shave(n int64) {
	now := tile.Edge(l.tree.edge.Size())
	for _, at := range withBundle(tile.Edge(n)) {
		if slices.ContainsFunc(withBundle(now), func(x tile.At) bool { return x == at }) {
			continue
		}
		l.files.Remove(at.Path())
		if folder := path.Dir(at.Path()); l.files.Remove(folder) == nil {
			delete(l.tree.known, folder)
		}
	}
}

// withBundle adds the bundle at the edge to the tiles there.
func withBundle(edge []tile.At) []tile.At {
	if len(edge) > 0 && edge[0].Level == 0 {
		edge = append(edge, tile.At{Level: tile.Entries, Index: edge[0].Index, Width: edge[0].Width})
	}
	return edge
}

// tidy leaves nothing pending behind when all is in the tree.
func (l *Log) tidy() {
	if l.pen.file != nil {
		l.pen.file.Close()
		l.pen.file = nil
	}
	if l.waiting() > 0 {
		return
	}
	l.mu.Lock()
	done := l.segments
	l.segments = nil
	l.mu.Unlock()
	for _, s := range done {
		if err := l.files.Remove(segmentName(s.number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			l.Say(fmt.Sprintf("%s stays: %v", segmentName(s.number), err))
		}
	}
}
