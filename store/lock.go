package store

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/flock"
)

// ErrHeld is a lock that another process holds.
var ErrHeld = flock.ErrHeld

// Lock is a file that one process holds. It is given up when the process ends,
// however it ends.
type Lock struct{ file *os.File }

// TryLock takes the lock at path, or returns ErrHeld. The file stays when the
// lock is released: removing it would let two processes hold two files of one
// name.
func TryLock(path string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock.Take(f); err != nil {
		f.Close()
		return nil, err
	}
	return &Lock{f}, nil
}

// WaitLock takes the lock at path once nobody else holds it.
func WaitLock(ctx context.Context, path string) (*Lock, error) {
	for {
		lock, err := TryLock(path)
		if !errors.Is(err, ErrHeld) {
			return lock, err
		}
		if wait(ctx, 20*time.Millisecond); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// Release gives the lock up.
func (l *Lock) Release() error { return l.file.Close() }
