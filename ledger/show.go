package ledger

import (
	"errors"
	"io/fs"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/ledger/tile"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// Errors of reading single entries.
var (
	ErrNoEntry = errors.New("the log has no entry of that index")
	ErrDeleted = errors.New("the entry was deleted; its hash is still in the tree")
)

// Head reads the checkpoint of a log, with its text. Who signed it is not checked.
func Head(f Files) (checkpoint.Checkpoint, []byte, error) {
	text, err := f.Read(checkpointFile, checkpoint.MaxText)
	if err != nil {
		return checkpoint.Checkpoint{}, nil, err
	}
	c, err := checkpoint.Unverified(text)
	return c, text, err
}

// Verifier reads the public key that stands beside a log. It is as good as the
// folder that it comes from.
func Verifier(f Files) (string, error) {
	text, err := f.Read(vkeyFile, checkpoint.MaxText)
	if err != nil || len(text) == 0 {
		return "", err
	}
	return string(text[:len(text)-1]), nil
}

// Prove returns the proof that the entry at index is in the log as it was when it
// signed the checkpoint that text is: the one of Head, or one that was kept.
func Prove(f Files, text []byte, index int64) (checkpoint.Proof, error) {
	c, err := checkpoint.Unverified(text)
	if err != nil {
		return checkpoint.Proof{}, err
	}
	if index < 0 || index >= c.Size {
		return checkpoint.Proof{}, ErrNoEntry
	}
	read := tile.Reader{Size: c.Size, Read: func(at tile.At) ([]byte, error) { return readTile(f, at) }}
	p := checkpoint.Proof{Index: index, Checkpoint: text}
	if p.Hashes, err = tlog.ProveRecord(c.Size, index, read); err != nil {
		return p, err
	}
	leaf, err := read.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return p, err
	}
	if err := tlog.CheckRecord(p.Hashes, c.Size, c.Root, index, leaf[0]); err != nil {
		return p, fault(checkpointFile, index, "the tiles are not those of the checkpoint: gatehouse ledger verify says more")
	}
	return p, nil
}

// Consistency returns the hashes that prove that the log as it is with checkpoint c
// goes on from what it was with size entries (RFC 6962 section 2.1.2).
func Consistency(f Files, c checkpoint.Checkpoint, size int64) ([]tlog.Hash, error) {
	if size == 0 || size == c.Size {
		return nil, nil
	}
	if size < 0 || size > c.Size {
		return nil, ErrNoEntry
	}
	return tlog.ProveTree(c.Size, size, tile.Reader{Size: c.Size, Read: func(at tile.At) ([]byte, error) { return readTile(f, at) }})
}

// Entries calls each with the entries of a log from index from on and below to, as
// they stand in the tree: sealed. Those that were deleted are passed over. It ends
// with the first error of each.
func Entries(f Files, from, to int64, each func(index int64, sealed []byte) error) error {
	c, _, err := Head(f)
	if err != nil {
		return err
	}
	from, to = max(from, 0), min(to, c.Size)
	for from < to {
		at := tile.Containing(0, from, c.Size)
		at.Level = tile.Entries
		first, next := at.Index*tile.Width, min((at.Index+1)*tile.Width, to)
		text, err := readTile(f, at)
		if errors.Is(err, fs.ErrNotExist) && at.Width == tile.Width {
			from = next
			continue
		} else if err != nil {
			return err
		}
		list, err := tile.Split(text, at.Width)
		if err != nil {
			return fault(at.Path(), first+int64(len(list)), "%v", err)
		}
		for ; from < next; from++ {
			if err := each(from, list[from-first]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Opener decrypts entries of a log with the keys in its folder, which by opens. It
// says what the ledger wrote of itself as it is.
func Opener(f Files, by seal.Sealer) (func(sealed []byte) ([]byte, error), error) {
	c, _, err := Head(f)
	if err != nil {
		return nil, err
	}
	keys, err := readKeys(f, by, c.Origin)
	if err != nil {
		return nil, err
	}
	return keys.unseal, nil
}
