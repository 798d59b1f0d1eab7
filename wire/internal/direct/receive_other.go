//go:build !unix

package direct

import "syscall"

type message struct{}

// Tell is for systems that have it.
func Tell(uintptr) bool { return false }

// Receive is for systems that have it.
func (r *Receiver) Receive(uintptr, []byte) (n int, more bool, err syscall.Errno) {
	return 0, true, syscall.EINVAL
}
