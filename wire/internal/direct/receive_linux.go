//go:build linux && (amd64 || arm64) && !race && !msan && !asan

package direct

import (
	"encoding/binary"
	"syscall"
	"unsafe"
)

// TCP_INQ of tcp(7): with what was read comes a message that says how much can
// be read behind it. It is 1 at least when the other end sends no more.
const tcpInq = 36

// message is what recvmsg(2) works on.
type message struct {
	head  syscall.Msghdr
	part  syscall.Iovec
	notes [24]byte // struct cmsghdr and an int, as CMSG_SPACE aligns them
}

const noteBytes = 20 // of it, without what aligns the next one

// Tell has the system say of a socket what Receive reports. A socket that cannot
// is read all the same.
func Tell(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpInq, 1) }

// Receive reads from a socket that does not block. len(p) is not 0. more is
// false when nothing was behind what was read: neither bytes nor the end. It is
// true also when that is not known.
func (r *Receiver) Receive(fd uintptr, p []byte) (n int, more bool, err syscall.Errno) {
	m := &r.message
	m.part.Base = unsafe.SliceData(p)
	m.part.SetLen(len(p))
	m.head.Iov, m.head.Iovlen = &m.part, 1
	m.head.Control, m.head.Controllen = &m.notes[0], uint64(len(m.notes))
	for {
		n, _, err := syscall.RawSyscall(syscall.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&m.head)), 0)
		switch err {
		case 0:
			return int(n), m.more(), 0
		case syscall.EINTR:
			m.head.Controllen = uint64(len(m.notes))
		default:
			return 0, err != syscall.EAGAIN, err
		}
	}
}

// more reads the note of the system.
func (m *message) more() bool {
	b, order := m.notes[:], binary.NativeEndian
	if m.head.Controllen < noteBytes || order.Uint64(b) != noteBytes ||
		order.Uint32(b[8:]) != syscall.IPPROTO_TCP || order.Uint32(b[12:]) != tcpInq {
		return true
	}
	return order.Uint32(b[16:]) != 0
}
