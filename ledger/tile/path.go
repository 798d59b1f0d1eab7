// Package tile is the form of a Merkle log as files (C2SP tlog-tiles): the names
// of tiles and bundles, the entries of a bundle, and the right edge of a tree that
// grows (RFC 6962 section 2.1). Package ledger imports it; it knows no file, no
// key and nothing of what an entry means.
package tile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	// Height is how many levels of the tree a tile spans.
	Height = 8
	// Width is how many hashes a full tile has, and how many entries a bundle.
	Width = 1 << Height
	// HashSize is the length of one hash in a tile, in bytes.
	HashSize = tlog.HashSize
	// maxLevel bounds the levels of a tree of less than 2^63 entries.
	maxLevel = 7
)

// At names one tile: its level, its index within the level, and how many hashes
// it has, 1 to Width. A bundle of entries has level Entries.
type At struct {
	Level int
	Index int64
	Width int
}

// Entries is the level of bundles in names.
const Entries = -1

// Path is the name of a tile below the folder of the log (C2SP tlog-tiles,
// "Merkle Tree" and "Log entries").
func (a At) Path() string {
	var b strings.Builder
	b.WriteString("tile/")
	if a.Level == Entries {
		b.WriteString("entries")
	} else {
		b.WriteString(strconv.Itoa(a.Level))
	}
	parts := []string{fmt.Sprintf("%03d", a.Index%1000)}
	for n := a.Index / 1000; n > 0; n /= 1000 {
		parts = append(parts, fmt.Sprintf("x%03d", n%1000))
	}
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteByte('/')
		b.WriteString(parts[i])
	}
	if a.Width != Width {
		b.WriteString(".p/")
		b.WriteString(strconv.Itoa(a.Width))
	}
	return b.String()
}

var errPath = errors.New("no name of a tile")

// ParsePath reads what Path wrote, and nothing else.
func ParsePath(name string) (At, error) {
	rest, ok := strings.CutPrefix(name, "tile/")
	level, rest, found := strings.Cut(rest, "/")
	if !ok || !found || len(name) > 100 {
		return At{}, errPath
	}
	a := At{Level: Entries, Width: Width}
	if level != "entries" {
		l, err := strconv.Atoi(level)
		if err != nil || l < 0 || l > maxLevel {
			return At{}, errPath
		}
		a.Level = l
	}
	if full, width, ok := strings.Cut(rest, ".p/"); ok {
		w, err := strconv.Atoi(width)
		if err != nil || w < 1 || w >= Width {
			return At{}, errPath
		}
		rest, a.Width = full, w
	}
	for part := range strings.SplitSeq(rest, "/") {
		digits := strings.TrimPrefix(part, "x")
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || len(digits) != 3 || a.Index > (1<<62)/1000 {
			return At{}, errPath
		}
		a.Index = a.Index*1000 + int64(n)
	}
	if a.Path() != name { // the one way to write it: no zeroes in front, no x at the end
		return At{}, errPath
	}
	return a, nil
}

// Bundles are the bundles of a log of n entries: the full ones, and how many
// entries the last one has that is not full, or 0.
func Bundles(n int64) (full int64, partial int) { return n / Width, int(n % Width) }

// Edge are the tiles of a log of n entries that are not full, from level 0 up.
func Edge(n int64) (list []At) {
	for level := 0; n > 0; level++ {
		if w := int(n % Width); w > 0 {
			list = append(list, At{level, n / Width, w})
		}
		n /= Width
	}
	return list
}

// Containing is the tile of a log of n entries that has the i-th hash of a level;
// it is full or at the edge.
func Containing(level int, i, n int64) At {
	for range max(level, 0) {
		n /= Width
	}
	a := At{Level: level, Index: i / Width, Width: Width}
	if a.Index == n/Width {
		a.Width = int(n % Width)
	}
	return a
}
