package direct

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// pair returns both ends of a connection over a socket of a network.
func pair(t testing.TB, network string) (*Conn, net.Conn) {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = t.TempDir() + "/s"
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return New(near), far
}

func TestPasses(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			d, far := pair(t, network)
			data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // more than a socket holds
			for _, size := range []int{100, 5000, most, most + 1, len(data)} {
				go func() {
					for at := 0; at < len(data); {
						n, err := d.Write(data[at:min(at+size, len(data))])
						if at += n; err != nil {
							t.Error(err)
							return
						}
					}
				}()
				got := make([]byte, len(data))
				if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, data) {
					t.Fatal(size, err)
				}
				go far.Write(data)
				if _, err := io.ReadFull(d, got); err != nil || !bytes.Equal(got, data) {
					t.Fatal(size, err)
				}
			}
			far.Close()
			if n, err := d.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Error(n, err)
			}
		})
	}
}

func TestNothing(t *testing.T) {
	d, _ := pair(t, "tcp")
	if n, err := d.Write(nil); n != 0 || err != nil {
		t.Error(n, err)
	}
	d.SetReadDeadline(time.Now())
	if n, err := d.Read(nil); n != 0 {
		t.Error(n, err)
	}
}

func TestDeadlines(t *testing.T) {
	d, far := pair(t, "tcp")
	d.SetDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := d.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(n, err)
	}
	total := 0
	for range 1000 { // until nobody takes more
		n, err := d.Write(make([]byte, most))
		if total += n; err != nil {
			if n == most || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(n, err)
			}
			break
		}
	}
	d.Close()
	got, err := io.Copy(io.Discard, far)
	if err != nil || got != int64(total) {
		t.Errorf("%d said to be written, %d came: %v", total, got, err)
	}
}

func TestCloseEndsWaiting(t *testing.T) {
	d, _ := pair(t, "tcp")
	waits := make(chan error, 2)
	for range 2 { // the second waits for the first
		go func() {
			_, err := d.Read(make([]byte, 1))
			waits <- err
		}()
	}
	d.Close()
	for range 2 {
		if err := <-waits; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}
}

func TestReset(t *testing.T) {
	d, far := pair(t, "tcp")
	far.(*net.TCPConn).SetLinger(0)
	far.Close()
	_, err := d.Read(make([]byte, 1))
	var op *net.OpError
	if !errors.Is(err, syscall.ECONNRESET) || !errors.As(err, &op) || op.Op != "read" {
		t.Errorf("%v", err)
	}
	if _, err = d.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) || !errors.As(err, &op) || op.Op != "write" {
		t.Errorf("%v", err)
	}
}

// TestMany has a reader and writers at once, each of which must see its own
// bytes only.
func TestMany(t *testing.T) {
	d, far := pair(t, "tcp")
	go io.Copy(far, far)
	var all sync.WaitGroup
	const writers, each = 4, 200
	for i := range writers {
		all.Go(func() {
			for range each {
				if _, err := d.Write(bytes.Repeat([]byte{byte('a' + i)}, 100)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	b := make([]byte, 100)
	for range writers * each {
		if _, err := io.ReadFull(d, b); err != nil || !bytes.Equal(b, bytes.Repeat(b[:1], 100)) {
			t.Fatalf("%q %v", b, err)
		}
	}
	all.Wait()
}

func TestPeek(t *testing.T) {
	d, far := pair(t, "tcp")
	s, err := d.Conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	peek := func() (b byte, n int, e syscall.Errno) {
		s.Control(func(fd uintptr) { b, n, e = Peek(fd) })
		return b, n, e
	}
	if _, _, e := peek(); e != syscall.EAGAIN {
		t.Error(e)
	}
	far.Write([]byte("x"))
	far.Close()
	d.SetReadDeadline(time.Now().Add(10 * time.Second))
	come := func(fd uintptr) bool { _, _, e := Peek(fd); return e != syscall.EAGAIN }
	s.Read(come)
	if b, n, e := peek(); b != 'x' || n != 1 || e != 0 {
		t.Error(b, n, e)
	}
	io.ReadFull(d, make([]byte, 1))
	s.Read(come)
	if _, n, e := peek(); n != 0 || e != 0 {
		t.Error(n, e)
	}
}

func TestNoSocket(t *testing.T) {
	a, b := net.Pipe()
	d := New(a)
	go func() { d.Write([]byte("hello")); d.Close() }()
	if got, err := io.ReadAll(b); string(got) != "hello" || err != nil {
		t.Errorf("%q %v", got, err)
	}
}

func TestAllocatesNothing(t *testing.T) {
	d, far := pair(t, "tcp")
	b := make([]byte, 100)
	if n := testing.AllocsPerRun(100, func() {
		d.Write(b)
		io.ReadFull(far, b)
		far.Write(b)
		io.ReadFull(d, b)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkEcho sends a message over one connection and back, with those that
// a scheduler has to look after beside it.
func BenchmarkEcho(b *testing.B) {
	for name, open := range map[string]func(c *Conn) net.Conn{
		"direct": func(c *Conn) net.Conn { return c },
		"net":    func(c *Conn) net.Conn { return c.Conn },
	} {
		b.Run(name, func(b *testing.B) {
			const lanes = 16
			var all sync.WaitGroup
			for range lanes {
				d, far := pair(b, "tcp")
				near, far := open(d), open(New(far))
				go func() {
					p := make([]byte, 1<<10)
					for {
						if _, err := io.ReadFull(far, p); err != nil {
							return
						}
						far.Write(p)
					}
				}()
				all.Go(func() {
					p := make([]byte, 1<<10)
					for range b.N / lanes {
						near.Write(p)
						io.ReadFull(near, p)
					}
				})
			}
			all.Wait()
		})
	}
}
