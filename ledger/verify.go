package ledger

import (
	"encoding/json"
	"errors"
	"io/fs"

	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/ledger/tile"
)

// Check says what Verify holds a log to.
type Check struct {
	Verifier note.Verifier          // of the log; nil leaves its signature unchecked
	Since    *checkpoint.Checkpoint // an earlier state that the log must go on from; nil for none
	Progress func(done, size int64) // told now and then how many entries were read; nil for nobody
}

// Report is what Verify found. The log is whole where Fault is nil.
type Report struct {
	Checkpoint checkpoint.Checkpoint
	Signed     bool   // the signature was checked, and is the log's
	Deleted    int64  // entries below were deleted, as the log itself says; their hashes are there
	KeysBelow  uint32 // the keys of entries before this one are destroyed, as the log itself says; 0 for none
	Pending    int64  // entries that are on disk and wait for their place in the tree: no checkpoint has them yet
	Torn       int64  // bytes of pending entries that were being written: nothing in them was acknowledged
	Moving     bool   // a gate writes so much that neither can be told
	Fault      *Fault // the first that was found
}

// Verify reads a whole log and holds every entry to its hash, every tile to those
// below it, and the root to the checkpoint. It needs no key that decrypts. Its
// error says that the log could not be read; damage is in the report.
func Verify(f Files, check Check) (*Report, error) {
	text, err := f.Read(checkpointFile, checkpoint.MaxText)
	if err != nil {
		return nil, err
	}
	v := &verification{files: f, check: check, report: &Report{}}
	if check.Verifier != nil {
		v.report.Checkpoint, err = checkpoint.Open(text, check.Verifier)
		v.report.Signed = err == nil
	} else {
		v.report.Checkpoint, err = checkpoint.Unverified(text)
	}
	if err == nil {
		err = v.run()
	} else {
		err = fault(checkpointFile, -1, "%v", err)
	}
	if errors.As(err, &v.report.Fault) {
		err = nil
	}
	return v.report, err
}

type verification struct {
	files   Files
	check   Check
	report  *Report
	edge    tile.Frontier
	missing []tile.At // bundles that are not there
}

func (v *verification) run() error {
	c, since := v.report.Checkpoint, v.check.Since
	if since != nil && since.Origin != c.Origin {
		return fault(checkpointFile, -1, "it is one of another log than the earlier checkpoint")
	}
	if since != nil && since.Size > c.Size {
		return fault(checkpointFile, c.Size, "the log ends here and had %d entries before: its end was removed", since.Size)
	}
	if err := v.since(); err != nil {
		return err
	}
	for index := int64(0); index*tile.Width < c.Size; index++ {
		if err := v.bundle(tile.Containing(0, index*tile.Width, c.Size)); err != nil {
			return err
		}
		if v.check.Progress != nil && index%16 == 0 {
			v.check.Progress(v.edge.Size(), c.Size)
		}
	}
	var err error
	v.edge.Edge(func(at tile.At, list []tile.Hash) {
		if err == nil && at.Level > 0 {
			err = v.upper(at, list)
		}
	})
	if err != nil {
		return err
	}
	if root := v.edge.Root(); root != c.Root && since != nil { // up to there they are the same
		return fault(checkpointFile, since.Size, "the entries and tiles go together and are not those that were signed: root %v, signed %v; the fault is in the entries from here on, which the earlier checkpoint does not have", root, c.Root)
	} else if root != c.Root {
		return fault(checkpointFile, -1, "the entries and tiles go together and are not those that were signed: root %v, signed %v; an earlier checkpoint says before or behind which entry", root, c.Root)
	}
	for _, at := range v.missing {
		if (at.Index+1)*tile.Width > v.report.Deleted {
			return fault(at.Path(), at.Index*tile.Width, "it is missing, and the log does not say that it was deleted")
		}
	}
	return v.pending()
}

// bundle holds the entries of one bundle to their tile, and adds it to the tree.
func (v *verification) bundle(at tile.At) error {
	text, err := readTile(v.files, at)
	if err != nil {
		return damage(at, err)
	}
	hashes, err := tile.Hashes(text, at.Width)
	if err != nil {
		return fault(at.Path(), at.Index*tile.Width, "%v", err)
	}
	below := tile.At{Level: tile.Entries, Index: at.Index, Width: at.Width}
	text, err = readTile(v.files, below)
	switch {
	case errors.Is(err, fs.ErrNotExist) && at.Width == tile.Width:
		v.missing = append(v.missing, below)
	case err != nil:
		return damage(below, err)
	default:
		if err := v.entries(at, hashes, text); err != nil {
			return err
		}
	}
	return v.add(hashes)
}

