package upstream

import (
	"io"
	"net"

	"github.com/gatehouse-api/gatehouse/gate"
)

var _ gate.Splicer = (*call)(nil)

// leastSplice is the least that is worth the pipe that it takes.
const leastSplice = 32 << 10

// Splice implements gate.Splicer for a body of known length that comes in plain
// text: on Linux its bytes go from socket to socket within the system.
func (c *call) Splice(dst io.ReaderFrom, most int64) (n int64, err error) {
	if c.over != nil || c.framing != fixedLength || c.left < leastSplice || c.at < c.end || c.conn.tls != nil {
		return 0, nil
	}
	src, ok := c.conn.socket.Conn.Conn.(*net.TCPConn)
	if !ok {
		return 0, nil
	}
	n, err = c.conn.pour(dst, src, min(most, c.left))
	c.left -= n
	switch {
	case err == io.EOF:
		err = c.brokeOff(io.ErrUnexpectedEOF)
		c.over = err
	case err != nil:
		c.over = err // nobody knows what of it has left
	case c.left == 0:
		c.over, c.conn.unsure = io.EOF, true
		c.part()
	}
	return n, err
}

// pour moves most bytes from src to dst. It waits for src in slices, as Read
// does. A deadline that passes at dst is an error of dst, which its owner knows
// to judge.
func (s *socket) pour(dst io.ReaderFrom, src *net.TCPConn, most int64) (moved int64, err error) {
	began := now()
	c := s.user
	for at := began; moved < most; at = now() {
		left, err := c.readLeft(began, at)
		if err != nil {
			return moved, c.brokeOff(err)
		}
		if w := wake(at, left, s.readBy); w != 0 {
			s.Conn.SetReadDeadline(w.time())
			s.readBy = w
		}
		c.pieces = io.LimitedReader{R: src, N: most - moved}
		n, err := dst.ReadFrom(&c.pieces)
		if moved += n; n > 0 {
			began = at
		}
		switch {
		case err == nil && moved < most:
			return moved, io.EOF
		case err != nil && (!waited(err) || now() < s.readBy):
			return moved, err
		}
	}
	return moved, nil
}
