package server

import (
	"errors"
	"net"
	"os"
	"strings"
)

// preface is how a client begins that knows to speak HTTP/2 (RFC 9113 section
// 3.4), as far as no other request begins so.
const preface = "PRI * HTTP/2.0"

// sniff reads until it is known whether a connection begins with preface, and
// returns it as if nothing had been read. What fails is left to who reads on,
// but for a deadline: whoever sets another one may read on.
func sniff(raw net.Conn) (conn net.Conn, known bool) {
	b := make([]byte, 0, len(preface))
	for len(b) < len(preface) && strings.HasPrefix(preface, string(b)) {
		n, err := raw.Read(b[len(b):cap(b)])
		if b = b[:len(b)+n]; errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			return &begun{raw, b, err}, false
		}
	}
	return &begun{raw, b, nil}, string(b) == preface
}

// begun is a connection of which something was read.
type begun struct {
	net.Conn
	rest   []byte
	failed error // behind rest
}

// Read implements net.Conn.
func (b *begun) Read(p []byte) (int, error) {
	if len(b.rest) > 0 {
		n := copy(p, b.rest)
		b.rest = b.rest[n:]
		return n, nil
	}
	if b.failed != nil {
		return 0, b.failed
	}
	return b.Conn.Read(p)
}

// CloseWrite ends the sending side, where it has one of its own.
func (b *begun) CloseWrite() error {
	if w, ok := b.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return b.Conn.Close()
}
