//go:build unix

package h1

import (
	"syscall"

	"github.com/gatehouse-api/gatehouse/wire/internal/direct"
)

// releases says that a connection which waits gives its buffer back.
const releases = true

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
