//go:build unix && !aix && !solaris && !illumos

package archive

import (
	"os"
	"syscall"
)

// lock takes a file for this program until it is closed. It does not wait.
func lock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
