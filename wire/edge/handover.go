package edge

import (
	"errors"
	"net"
)

// SetBounds changes how many connections may be open, in all and from one
// client; both at least 1. Those that are open stay.
func (l *Listener) SetBounds(most, each int) {
	l.limited.mu.Lock()
	defer l.limited.mu.Unlock()
	l.limited.max, l.limited.each = most, each
}

// socket opens the address, or takes a second hold on the socket of a listener
// that has it open: connections that wait there are then accepted by either,
// and closing one of them leaves the other listening.
func socket(addr *net.TCPAddr, from *Listener) (*net.TCPListener, error) {
	if from == nil {
		return net.ListenTCP("tcp", addr)
	}
	file, err := from.limited.tcp.File()
	if err != nil {
		return nil, err
	}
	defer file.Close() // FileListener has its own
	l, err := net.FileListener(file)
	if err != nil {
		return nil, err
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		l.Close()
		return nil, errors.New("the open socket is none of TCP")
	}
	return tcp, nil
}
