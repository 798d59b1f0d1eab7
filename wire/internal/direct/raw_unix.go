//go:build unix && (!linux || 386 || s390x || race || msan || asan)

package direct

import (
	"errors"
	"syscall"
)

const able = false

// Read reads from a socket that does not block. len(p) is not 0.
func Read(fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, err := syscall.Read(int(fd), p)
		if e := errno(err); e != syscall.EINTR {
			return max(n, 0), e
		}
	}
}

func write(fd uintptr, p []byte) (int, syscall.Errno) {
	n, err := syscall.Write(int(fd), p)
	return max(n, 0), errno(err)
}

func errno(err error) (e syscall.Errno) {
	if err != nil && !errors.As(err, &e) {
		e = syscall.EIO
	}
	return e
}
