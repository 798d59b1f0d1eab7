// Package direct reads and writes sockets by system calls of which Go's
// scheduler is not told. A socket of package net never blocks, so that such a
// call is over in microseconds; telling the scheduler costs more than that
// where calls are many: whenever sysmon finds one under way it gives the
// goroutine's processor to another thread, which has to be woken (measured in
// docs/decisions/engine.md).
//
// The packages of wire import it. It knows nothing of HTTP. On systems other
// than Linux, and under the race detector, which would not see what such calls
// do to memory, it is package net's own reading and writing.
package direct

import (
	"net"
	"sync"
	"syscall"
)

// Conn is a connection whose Read and Write are direct. Everything else is
// that of the connection below, which may be used beside it. Like any net.Conn
// it may be used by many goroutines at once.
type Conn struct {
	net.Conn
	socket  syscall.RawConn // nil where there is none to be had
	in, out half
	both    question
}

// half is one direction. What a call of it works on stands here, so that
// nothing is allocated for it.
type half struct {
	mu  sync.Mutex
	try func(fd uintptr) bool // made once
	p   []byte                // guarded by mu, as all below
	n   int
	err syscall.Errno
}

// most is the length of what is read or written directly. To copy more takes
// the kernel so long that the scheduler should know.
const most = 64 << 10

// New returns c with direct reading and writing, where it is a socket.
func New(c net.Conn) *Conn {
	d := &Conn{Conn: c}
	if s, ok := c.(syscall.Conn); ok && able {
		d.socket, _ = s.SyscallConn()
	}
	d.in.try, d.out.try, d.both.try = d.in.read, d.out.write, d.ask
	return d
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	if c.socket == nil || len(p) == 0 {
		return c.Conn.Read(p)
	}
	return c.in.call(c.socket.Read, c.in.try, c.Conn, "read", p[:min(len(p), most)])
}

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (int, error) {
	if c.socket == nil || len(p) == 0 || len(p) > most {
		return c.Conn.Write(p)
	}
	return c.out.call(c.socket.Write, c.out.try, c.Conn, "write", p)
}
