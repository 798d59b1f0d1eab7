package direct

import (
	"io"
	"net"
	"os"
	"syscall"
)

// call has wait, which is Read or Write of a syscall.RawConn, try until p is
// done or the deadline is over.
func (h *half) call(wait func(func(fd uintptr) bool) error, try func(fd uintptr) bool, c net.Conn, op string, p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.p, h.n, h.err = p, 0, 0
	err := wait(try)
	h.p = nil
	switch {
	case err != nil: // the deadline, or a connection that was closed
		return h.n, err
	case h.err != 0:
		return h.n, &net.OpError{Op: op, Net: c.LocalAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError(op, h.err)}
	case h.n == 0: // nothing is ever written of nothing
		return 0, io.EOF
	}
	return h.n, nil
}

// read reports whether there is no need to wait.
func (h *half) read(fd uintptr) bool {
	h.n, h.err = Read(fd, h.p)
	return h.err != syscall.EAGAIN
}

// write reports whether there is no need to wait: all is written, or an error
// has come.
func (h *half) write(fd uintptr) bool {
	for h.n < len(h.p) {
		n, err := write(fd, h.p[h.n:])
		if err == syscall.EAGAIN {
			return false
		}
		if h.err = err; err != 0 {
			return true
		}
		h.n += n
	}
	return true
}
