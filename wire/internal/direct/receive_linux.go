//go:build linux && (amd64 || arm64) && !race && !msan && !asan

package direct

import (
	"encoding/binary"
	"net"
	"sync"
	"syscall"
	"time"
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

// Tell has the system say of a socket what Receive reports. It returns false where
// that cannot be said: such a socket is not for Receive.
func Tell(fd uintptr) bool {
	return tells() && syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpInq, 1) == nil
}

// tells tries once whether the system tells of the end, too. One that only looks
// like Linux may count bytes alone, and a client's end would be waited for in vain.
var tells = sync.OnceValue(func() bool {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return false
	}
	defer l.Close()
	far, err := net.DialTCP("tcp", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		return false
	}
	defer far.Close()
	l.SetDeadline(time.Now().Add(time.Second))
	near, err := l.AcceptTCP()
	if err != nil {
		return false
	}
	defer near.Close()
	far.Write([]byte{0})
	far.CloseWrite()
	time.Sleep(10 * time.Millisecond)
	return saysEnd(near)
})

// saysEnd reads a byte behind which is the end.
func saysEnd(near *net.TCPConn) (yes bool) {
	raw, err := near.SyscallConn()
	if err != nil {
		return false
	}
	raw.Control(func(fd uintptr) {
		if syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpInq, 1) != nil {
			return
		}
		var r Receiver
		n, more, err := r.Receive(fd, make([]byte, 8))
		yes = n == 1 && more && err == 0 && r.head.Controllen >= noteBytes
	})
	return yes
}

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
