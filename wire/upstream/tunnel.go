package upstream

import (
	"io"

	"github.com/gatehouse-api/gatehouse/gate"
)

// tunnel is a connection on which another protocol is spoken now. One
// goroutine may read from it while another writes.
type tunnel struct {
	call *call
	conn *conn
}

var _ gate.Tunnel = (*tunnel)(nil)

// Read implements io.Reader: first what came behind the head.
func (t *tunnel) Read(p []byte) (n int, err error) {
	if c := t.call; c.at < c.end {
		n = copy(p, c.buf[c.at:c.end])
		c.at += n
		return n, nil
	}
	return t.conn.plain.Read(p)
}

// Write implements io.Writer.
func (t *tunnel) Write(p []byte) (int, error) { return t.conn.plain.Write(p) }

// CloseWrite implements gate.Tunnel.
func (t *tunnel) CloseWrite() error {
	if t.conn.tls != nil {
		return t.conn.tls.CloseWrite()
	}
	if c, ok := t.conn.socket.Conn.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return io.ErrClosedPipe
}

// Close implements io.Closer: a Read and a Write that wait end. The call ends
// with the lease.
func (t *tunnel) Close() error {
	t.conn.drop()
	return nil
}
