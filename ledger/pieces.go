package ledger

import (
	"errors"
	"path"
	"slices"
	"sync"

	"github.com/gatehouse-api/gatehouse/ledger/tile"
)

// piece is a file of the tree.
type piece struct {
	at   tile.At
	text []byte
}

// putBundles writes the bundles of entries from index on, and returns what the last
// one has where it is not full.
func (l *Log) putBundles(index int64, entries [][]byte) (bundle []byte, err error) {
	var folders []string
	var some []piece
	spare := &l.tree.bundles
	write := func() error {
		err := l.put(some, &folders)
		for _, p := range some {
			if p.at.Width == tile.Width {
				spare.give(p.text)
			}
		}
		some = some[:0]
		return err
	}
	bundle = append(spare.take(), l.tree.bundle...)
	for _, e := range entries {
		bundle = tile.AppendEntry(bundle, e)
		if index++; index%tile.Width != 0 {
			continue
		}
		some = append(some, piece{tile.At{Level: tile.Entries, Index: index/tile.Width - 1, Width: tile.Width}, bundle})
		bundle = spare.take()
		if len(some) == syncers {
			if err := write(); err != nil {
				return bundle, err
			}
		}
	}
	if n := int(index % tile.Width); n > 0 {
		some = append(some, piece{tile.At{Level: tile.Entries, Index: index / tile.Width, Width: n}, bundle})
	}
	if err := write(); err != nil {
		return bundle, err
	}
	return bundle, l.sync(folders)
}

// putTiles adds entries to a tree, and writes the tiles that this changes.
func (l *Log) putTiles(edge *tile.Frontier, entries [][]byte) error {
	before := tile.Edge(edge.Size())
	var tiles []piece
	b := l.tree.hashes[:0]
	add := func(at tile.At, list []tile.Hash) {
		start := len(b)
		b = tile.AppendHashes(b, list)
		tiles = append(tiles, piece{at, b[start:]}) // holds also where b has grown since
	}
	for _, e := range entries {
		edge.Add(tile.Leaf(e), add)
	}
	edge.Edge(func(at tile.At, list []tile.Hash) {
		if !slices.Contains(before, at) {
			add(at, list)
		}
	})
	l.tree.hashes = b
	var folders []string
	if err := l.put(tiles, &folders); err != nil {
		return err
	}
	return l.sync(folders)
}

// put writes pieces and syncs them, and notes the folders that are to be synced for
// their names.
func (l *Log) put(pieces []piece, folders *[]string) error {
	for _, p := range pieces {
		if err := l.folder(path.Dir(p.at.Path()), folders); err != nil {
			return err
		}
	}
	return writeAll(l.files, pieces)
}

// sync makes names in folders outlive a loss of power.
func (l *Log) sync(folders []string) error {
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
		name := p.at.Path()
		file, err := f.Create(name + ".new") // one at a time: they wait for the same folder
		if err != nil {
			errs[i] = err
			break
		}
		all.Go(func() {
			if errs[i] = finish(file, p.text); errs[i] == nil {
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
