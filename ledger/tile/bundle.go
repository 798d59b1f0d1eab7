package tile

import (
	"encoding/binary"
	"errors"
)

// MaxEntry bounds one entry, in bytes: its length has 16 bits (C2SP tlog-tiles,
// "Log entries").
const MaxEntry = 1<<16 - 1

// MaxBundle bounds a bundle, in bytes.
const MaxBundle = Width * (2 + MaxEntry)

// AppendEntry appends one entry to a bundle. An entry longer than MaxEntry is a
// programmer's mistake.
func AppendEntry(b, entry []byte) []byte {
	if len(entry) > MaxEntry {
		panic("tile: the entry is too long for a bundle")
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(entry)))
	return append(b, entry...)
}

// ErrBundle says that a text is no bundle of so many entries.
var ErrBundle = errors.New("not a bundle of that many entries")

// Split returns the entries of a bundle that must have exactly n, as parts of
// text. Where it fails, it returns those before the fault as well.
func Split(text []byte, n int) ([][]byte, error) {
	if n < 0 || n > Width {
		return nil, ErrBundle
	}
	list := make([][]byte, 0, n)
	for range n {
		if len(text) < 2 {
			return list, ErrBundle
		}
		length := int(binary.BigEndian.Uint16(text))
		if len(text) < 2+length {
			return list, ErrBundle
		}
		list = append(list, text[2:2+length:2+length])
		text = text[2+length:]
	}
	if len(text) > 0 {
		return list, ErrBundle
	}
	return list, nil
}

// Hashes returns the hashes of a tile that must have exactly n.
func Hashes(text []byte, n int) ([]Hash, error) {
	if n < 1 || n > Width || len(text) != n*HashSize {
		return nil, errors.New("not a tile of that many hashes")
	}
	list := make([]Hash, n)
	for i := range list {
		copy(list[i][:], text[i*HashSize:])
	}
	return list, nil
}
