package upstream

import (
	"net"
	"syscall"

	"github.com/gatehouse-api/gatehouse/wire/internal/direct"
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

// alert is the first byte of a TLS record that says goodbye (RFC 8446 section
// 5.1). No answer of HTTP/1 begins with it.
const alert = 21

// peek says what a read from fd would find.
func peek(fd uintptr) sight {
	b, n, err := direct.Peek(fd)
	switch {
	case err == syscall.EAGAIN:
		return silence
	case err != 0 || n == 0 || b == alert:
		return ending
	}
	return unasked
}
