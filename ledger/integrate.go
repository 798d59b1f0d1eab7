package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sync"
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
}

// piece is a file of the tree.
type piece struct {
	at   tile.At
	text []byte
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
		if n += len(g.entries); n > maxStep && len(list) > 0 {
			break
		}
		list = append(list, g)
	}
	return list
}

// advance brings groups into the tree, and reports whether it could.
func (l *Log) advance(step []*group) bool {
	var cost int64
	var entries [][]byte
	for _, g := range step {
		cost += g.cost
		entries = append(entries, g.entries...)
	}
	err := l.grow(entries)
	l.measure()
	l.mu.Lock()
	before := l.problem
	l.problem = err
	if err == nil {
		clear(l.ready[:len(step)])
		l.ready = l.ready[len(step):]
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

// grow writes entries into the tree, in the order that a crash may interrupt
// anywhere: bundles, tiles, then the checkpoint that says that they are there, and
// only then the pending copies go.
func (l *Log) grow(entries [][]byte) error {
	edge, bundle := l.tree.edge.Clone(), slices.Clone(l.tree.bundle)
	old := edge.Size()
	var bundles, tiles []piece
	for _, e := range entries {
		bundle = tile.AppendEntry(bundle, e)
		index := edge.Size() / tile.Width
		edge.Add(tile.Leaf(e), func(at tile.At, list []tile.Hash) {
			tiles = append(tiles, piece{at, tile.AppendHashes(nil, list)})
		})
		if edge.Size()%tile.Width == 0 {
			bundles = append(bundles, piece{tile.At{Level: tile.Entries, Index: index, Width: tile.Width}, bundle})
			bundle = nil
		}
	}
	if n := edge.Size(); n%tile.Width > 0 {
		bundles = append(bundles, piece{tile.At{Level: tile.Entries, Index: n / tile.Width, Width: int(n % tile.Width)}, bundle})
	}
	before := tile.Edge(old)
	edge.Edge(func(at tile.At, list []tile.Hash) {
		if !slices.Contains(before, at) {
			tiles = append(tiles, piece{at, tile.AppendHashes(nil, list)})
		}
	})
	for _, pieces := range [][]piece{bundles, tiles} {
		if err := l.put(pieces); err != nil {
			return err
		}
	}
	if err := l.sign(edge); err != nil {
		return err
	}
	l.tree.edge, l.tree.bundle = edge, slices.Clone(bundle)
	l.mu.Lock()
	l.size = edge.Size()
	l.mu.Unlock()
	l.trim()
	l.shave(old)
	err := l.keys.follow(l.files, l.Keys)
	if err == nil {
		err = l.keys.turn(l.files, l.Keys, edge.Size(), l.Turn, entries)
	}
	if err != nil {
		l.Say("the keys of the ledger cannot be kept anew, so that the last ones go on: " + err.Error())
	}
	return nil
}

// put writes pieces and syncs them, then the folders that they are in.
func (l *Log) put(pieces []piece) error {
	var folders []string // to be synced, each before those above it
	for _, p := range pieces {
		if err := l.folder(path.Dir(p.at.Path()), &folders); err != nil {
			return err
		}
	}
	if err := writeAll(l.files, pieces); err != nil {
		return err
	}
	for _, name := range folders {
		if err := l.files.SyncDir(name); err != nil {
			return err
		}
	}
	for _, name := range folders {
		l.tree.known[name] = true
	}
	return nil
}

// syncers is how many files are synced at a time: disks and file systems make
// several durable in the time of one, and entries wait for the same disk.
const syncers = 16

// writeAll writes pieces, and returns once all are synced. Each gets its name only
// then: where an attempt failed late, a checkpoint that names the very files may be
// on disk already, and they must not be torn while they are written once more.
func writeAll(f Files, pieces []piece) error {
	var all sync.WaitGroup
	errs := make([]error, len(pieces))
	room := make(chan struct{}, syncers)
	for i, p := range pieces {
		room <- struct{}{}
		all.Go(func() {
			name := p.at.Path()
			if errs[i] = write(f, name+".new", p.text); errs[i] == nil {
				errs[i] = f.Rename(name+".new", name)
			}
			<-room
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// folder makes a folder and notes what is to be synced for what is put into it.
func (l *Log) folder(name string, synced *[]string) error {
	if slices.Contains(*synced, name) {
		return nil
	}
	if !l.tree.known[name] && name != "." {
		if len(l.tree.known) > 1024 {
			clear(l.tree.known) // they are synced once more
		}
		above := path.Dir(name)
		if err := l.folder(above, synced); err != nil {
			return err
		}
		if err := l.files.Mkdir(name); err != nil {
			return err
		}
	}
	*synced = append(*synced, name)
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
