package ledger

import (
	"errors"
	"io/fs"
	"path"
	"strconv"

	"github.com/gatehouse-api/gatehouse/ledger/tile"
)

// maxTile bounds a tile or a bundle, in bytes.
func maxTile(level int) int64 {
	if level == tile.Entries {
		return tile.MaxBundle
	}
	return tile.Width * tile.HashSize
}

// readTile reads a tile or a bundle. Where one that is not full is gone because
// the log went on, the part of the wider one is read that has the same.
func readTile(f Files, at tile.At) ([]byte, error) {
	text, err := f.Read(at.Path(), maxTile(at.Level))
	if err == nil || !errors.Is(err, fs.ErrNotExist) || at.Width == tile.Width {
		return text, err
	}
	for _, wider := range widths(f, at) {
		text, wide := f.Read(wider.Path(), maxTile(at.Level))
		if wide != nil {
			continue
		}
		if at.Level != tile.Entries {
			if len(text) != wider.Width*tile.HashSize {
				continue
			}
			return text[:at.Width*tile.HashSize], nil
		}
		list, wide := tile.Split(text, wider.Width)
		if wide != nil {
			continue
		}
		var b []byte
		for _, e := range list[:at.Width] {
			b = tile.AppendEntry(b, e)
		}
		return b, nil
	}
	return nil, err
}

// widths are the tiles that may stand in the place of one that is not full.
func widths(f Files, at tile.At) (list []tile.At) {
	names, _ := f.List(path.Dir(at.Path()))
	for _, n := range names {
		if w, err := strconv.Atoi(n); err == nil && w > at.Width && w < tile.Width {
			list = append(list, tile.At{Level: at.Level, Index: at.Index, Width: w})
		}
	}
	return append(list, tile.At{Level: at.Level, Index: at.Index, Width: tile.Width})
}
