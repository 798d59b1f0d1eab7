package syslog

import (
	"net"
	"syscall"
	"unsafe"
)

// unsent is how many bytes of a connection of TCP the other system has not
// acknowledged.
func unsent(c net.Conn) (n int32, known bool) {
	tcp, is := c.(*net.TCPConn)
	if !is {
		return 0, false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, false
	}
	var failed syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, failed = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&n))) // SIOCOUTQ
	})
	return n, err == nil && failed == 0
}
