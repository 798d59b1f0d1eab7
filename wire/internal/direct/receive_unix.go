//go:build unix && (!linux || (!amd64 && !arm64) || race || msan || asan)

package direct

import "syscall"

type message struct{}

// Tell returns false: only Linux says what is behind what was read.
func Tell(uintptr) bool { return false }

// Receive reads from a socket that does not block. len(p) is not 0. Whether
// there is more is known only when nothing was there.
func (r *Receiver) Receive(fd uintptr, p []byte) (n int, more bool, err syscall.Errno) {
	n, err = Read(fd, p)
	return n, err != syscall.EAGAIN, err
}
