package ledger_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// outsider reads the files of a ledger as anybody can who has read the C2SP
// specifications tlog-checkpoint and tlog-tiles: with none of the product's code,
// but with that of the Go checksum database and of Trillian.
type outsider struct{ dir string }

// head is the signed state of the log.
func (o outsider) head() (tree tlog.Tree, err error) {
	vkey, err := os.ReadFile(filepath.Join(o.dir, "vkey"))
	if err != nil {
		return tree, err
	}
	text, err := os.ReadFile(filepath.Join(o.dir, "checkpoint"))
	if err != nil {
		return tree, err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return tree, err
	}
	signed, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tree, fmt.Errorf("no checkpoint: %q", signed.Text)
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != len(tree.Hash) {
		return tree, fmt.Errorf("no root: %q", lines[2])
	}
	copy(tree.Hash[:], root)
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	return tree, err
}

// Height implements tlog.TileReader.
func (outsider) Height() int { return 8 }

// SaveTiles implements tlog.TileReader.
func (outsider) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles implements tlog.TileReader. C2SP leaves the height out of the names.
func (o outsider) ReadTiles(tiles []tlog.Tile) (list [][]byte, err error) {
	for _, t := range tiles {
		text, err := os.ReadFile(filepath.Join(o.dir, filepath.FromSlash(strings.Replace(t.Path(), "tile/8/", "tile/", 1))))
		if err != nil {
			return nil, err
		}
		if len(text) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", t.Path(), len(text))
		}
		list = append(list, text)
	}
	return list, nil
}

// entries are all of the log, sealed as they are.
func (o outsider) entries(n int64) (list [][]byte, err error) {
	for i := int64(0); i < n; i += 256 {
		t := tlog.Tile{H: 8, L: -1, N: i / 256, W: int(min(256, n-i))}
		text, err := os.ReadFile(filepath.Join(o.dir, filepath.FromSlash(strings.Replace(t.Path(), "tile/8/data/", "tile/entries/", 1))))
		if err != nil {
			return nil, err
		}
		for range t.W {
			if len(text) < 2 || len(text) < 2+int(binary.BigEndian.Uint16(text)) {
				return nil, fmt.Errorf("the bundle of entry %d ends early", i)
			}
			end := 2 + int(binary.BigEndian.Uint16(text))
			list, text = append(list, text[2:end]), text[end:]
		}
		if len(text) > 0 {
			return nil, fmt.Errorf("the bundle of entry %d does not end", i)
		}
	}
	return list, nil
}

// verify builds the tree of the entries anew, holds it and all tiles to the
// checkpoint, and proves some of the entries. It returns how many there are.
func (o outsider) verify() (int64, error) {
	tree, err := o.head()
	if err != nil {
		return 0, err
	}
	list, err := o.entries(tree.N)
	if err != nil {
		return 0, err
	}
	var stored []tlog.Hash
	built := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for i, e := range list {
		more, err := tlog.StoredHashes(int64(i), e, built)
		if err != nil {
			return 0, err
		}
		stored = append(stored, more...)
	}
	if root, err := tlog.TreeHash(tree.N, built); err != nil || root != tree.Hash {
		return 0, fmt.Errorf("the entries have the root %v, and %v was signed (%w)", root, tree.Hash, err)
	}
	tiles := tlog.TileHashReader(tree, o) // holds every tile that it reads to the root
	var places []int64
	for i := range list {
		places = append(places, tlog.StoredHashIndex(0, int64(i)))
	}
	leaves, err := tiles.ReadHashes(places)
	if err != nil {
		return 0, err
	}
	for i, e := range list {
		if !bytes.Equal(rfc6962.DefaultHasher.HashLeaf(e), leaves[i][:]) {
			return 0, fmt.Errorf("entry %d is not the one of its tile", i)
		}
	}
	for _, i := range []int64{0, tree.N / 3, tree.N / 2, tree.N - 1} {
		if err := prove(tree, tiles, i, list[i]); err != nil {
			return 0, fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return tree.N, nil
}

// prove has one project prove an entry, and the other one verify it.
func prove(tree tlog.Tree, tiles tlog.HashReader, i int64, entry []byte) error {
	p, err := tlog.ProveRecord(tree.N, i, tiles)
	if err != nil {
		return err
	}
	var hashes [][]byte
	for n := range p {
		hashes = append(hashes, p[n][:])
	}
	return proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(i), uint64(tree.N), rfc6962.DefaultHasher.HashLeaf(entry), hashes, tree.Hash[:])
}
