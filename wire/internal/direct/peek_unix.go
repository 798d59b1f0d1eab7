//go:build unix && !aix && !solaris && !illumos && (!linux || 386 || s390x || race || msan || asan)

package direct

import "syscall"

// Peek looks at the first byte that waits on a socket and leaves it there. n is
// 0 at the end; the error is EAGAIN where nothing waits.
func Peek(fd uintptr) (b byte, n int, err syscall.Errno) {
	var one [1]byte
	for {
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		if e := errno(err); e != syscall.EINTR {
			return one[0], max(n, 0), e
		}
	}
}
