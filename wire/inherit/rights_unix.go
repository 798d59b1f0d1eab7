//go:build unix

package inherit

import (
	"errors"
	"os"
	"syscall"
)

// controlSpace is the room that so many descriptors take beside a message.
func controlSpace(n int) int { return syscall.CmsgSpace(4 * n) }

// rights carry open files beside a message (unix(7), SCM_RIGHTS). Fd is not
// asked for the number: it makes the socket a blocking one for whoever shares
// it.
func rights(list []Given) ([]byte, error) {
	numbers := make([]int, 0, len(list))
	for _, g := range list {
		c, err := g.File.SyscallConn()
		if err != nil {
			return nil, err
		}
		if err := c.Control(func(fd uintptr) { numbers = append(numbers, int(fd)) }); err != nil {
			return nil, err
		}
	}
	return syscall.UnixRights(numbers...), nil
}

// received are the files that came beside a message.
func received(control []byte) (files []*os.File, err error) {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return nil, err
	}
	for i := range messages {
		numbers, err := syscall.ParseUnixRights(&messages[i])
		if err != nil {
			return files, errors.New("something else than sockets came")
		}
		for _, n := range numbers {
			syscall.CloseOnExec(n)
			files = append(files, os.NewFile(uintptr(n), "socket of the gate before"))
		}
	}
	return files, nil
}