// add adds leaves to the tree and holds what becomes full to what is on disk.
func (v *verification) add(hashes []tile.Hash) (err error) {
	for _, h := range hashes {
		v.edge.Add(h, func(at tile.At, list []tile.Hash) {
			if err == nil && at.Level > 0 {
				err = v.upper(at, list)
			}
		})
		if err == nil {
			err = v.since()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// entries holds entries to their hashes, and notes what they say was deleted.
func (v *verification) entries(at tile.At, hashes []tile.Hash, text []byte) error {
	name := tile.At{Level: tile.Entries, Index: at.Index, Width: at.Width}.Path()
	first := at.Index * tile.Width
	list, err := tile.Split(text, at.Width)
	for i, e := range list {
		if tile.Leaf(e) != hashes[i] {
			if err == nil && v.holds(at, list) {
				return fault(at.Path(), first+int64(i), "it was changed: its hash of the entry is another one than that of %s, and the tree above has the entry", name)
			}
			return fault(name, first+int64(i), "it was changed: its hash in %s is another one", at.Path())
		}
		if s := saidBy(e); s.DeletedBelow > v.report.Deleted && s.DeletedBelow <= first+int64(i) {
			v.report.Deleted, v.report.KeysBelow = s.DeletedBelow, s.KeysBelow
		}
	}
	if err != nil {
		return fault(name, first+int64(len(list)), "%v", err)
	}
	return nil
}

// holds reports whether the tree has the entries of a bundle, whatever their tile
// says: by the tile above, or by the root where there is none. All before them were
// added.
func (v *verification) holds(at tile.At, entries [][]byte) bool {
	edge, leaves := v.edge.Clone(), make([]tile.Hash, len(entries))
	for i, e := range entries {
		leaves[i] = tile.Leaf(e)
		edge.Add(leaves[i], func(tile.At, []tile.Hash) {})
	}
	if at.Width < tile.Width {
		return edge.Root() == v.report.Checkpoint.Root
	}
	above := tile.Containing(1, at.Index, v.report.Checkpoint.Size)
	text, err := readTile(v.files, above)
	if err != nil {
		return false
	}
	hashes, err := tile.Hashes(text, above.Width)
	return err == nil && hashes[at.Index%tile.Width] == tile.Root(leaves)
}

// upper holds a tile above level 0 to the hashes of those below it.
func (v *verification) upper(at tile.At, want []tile.Hash) error {
	span := int64(1) // entries below one hash
	for range at.Level {
		span *= tile.Width
	}
	text, err := readTile(v.files, at)
	if err != nil {
		return damage(at, err)
	}
	have, err := tile.Hashes(text, at.Width)
	if err != nil {
		return fault(at.Path(), at.Index*tile.Width*span, "%v", err)
	}
	for i := range want {
		if have[i] != want[i] {
			index := at.Index*tile.Width + int64(i)
			below := tile.At{Level: at.Level - 1, Index: index, Width: tile.Width}
			return fault(at.Path(), index*span, "its hash of %s is another one: that tile was changed, or this one; the fault is in the %d entries from here on", below.Path(), span)
		}
	}
	return nil
}

// since holds the tree to the earlier checkpoint when it has its size.
func (v *verification) since() error {
	s := v.check.Since
	if s == nil || v.edge.Size() != s.Size || v.edge.Root() == s.Root {
		return nil
	}
	return fault(checkpointFile, 0, "the log does not go on from the earlier checkpoint of %d entries: some of them were rewritten", s.Size)
}

// damage is a tile that cannot be read.
func damage(at tile.At, err error) error {
	first := at.Index * tile.Width
	for range at.Level {
		first *= tile.Width
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fault(at.Path(), first, "it is missing")
	}
	if errors.Is(err, errLarge) {
		return fault(at.Path(), first, "it is larger than it can be")
	}
	return err
}

// statement is what the ledger says of itself.
type statement struct {
	DeletedBelow int64  `json:"deleted_below"`
	KeysBelow    uint32 `json:"keys_destroyed_below,omitzero"` // the number of the first that is left
}

// saidBy is what an entry says of the log; nothing where it is of another kind.
func saidBy(entry []byte) (s statement) {
	if len(entry) < 2 || len(entry) > 256 || entry[0] != kindPlain || json.Unmarshal(entry[1:], &s) != nil {
		return statement{}
	}
	return s
}
