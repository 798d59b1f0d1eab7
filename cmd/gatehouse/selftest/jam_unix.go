//go:build linux || darwin || freebsd

package selftest

import (
	"os/signal"
	"syscall"
)

// jams says that files can be kept from becoming larger.
const jams = true

// jam keeps all files from becoming larger until mend: whoever writes to one gets
// an error, as on a disk that is full. It is of the whole program, which keeps
// nothing else in files meanwhile.
func jam() (mend func(), err error) {
	signal.Ignore(syscall.SIGXFSZ) // which would end the program
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		return nil, err
	}
	now := before
	now.Cur = 0
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &now); err != nil {
		return nil, err
	}
	return func() { syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) }, nil
}
