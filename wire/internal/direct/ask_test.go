package direct

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// asked is what Ask returns.
type asked struct {
	wrote, n int
	err      error
}

func ask(d *Conn, out, in []byte) (a asked) {
	a.wrote, a.n, a.err = d.Ask(out, in)
	return a
}

// await waits until something has come from the other end, or its end has.
func await(t *testing.T, d *Conn) {
	t.Helper()
	s, err := d.Conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	d.SetReadDeadline(time.Now().Add(10 * time.Second))
	if err := s.Read(func(fd uintptr) bool { _, _, e := Peek(fd); return e != syscall.EAGAIN }); err != nil {
		t.Fatal(err)
	}
}

// TestAskIsOptional: where the system is not asked directly, nothing is done.
func TestAskIsOptional(t *testing.T) {
	a, _ := net.Pipe()
	d, far := pair(t, "tcp")
	go io.Copy(far, far)
	in := make([]byte, 10)
	if got := ask(New(a), []byte("x"), in); got != (asked{}) {
		t.Errorf("%+v", got)
	}
	if got := ask(d, nil, in); got != (asked{}) {
		t.Errorf("%+v", got)
	}
	if got := ask(d, make([]byte, most+1), in); got != (asked{}) {
		t.Errorf("%+v", got)
	}
	if got := ask(d, []byte("x"), in); able && got != (asked{1, 1, nil}) || !able && got != (asked{}) {
		t.Errorf("%+v", got)
	}
}

func TestAsk(t *testing.T) {
	in := make([]byte, 100)
	for _, row := range []struct {
		name string
		do   func(d *Conn, far net.Conn) asked
		want asked
	}{
		{"answer", func(d *Conn, far net.Conn) asked {
			go io.Copy(far, far)
			return ask(d, []byte("hello"), in)
		}, asked{5, 5, nil}},
		{"behind-what-nobody-asked-for", func(d *Conn, far net.Conn) asked {
			far.Write([]byte("before"))
			await(t, d)
			go io.Copy(far, far)
			return ask(d, []byte("x"), in)
		}, asked{1, 7, nil}},
		{"little-room", func(d *Conn, far net.Conn) asked {
			go io.Copy(far, far)
			return ask(d, []byte("hello"), in[:2])
		}, asked{5, 2, nil}},
		{"silence", func(d *Conn, _ net.Conn) asked {
			d.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			return ask(d, []byte("x"), in)
		}, asked{1, 0, nil}},
		{"too-late", func(d *Conn, _ net.Conn) asked {
			d.SetReadDeadline(time.Now().Add(-time.Second))
			return ask(d, []byte("x"), in)
		}, asked{}},
		{"end", func(d *Conn, far net.Conn) asked {
			go func() {
				io.ReadFull(far, make([]byte, 1))
				far.Close()
			}()
			return ask(d, []byte("x"), in)
		}, asked{1, 0, io.EOF}},
		{"ended-before", func(d *Conn, far net.Conn) asked {
			far.(*net.TCPConn).SetLinger(0)
			far.Close()
			await(t, d)
			return ask(d, []byte("x"), in)
		}, asked{}},
		{"closed", func(d *Conn, far net.Conn) asked {
			go func() {
				io.ReadFull(far, make([]byte, 1))
				d.Close()
			}()
			return ask(d, []byte("x"), in)
		}, asked{1, 0, net.ErrClosed}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if !able {
				return
			}
			d, far := pair(t, "tcp")
			got := row.do(d, far)
			if got.wrote != row.want.wrote || got.n != row.want.n || !errors.Is(got.err, row.want.err) {
				t.Errorf("%+v, want %+v", got, row.want)
			}
		})
	}
}

// TestAskOfNobody: what the other end does not take is left to Write.
func TestAskOfNobody(t *testing.T) {
	d, _ := pair(t, "tcp")
	for range 100 {
		fill(d)
		d.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		got := ask(d, make([]byte, most), make([]byte, 1))
		if able && got.wrote == most { // the system took it meanwhile to where it is not read
			continue
		}
		if got.wrote == most || got.n != 0 || got.err != nil {
			t.Errorf("%+v", got)
		}
		return
	}
	t.Error("somebody takes what nobody reads")
}

// fill writes until the system takes nothing for a moment.
func fill(d *Conn) {
	for n := 1; n > 0; {
		d.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
		n, _ = d.Write(make([]byte, most))
	}
}
