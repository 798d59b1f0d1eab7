package upstream

import (
	"net"
	"syscall"
)

// look tells from a socket, without reading from it, whether a kept connection
// is still of use.
type look struct {
	socket syscall.RawConn // nil when the system tells nothing
	ask    func(fd uintptr)
	found  sight
}

// sight is what a look finds on a socket.
type sight uint8

const (
	silence sight = iota
	ending        // its end, or an error
	unasked       // bytes that no request asked for
)

func (l *look) at(c net.Conn) {
	if s, ok := c.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			l.socket = raw
			l.ask = func(fd uintptr) { l.found = peek(fd) }
		}
	}
}

// see looks. Where nobody can tell it finds silence.
func (l *look) see() sight {
	if l.socket == nil {
		return silence
	}
	l.found = ending // also when the connection is closed on our side
	l.socket.Control(l.ask)
	return l.found
}
