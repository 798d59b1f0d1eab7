//go:build unix

package h1

import (
	"io"
	"syscall"

	"github.com/gatehouse-api/gatehouse/wire/internal/direct"
)

// releases says that a connection which waits gives its buffer back.
const releases = true

// tryRead is called when the socket may be readable: it takes a turn, reads,
// and gives it back when there is nothing, before the connection waits on. The
// system call is the one that a read begins with anyway.
func (c *conn) tryRead(fd uintptr) bool {
	t := take(c)
	n, err := direct.Read(fd, t.buf)
	if n > 0 {
		t.end, c.turn = n, t
		return true
	}
	t.release()
	if err == syscall.EAGAIN {
		return false
	}
	if c.failed = io.EOF; err != 0 {
		c.failed = err
	}
	return true
}

// peek looks at what the client did without reading: whether bytes wait, whether
// it sends no more, whether it is gone.
func peek(fd uintptr) (waiting, ended, gone bool) {
	if state, known := state(int(fd)); known {
		switch state {
		case closed:
			return false, false, true
		case halfClosed:
			ended = true
		}
	}
	_, n, err := direct.Peek(fd)
	switch {
	case n > 0:
		return true, ended, false
	case err == 0:
		return false, true, false
	case err == syscall.EAGAIN:
		return false, ended, false
	}
	return false, false, true
}
