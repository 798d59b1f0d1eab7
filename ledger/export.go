package ledger

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"

	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/ledger/tile"
)

// Export writes a log as it is now as a tar archive, for whoever is to verify it or
// to keep a copy: checkpoint, public key, tiles and bundles, and no key that
// decrypts. A gate may write to the log meanwhile.
func Export(f Files, to io.Writer) error {
	c, text, err := Head(f)
	if err != nil {
		return err
	}
	out := tar.NewWriter(to)
	if err := pack(out, checkpointFile, text); err != nil {
		return err
	}
	for _, name := range [...]string{vkeyFile, minimumFile} {
		text, err := f.Read(name, checkpoint.MaxText)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = pack(out, name, text)
		}
		if err != nil {
			return err
		}
	}
	if err := exportLevel(f, out, tile.Entries, c.Size); err != nil {
		return err
	}
	for level, n := 0, c.Size; n > 0; level++ {
		if err := exportLevel(f, out, level, n); err != nil {
			return err
		}
		n /= tile.Width
	}
	return out.Close()
}

// exportLevel writes the tiles of a level that has n hashes.
func exportLevel(f Files, out *tar.Writer, level int, n int64) error {
	for index := int64(0); index*tile.Width < n; index++ {
		at := tile.At{Level: level, Index: index, Width: int(min(tile.Width, n-index*tile.Width))}
		text, err := readTile(f, at)
		if errors.Is(err, fs.ErrNotExist) && level == tile.Entries && at.Width == tile.Width {
			continue // was deleted
		}
		if err == nil {
			err = pack(out, at.Path(), text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func pack(out *tar.Writer, name string, text []byte) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))}); err != nil {
		return err
	}
	_, err := out.Write(text)
	return err
}
