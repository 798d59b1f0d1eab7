package source

import (
	"crypto/sha256"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Reading is one file that a set has read, or would have.
type Reading struct {
	Name string            // path, as messages name it
	Sum  [sha256.Size]byte // of its content; zero when it could not be read
}

// Readings lists the files that were asked for so far, by name, so that
// whoever keeps what was made of them can tell when it is out of date.
func (s *Set) Readings() []Reading {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Reading, 0, len(s.files))
	for uri, e := range s.files {
		r := Reading{}
		switch name, err := nameOf(uri); {
		case err != nil || !s.local:
			continue
		default:
			r.Name = filepath.Join(s.folder, filepath.FromSlash(path.Clean(name)))
		}
		if e.file != nil {
			r.Sum = sha256.Sum256([]byte(e.file.text))
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b Reading) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(list, func(a, b Reading) bool { return a.Name == b.Name })
}
