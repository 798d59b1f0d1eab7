package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// File keeps sealed keys in a file at a path, which its owner alone may read.
type File string

var _ Storage = File("")

// stale is when a file that another program was writing is not waited for any
// more.
const stale = time.Minute

// Read implements Storage.
func (f File) Read(context.Context) ([]byte, error) {
	info, err := os.Stat(string(f))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", f)
	}
	in, err := os.Open(string(f))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, wrap.MaxText+1))
	if err == nil && len(text) > wrap.MaxText {
		err = fmt.Errorf("%s is larger than 1 MiB", f)
	}
	return text, err
}

// Replace implements Storage. The new text is written beside the old one, put on
// the disk, and takes its name. The file that is written is the lock of those
// who write.
func (f File) Replace(ctx context.Context, old, fresh []byte) error {
	folder := filepath.Dir(string(f))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	name := string(f) + ".new"
	if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > stale {
		os.Remove(name) // of a program that ended half-way
	}
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return ErrRaced
	}
	if err != nil {
		return err
	}
	if err := f.write(ctx, out, old, fresh); err != nil {
		os.Remove(name)
		return err
	}
	return syncFolder(folder)
}

func (f File) write(ctx context.Context, out *os.File, old, fresh []byte) error {
	defer out.Close()
	now, err := f.Read(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		now = nil
	case err != nil:
		return err
	}
	if !bytes.Equal(now, old) || (now == nil) != (old == nil) {
		return ErrRaced
	}
	if _, err := out.Write(fresh); err != nil {
		return err
	}
	if err := out.Sync(); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Rename(out.Name(), string(f))
}

// syncFolder puts a folder's names on the disk, where the system can.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}
