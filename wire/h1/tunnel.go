package h1

import (
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// checks asks now and then whether an exchange that takes long may go on.
type checks struct {
	turn *turn
	last time.Time
}

var errRevoked = errors.New("the exchange may not go on")

// ask returns an error when x may not go on.
func (c *checks) ask(x *gate.Exchange) error {
	now := time.Now()
	if now.Sub(c.last) < c.turn.conn.limits.Recheck {
		return nil
	}
	c.last = now
	if !x.Recheck() {
		return errRevoked
	}
	return nil
}

// tunnel tells the client that its protocol is spoken from here on, and passes
// the bytes of both sides on until both have ended, or nothing moves for too
// long, or the exchange may not go on.
func (t *turn) tunnel(x *gate.Exchange) error {
	c := t.conn
	t.closes = true
	if _, err := c.write(t.appendHead(t.out[:0], x.Answered, 101, x.Answer.Fields, -1)); err != nil {
		return err
	}
	t.giveBack() // most tunnels are silent most of the time
	u := &pipe{turn: t, x: x, api: x.Answer.Body.(gate.Tunnel), over: make(chan struct{})}
	u.checks = checks{turn: t, last: time.Now()}
	u.moved.Store(time.Now().UnixNano())
	go u.down()
	err := u.up()
	if err != nil {
		c.peer.Raw.Close() // ends a write to the client
		u.api.Close()
	}
	<-u.over
	x.AnswerBytes, x.BodyBytes = u.downBytes, u.upBytes
	if err == nil {
		err = u.failed
	}
	return err
}

// pipe is a tunnel: up goes from the client to the API, on the goroutine that
// has the exchange, and down the other way.
type pipe struct {
	turn   *turn
	x      *gate.Exchange
	api    gate.Tunnel
	asking sync.Mutex
	checks checks // guarded by asking, and so is what guards see of x

	upBytes, downBytes int64
	moved              atomic.Int64  // when something moved last, in Unix nanoseconds
	over               chan struct{} // down ended
	failed             error         // why, before over is closed
}

var errIdle = errors.New("nothing moved in the tunnel for too long")

// up copies until the client and the API have ended.
func (u *pipe) up() error {
	t, c := u.turn, u.turn.conn
	for t.at < t.end { // came with the head
		n, err := u.api.Write(t.buf[t.at:t.end])
		if t.at += n; err != nil {
			return err
		}
		u.upBytes += int64(n)
	}
	buf := elastics.Get().(*elastic)
	defer buf.release()
	for {
		if err := u.mayGoOn(); err != nil {
			return err
		}
		c.setRead(time.Now().Add(c.limits.Recheck))
		p := buf.room()
		n, err := c.bytes.Read(p)
		if n > 0 {
			u.moved.Store(time.Now().UnixNano())
			u.upBytes += int64(n)
			if _, err := u.api.Write(p[:n]); err != nil {
				return err
			}
			buf.took(n)
		}
		switch {
		case err == nil, errors.Is(err, os.ErrDeadlineExceeded):
		case err == io.EOF:
			if err := u.api.CloseWrite(); err != nil {
				return err
			}
			return u.waitDown()
		default:
			return err
		}
	}
}

// mayGoOn says why the tunnel must end; nil when it need not.
func (u *pipe) mayGoOn() error {
	if time.Since(time.Unix(0, u.moved.Load())) > u.turn.conn.limits.TunnelIdle {
		return errIdle
	}
	u.asking.Lock()
	defer u.asking.Unlock()
	return u.checks.ask(u.x)
}

// waitDown waits for the API's end behind that of the client.
func (u *pipe) waitDown() error {
	tick := time.NewTicker(u.turn.conn.limits.Recheck)
	defer tick.Stop()
	for {
		select {
		case <-u.over:
			return nil
		case <-tick.C:
			if err := u.mayGoOn(); err != nil {
				return err
			}
		}
	}
}

// down copies until the API has ended, and says so to the client. Its failure
// ends the other way, too.
func (u *pipe) down() {
	defer close(u.over)
	c := u.turn.conn
	defer c.server.Recover(c)
	buf := elastics.Get().(*elastic)
	defer buf.release()
	for {
		p := buf.room()
		n, err := u.api.Read(p)
		if n > 0 {
			u.moved.Store(time.Now().UnixNano())
			if err := u.mayGoOn(); err != nil { // the other way may wait for an API that does not read
				u.fail(err)
				return
			}
			w, err := c.write(p[:n])
			if u.downBytes += int64(w); err != nil {
				u.fail(err)
				return
			}
			buf.took(n)
		}
		switch {
		case err == nil:
		case err == io.EOF:
			closeWrite(c.Conn)
			return
		default:
			u.fail(err)
			return
		}
	}
}

// fail ends the other way, whichever side it waits for.
func (u *pipe) fail(err error) {
	u.failed = err
	u.turn.conn.peer.Raw.Close()
	u.api.Close()
}
