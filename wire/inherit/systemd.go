// Package inherit takes listening sockets over that somebody else has opened,
// so that no client is turned away while the gate is started or replaced:
// those that systemd holds, and those of a gate that runs already and ends
// then. It also tells systemd what the program is doing.
//
// Package serve imports it. It knows nothing of HTTP, of the gate or of how
// listeners are bounded.
package inherit

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// Socket is a listening socket that somebody else has opened.
type Socket struct {
	Name     string // what systemd calls it, or the address as the gate before was told it
	Listener net.Listener
}

// Lookup returns the value of a variable of the environment.
type Lookup func(name string) (value string, ok bool)

const (
	firstDescriptor = 3   // sd_listen_fds(3), SD_LISTEN_FDS_START
	maxSockets      = 250 // the kernel passes 253 at once (unix(7), SCM_MAX_FD)
)

// FromSystemd returns the sockets that systemd has handed to this process, none
// when there are none. To be called once, since it takes the descriptors.
func FromSystemd(look Lookup) ([]Socket, error) { return fromSystemd(look, firstDescriptor) }

func fromSystemd(look Lookup, first int) (list []Socket, err error) {
	pid, _ := look("LISTEN_PID")
	count, ok := look("LISTEN_FDS")
	if !ok || pid != strconv.Itoa(os.Getpid()) { // it is not for this process
		return nil, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > maxSockets {
		return nil, fmt.Errorf("LISTEN_FDS is not a number from 0 to %d", maxSockets)
	}
	names := make([]string, n)
	if text, ok := look("LISTEN_FDNAMES"); ok && n > 0 {
		if names = strings.Split(text, ":"); len(names) != n {
			return nil, fmt.Errorf("LISTEN_FDS is %d, and LISTEN_FDNAMES has %d names", n, len(names))
		}
	}
	defer func() {
		if err != nil {
			Close(list)
		}
	}()
	for i := range n {
		l, err := listener(os.NewFile(uintptr(first+i), "socket of systemd"))
		if err != nil {
			return list, fmt.Errorf("descriptor %d of systemd is no listening socket: %w", first+i, err)
		}
		list = append(list, Socket{names[i], l})
	}
	return list, nil
}

// listener makes a listener of an open socket and closes the file.
func listener(file *os.File) (net.Listener, error) {
	defer file.Close() // FileListener has its own
	return net.FileListener(file)
}

// Close closes the sockets of a list.
func Close(list []Socket) {
	for _, s := range list {
		s.Listener.Close()
	}
}
