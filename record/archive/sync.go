package archive

import (
	"errors"
	"io/fs"
	"os"
	"slices"
)

// maxOwed bounds the segments that Sync looks after, beside the one that is
// written. One has at least a megabyte.
const maxOwed = 8

// owe has the next Sync look after a segment that ends. The caller holds mu.
func (a *Archive) owe(path string) {
	if slices.Contains(a.owed, path) {
		return
	}
	a.owed = append(a.owed, path)
	a.owed = slices.Delete(a.owed, 0, max(0, len(a.owed)-maxOwed))
}

// Sync brings to the disk what was written: it then outlives a loss of power. It
// waits for the disk, and holds up nobody who writes; any goroutine may call it.
// What was removed meanwhile is no error.
func (a *Archive) Sync() error {
	a.mu.Lock()
	list := a.owed
	if a.owed = nil; a.live != nil {
		list = append(list, a.live.path())
	}
	a.mu.Unlock()
	err := syncFile(a.dir) // names of segments
	for _, name := range list {
		err = errors.Join(err, syncFile(name))
	}
	if err == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, name := range list {
		a.owe(name)
	}
	return err
}

// syncFile brings a file or a folder to the disk, where the system can.
func syncFile(name string) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}
