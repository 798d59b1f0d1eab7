package edge

import "syscall"

// restrict makes the file of a Unix socket private from its first moment on:
// Linux gives it the mode that the socket has when it is bound.
func restrict(_, _ string, c syscall.RawConn) error {
	var failed error
	if err := c.Control(func(fd uintptr) { failed = syscall.Fchmod(int(fd), 0o600) }); err != nil {
		return err
	}
	return failed
}
