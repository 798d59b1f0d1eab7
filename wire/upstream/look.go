package upstream

import (
	"net"
	"syscall"
)

// look tells from a socket, without reading from it, whether a kept connection
// is still of use. The transport learns that in time only when its own reader
// has run, which a request may overtake.
type look struct {
	socket syscall.RawConn // nil when the system tells nothing
}

func lookAt(c net.Conn) look {
	if s, ok := c.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			return look{raw}
		}
	}
	return look{}
}

// stale reports whether there is anything but silence on the socket: its end,
// an error, or bytes that no request asked for.
func (l look) stale() (found bool) {
	if l.socket != nil {
		l.socket.Control(func(fd uintptr) { found = !silent(fd) })
	}
	return found
}
