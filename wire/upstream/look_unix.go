//go:build unix && !aix && !solaris && !illumos

package upstream

import "syscall"

// alert is the first byte of a TLS record that says goodbye (RFC 8446 section
// 5.1). No answer of HTTP/1 begins with it.
const alert = 21

// peek says what a read from fd would find.
func peek(fd uintptr) sight {
	var b [1]byte
	for {
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN || err == syscall.EWOULDBLOCK:
			return silence
		case err != nil || n == 0 || b[0] == alert:
			return ending
		default:
			return unasked
		}
	}
}
