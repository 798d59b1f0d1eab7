package sink

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// letters is a folder of lines that a receiver refused: files that people can
// read, as those of record.events, the oldest of which are removed to keep a
// bound.
type letters struct {
	folder string
	max    int64
	count  int
}

// put keeps lines and returns the name of their file and how many older ones were
// removed.
func (l *letters) put(lines []byte, now time.Time) (name string, gone int, err error) {
	if err := os.MkdirAll(l.folder, 0o700); err != nil {
		return "", 0, err
	}
	if gone, err = l.makeRoom(int64(len(lines))); err != nil {
		return "", gone, err
	}
	l.count++
	name = filepath.Join(l.folder, fmt.Sprintf("%s-%06d.jsonl", now.UTC().Format("20060102T150405.000000000Z"), l.count%1_000_000))
	return name, gone, os.WriteFile(name, lines, 0o600)
}

// makeRoom removes the oldest files until there is room for n bytes.
func (l *letters) makeRoom(n int64) (gone int, err error) {
	list, err := os.ReadDir(l.folder)
	if err != nil {
		return 0, err
	}
	var sizes []int64
	var names []string
	for _, e := range list { // sorted by name, which begins with the time
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			names, sizes = append(names, e.Name()), append(sizes, info.Size())
			n += info.Size()
		}
	}
	for len(names) > 0 && n > l.max {
		if err := os.Remove(filepath.Join(l.folder, names[0])); err != nil {
			return gone, err
		}
		n -= sizes[0]
		gone++
		names, sizes = slices.Delete(names, 0, 1), slices.Delete(sizes, 0, 1)
	}
	return gone, nil
}
