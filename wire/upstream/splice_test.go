package upstream

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// socketPair returns the two ends of a connection.
func socketPair(t *testing.T) (a, b *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	d, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); d.Close() })
	return c.(*net.TCPConn), d.(*net.TCPConn)
}

// long is a body that shows where a byte of it was lost.
func long(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		b.WriteString(strconv.Itoa(i) + ",")
	}
	return b.Bytes()[:n]
}

// TestSplice moves a body from socket to socket, and says how that went.
func TestSplice(t *testing.T) {
	body := long(3 << 20)
	head := "HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	for _, row := range []struct {
		name   string
		api    func(c net.Conn)
		o      Options
		unread bool // the client does not read
		want   gate.Code
		kept   int64
	}{
		{"whole", func(c net.Conn) { c.Write(append([]byte(head), body...)) }, Options{}, false, gate.Undecided, 1},
		{"in-pieces", func(c net.Conn) {
			io.WriteString(c, head)
			for b := body; len(b) > 0; b = b[min(len(b), 500<<10):] {
				c.Write(b[:min(len(b), 500<<10)])
			}
		}, Options{}, false, gate.Undecided, 1},
		{"bytes-behind-it", func(c net.Conn) { c.Write(append(append([]byte(head), body...), 'x')) }, Options{}, false, gate.Undecided, 1},
		{"ends-early", func(c net.Conn) { c.Write(append([]byte(head), body[:2<<20]...)); c.Close() }, Options{}, false, gate.UpstreamBroken, 0},
		{"stops", func(c net.Conn) { c.Write(append([]byte(head), body[:2<<20]...)) }, Options{StallTimeout: time.Second, AnswerTimeout: time.Second}, false, gate.UpstreamTimeout, 0},
		{"client-that-does-not-read", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n")
			for {
				if _, err := c.Write(body); err != nil {
					return
				}
			}
		}, Options{}, true, gate.Undecided, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			over := make(chan bool)
			target := listen(t, func(c net.Conn) {
				if _, err := skipHead(bufio.NewReader(c)); err == nil {
					row.api(c)
					<-over
				}
			})
			t.Cleanup(func() { close(over) })
			u := to(t, target, row.o)
			x := request("GET", "")
			if err := u.Send(x.Context, x); err != nil {
				t.Fatal(err)
			}
			here, client := socketPair(t)
			got := make(chan []byte, 1)
			if row.unread {
				here.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
			} else {
				go func() { b, _ := io.ReadAll(client); got <- b }()
			}
			err := relay(x, here)
			here.Close()
			switch {
			case row.unread:
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%v", err)
				}
			case code(err) != row.want || row.want == gate.Undecided && err != nil:
				t.Errorf("%v", err)
			default:
				if b := <-got; !bytes.Equal(b, body[:len(b)]) || err == nil && len(b) != len(body) {
					t.Errorf("%d bytes came, or others", len(b))
				}
			}
			x.Answer.Body.Close()
			x.Answer.Lease.End()
			if s := u.Stats(); s.Idle != row.kept || s.InFlight != 0 {
				t.Errorf("%+v", s)
			}
			if k := u.pool.get(); k != nil {
				if row.name == "bytes-behind-it" {
					until(t, "the byte has come", func() bool { return k.look.see() != silence })
				}
				if k.stale(now(), false, &u.habit) != (row.name == "bytes-behind-it") {
					t.Error("what nobody asked for is not seen, or something is that is not there")
				}
				k.drop()
			}
		})
	}
}

// relay moves a body as an engine does.
func relay(x *gate.Exchange, dst *net.TCPConn) error {
	b := make([]byte, 32<<10)
	for {
		for {
			n, err := x.Answer.Body.(gate.Splicer).Splice(dst, 128<<10)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
		n, err := x.Answer.Body.Read(b)
		if _, wrong := dst.Write(b[:n]); wrong != nil {
			return wrong
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
