package h1

import (
	"io"

	"github.com/gatehouse-api/gatehouse/gate"
)

// What is left of a long answer goes from socket to socket, in pieces between
// which the exchange is asked whether it may go on. A client must take a piece
// within WriteStall: what is in the system's pipe by then is lost.
const (
	leastSplice = 256 << 10
	mostSplice  = 128 << 10
)

// splices reports whether an answer's body can go to the client unread.
func (t *turn) splices(from io.Reader) bool {
	_, can := from.(gate.Splicer)
	_, takes := t.conn.Conn.(io.ReaderFrom)
	return can && takes && t.conn.plain
}

// splice moves what is left of the answer's body, as far as that goes.
func (t *turn) splice(x *gate.Exchange, checks *checks, left int64) (moved int64, err error) {
	c := t.conn
	from, to := x.Answer.Body.(gate.Splicer), c.Conn.(io.ReaderFrom)
	for moved < left {
		c.writeWithin()
		n, err := from.Splice(to, min(left-moved, mostSplice))
		moved += n
		x.AnswerBytes += n
		switch {
		case err != nil:
			return moved, err
		case n == 0:
			return moved, nil
		}
		if err := checks.ask(x); err != nil {
			return moved, err
		}
	}
	return moved, nil
}
