package syslog

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// connection is one to a daemon. Its methods are for one goroutine; a nil one has
// not ended.
type connection struct {
	net.Conn
	plain net.Conn // below TLS
	since time.Time

	gone chan struct{} // closed when the receiver's side has ended
	at   time.Time     // when; as err, to be read when gone is closed
	err  error
}

func dial(ctx context.Context, o *Options) (*connection, error) {
	plain, err := (&net.Dialer{}).DialContext(ctx, o.Network, o.Address)
	if err != nil {
		return nil, err
	}
	c := &connection{Conn: plain, plain: plain, since: time.Now(), gone: make(chan struct{})}
	if o.TLS != nil {
		config := o.TLS.Clone()
		if config.ServerName == "" { // RFC 5425 section 5.2
			config.ServerName, _, _ = net.SplitHostPort(o.Address)
		}
		secure := tls.Client(plain, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			plain.Close()
			return nil, err
		}
		c.Conn = secure
	}
	if !c.whole() {
		go c.listen()
	}
	return c, nil
}

// whole says that each message is sent by itself, and nobody sends anything back.
func (c *connection) whole() bool {
	_, is := c.plain.(*net.UnixConn)
	return is
}

// listen notices the end of a connection. A daemon says nothing over it (RFC
// 6587 section 3.4); what one says is passed over.
func (c *connection) listen() {
	_, err := io.Copy(io.Discard, c.Conn)
	if err == nil {
		err = errClosed
	}
	c.at, c.err = time.Now(), err
	close(c.gone)
}

func (c *connection) ended() bool {
	if c == nil {
		return false
	}
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

// why is to be called when the connection has ended.
func (c *connection) why() error { return c.err }

// send writes frames and waits until the receiver's system has them.
func (c *connection) send(ctx context.Context, frames []byte) error {
	end, _ := ctx.Deadline()
	if err := c.SetWriteDeadline(end); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { c.SetWriteDeadline(time.Unix(1, 0)) })()
	if err := c.write(frames); err != nil {
		if c.ended() {
			return c.why() // which tells more
		}
		return err
	}
	return c.arrived(ctx)
}

func (c *connection) write(frames []byte) error {
	if !c.whole() {
		_, err := c.Conn.Write(frames)
		return err
	}
	for len(frames) > 0 {
		size, rest, _ := bytes.Cut(frames, []byte{' '})
		n, err := strconv.Atoi(string(size))
		if err != nil || n > len(rest) {
			return errors.New("a message was not framed")
		}
		if _, err := c.Conn.Write(rest[:n]); err != nil {
			return err
		}
		frames = rest[n:]
	}
	return nil
}

// arrived waits until the system of the receiver has acknowledged all bytes: a
// write alone says that this system has them.
func (c *connection) arrived(ctx context.Context) error {
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		n, known := unsent(c.plain)
		if !known || n == 0 {
			return nil
		}
		select {
		case <-time.After(wait):
		case <-c.gone:
			return c.why()
		case <-ctx.Done():
			return fmt.Errorf("%d bytes do not arrive: %w", n, ctx.Err())
		}
	}
}

// settle waits for the end of a new connection.
func (c *connection) settle(ctx context.Context, d time.Duration) {
	if c.whole() {
		return
	}
	select {
	case <-time.After(d):
	case <-c.gone:
	case <-ctx.Done():
	}
}

// finish ends the gate's side and waits for the receiver to end its own.
func (c *connection) finish(ctx context.Context) {
	half, can := c.Conn.(interface{ CloseWrite() error })
	if c.whole() || !can || half.CloseWrite() != nil {
		return
	}
	select {
	case <-c.gone:
	case <-ctx.Done():
	}
}

// close returns when the connection ended.
func (c *connection) close() time.Time {
	if c.ended() {
		c.plain.Close()
		return c.at
	}
	c.plain.Close()
	if !c.whole() {
		<-c.gone
	}
	return time.Now()
}
