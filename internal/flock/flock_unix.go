//go:build unix && !aix && !solaris && !illumos

package flock

import (
	"errors"
	"os"
	"syscall"
)

// Take holds f until it is closed or the program ends, however it ends. It does
// not wait: where another one holds it, the error is ErrHeld.
func Take(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrHeld
	}
	return err
}
