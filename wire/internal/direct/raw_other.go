//go:build !unix

package direct

import "syscall"

const able = false

// Read is for systems that have it.
func Read(uintptr, []byte) (int, syscall.Errno) { return 0, syscall.EINVAL }

func write(uintptr, []byte) (int, syscall.Errno) { return 0, syscall.EINVAL }
