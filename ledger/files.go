package ledger

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/gatehouse-api/gatehouse/internal/flock"
)

// Files are the files of one ledger. Names have slashes and begin in its folder,
// which is "." itself. One goroutine or several may use them; no two use the same
// name at once.
type Files interface {
	// Create makes an empty file to write to; what stood there is gone.
	Create(name string) (File, error)
	// Read returns what a file holds, and an error where that is more than most
	// bytes. A file that is not there is fs.ErrNotExist.
	Read(name string, most int64) ([]byte, error)
	Rename(from, to string) error
	// Remove takes a file away, or a folder that is empty.
	Remove(name string) error
	// Mkdir makes a folder; one that is there is none the worse.
	Mkdir(name string) error
	// List returns the names in a folder, sorted; of a folder that is not there
	// none.
	List(name string) ([]string, error)
	// SyncDir makes names in a folder outlive a loss of power.
	SyncDir(name string) error
	// Free is how many bytes may still be written.
	Free() (int64, error)
}

// File is one that is written from its beginning.
type File interface {
	io.Writer
	// Sync makes what was written outlive a loss of power. After it failed
	// nothing is known of what was written.
	Sync() error
	Close() error
}

// Folder are files in a folder of this machine. Nothing outside it is reached.
type Folder struct {
	root *os.Root
	lock *os.File // nil for who only reads
}

var _ Files = (*Folder)(nil)

// ErrLocked says that another program writes to a ledger.
var ErrLocked = errors.New("another program has the ledger open")

// ReadFolder opens a folder to read, also while a gate writes to it.
func ReadFolder(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Folder{root: root}, nil
}

// WriteFolder makes a folder where there is none, and holds it for this program
// alone.
func WriteFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := syncDir(filepath.Dir(filepath.Clean(dir))); err != nil {
		return nil, err
	}
	f, err := ReadFolder(dir)
	if err != nil {
		return nil, err
	}
	if f.lock, err = f.root.OpenFile("lock", os.O_CREATE|os.O_RDWR, 0o600); err == nil {
		err = flock.Take(f.lock)
	}
	if errors.Is(err, flock.ErrHeld) {
		err = ErrLocked
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Close gives the folder free.
func (f *Folder) Close() error {
	if f.lock != nil {
		f.lock.Close()
	}
	return f.root.Close()
}

// Create implements Files.
func (f *Folder) Create(name string) (File, error) {
	return f.root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
}

// Read implements Files.
func (f *Folder) Read(name string, most int64) ([]byte, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errLarge}
	}
	text := make([]byte, info.Size())
	_, err = io.ReadFull(file, text)
	return text, err
}

var errLarge = errors.New("not a file of the size that it must have")

// Size is how many bytes a file has.
func (f *Folder) Size(name string) (int64, error) {
	info, err := f.root.Stat(name)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Rename implements Files.
func (f *Folder) Rename(from, to string) error { return f.root.Rename(from, to) }

// Remove implements Files.
func (f *Folder) Remove(name string) error { return f.root.Remove(name) }

// Mkdir implements Files.
func (f *Folder) Mkdir(name string) error {
	err := f.root.Mkdir(name, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// List implements Files.
func (f *Folder) List(name string) ([]string, error) {
	dir, err := f.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

// SyncDir implements Files.
func (f *Folder) SyncDir(name string) error {
	return syncDir(filepath.Join(f.root.Name(), filepath.FromSlash(name)))
}

// Free implements Files.
func (f *Folder) Free() (int64, error) { return freeBytes(f.root.Name()) }

// replace puts text in the place of what name holds, whole or not at all, so that
// it outlives a loss of power.
func replace(f Files, name string, text []byte) error {
	fresh := name + ".new"
	if err := write(f, fresh, text); err != nil {
		return err
	}
	if err := f.Rename(fresh, name); err != nil {
		return err
	}
	return f.SyncDir(path.Dir(name))
}

// write makes a file and syncs what is in it; its name is not synced yet.
func write(f Files, name string, text []byte) error {
	file, err := f.Create(name)
	if err != nil {
		return err
	}
	return finish(file, text)
}

// finish writes and syncs what is in a file, and closes it.
func finish(file File, text []byte) error {
	_, err := file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// ReplaceIn puts text in the place of what a file of a folder holds, whole or not
// at all, so that it outlives a loss of power.
func ReplaceIn(f Files, name string, text []byte) error { return replace(f, name, text) }

// Replace puts text in the place of what a file anywhere on this machine holds,
// whole or not at all, so that it outlives a loss of power: for what tools keep
// beside a ledger.
func Replace(name string, text []byte) error {
	f, err := ReadFolder(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer f.Close()
	return replace(f, filepath.Base(name), text)
}
