package h1

import (
	"encoding/binary"
	"syscall"
)

// The states of TCP that matter (RFC 9293 section 3.3.2), as Linux numbers them.
const (
	closed     = 7
	halfClosed = 8 // CLOSE-WAIT: the client sends no more
)

// state returns the state of a TCP connection, also when bytes wait before its
// end. It is the first byte of struct tcp_info.
func state(fd int) (state int, known bool) {
	v, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_INFO)
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(v))
	return int(b[0]), err == nil
}
