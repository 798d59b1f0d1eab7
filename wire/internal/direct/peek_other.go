//go:build !unix || aix || solaris || illumos

package direct

import "syscall"

// Peek finds that nothing waits: there is no way to ask.
func Peek(uintptr) (b byte, n int, err syscall.Errno) { return 0, 0, syscall.EAGAIN }
