//go:build linux && !386 && !s390x && !race && !msan && !asan

package direct

import (
	"syscall"
	"unsafe"
)

// Peek looks at the first byte that waits on a socket and leaves it there. n is
// 0 at the end; the error is EAGAIN where nothing waits.
func Peek(fd uintptr) (b byte, n int, err syscall.Errno) {
	for {
		got, _, err := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&b)), 1, syscall.MSG_PEEK|syscall.MSG_DONTWAIT, 0, 0)
		switch err {
		case 0:
			return b, int(got), 0
		case syscall.EINTR:
		default:
			return 0, 0, err
		}
	}
}
