//go:build linux && !race && !msan && !asan

package direct

import (
	"syscall"
	"unsafe"
)

const able = true

// Read reads from a socket that does not block. len(p) is not 0.
func Read(fd uintptr, p []byte) (int, syscall.Errno) {
	return again(syscall.SYS_READ, fd, p)
}

func write(fd uintptr, p []byte) (int, syscall.Errno) {
	return again(syscall.SYS_WRITE, fd, p)
}

// again makes a call until no signal breaks into it.
func again(trap, fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, err := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch err {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, err
		}
	}
}
