package direct

import (
	"errors"
	"os"
)

// question is what Ask works on.
type question struct {
	try   func(fd uintptr) bool // made once
	out   []byte                // nil once it was written
	wrote int
}

// Ask writes out and reads the beginning of what is answered into in, with one
// system call less than Write and Read take: before something was asked it does
// not look whether there is an answer. It is for protocols in which the other
// end speaks only when it is asked, and for a goroutine that is the only one to
// read and to write meanwhile.
//
// When wrote is less than len(out) nothing was read, and Write is to be called
// for the rest. n is 0 without an error when the read deadline passed first.
// An error is one of reading.
func (c *Conn) Ask(out, in []byte) (wrote, n int, err error) {
	if c.socket == nil || len(out) == 0 || len(out) > most || len(in) == 0 {
		return 0, 0, nil
	}
	q := &c.both
	q.out, q.wrote = out, 0
	n, err = c.in.call(c.socket.Read, q.try, c.Conn, "read", in[:min(len(in), most)])
	switch wrote, q.out = q.wrote, nil; {
	case wrote < len(out), errors.Is(err, os.ErrDeadlineExceeded):
		return wrote, 0, nil
	}
	return wrote, n, err
}

// ask writes the first time and waits then. The socket's readiness was reset
// before, so that the answer, which comes later, is noticed.
func (c *Conn) ask(fd uintptr) bool {
	q := &c.both
	if q.out == nil {
		return c.in.read(fd)
	}
	n, err := write(fd, q.out)
	if err == 0 {
		q.wrote = n
	}
	done := q.wrote < len(q.out)
	q.out = nil
	return done
}
