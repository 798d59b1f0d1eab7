//go:build linux && !386 && !s390x && !race && !msan && !asan

package direct

import (
	"syscall"
	"unsafe"
)

const able = true

// Read reads from a socket that does not block. len(p) is not 0. The calls for
// sockets do not go through what the kernel has for files of every kind.
func Read(fd uintptr, p []byte) (int, syscall.Errno) {
	return again(syscall.SYS_RECVFROM, fd, p, 0)
}

func write(fd uintptr, p []byte) (int, syscall.Errno) {
	return again(syscall.SYS_SENDTO, fd, p, syscall.MSG_NOSIGNAL)
}

// again makes a call until no signal breaks into it.
func again(trap, fd uintptr, p []byte, flags uintptr) (int, syscall.Errno) {
	for {
		n, _, err := syscall.RawSyscall6(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		switch err {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, err
		}
	}
}
