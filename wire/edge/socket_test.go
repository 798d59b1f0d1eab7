package edge_test

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gatehouse-api/gatehouse/wire/edge"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
)

// TestSocketIsHandedOver closes a listener that another follows: connections
// go on to be accepted at the same port, also those that waited.
func TestSocketIsHandedOver(t *testing.T) {
	leak.Check(t)
	first, err := edge.Listen(edge.Options{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := edge.Listen(edge.Options{Address: "127.0.0.1:0", Beside: first})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if first.Addr().String() != second.Addr().String() {
		t.Fatalf("addresses %s and %s", first.Addr(), second.Addr())
	}
	waiting := dial(t, first.Addr())
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	later := dial(t, second.Addr())
	for range 2 {
		c, err := second.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte("a"))
		c.Close()
	}
	for _, c := range []net.Conn{waiting, later} {
		if b, err := io.ReadAll(c); string(b) != "a" || err != nil {
			t.Errorf("%q, %v", b, err)
		}
	}
	if _, err := edge.Listen(edge.Options{Address: "127.0.0.1:0", Beside: first}); err == nil {
		t.Error("a closed listener is followed")
	}
}

func dial(t *testing.T, a net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial(a.Network(), a.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestBoundsChange lowers and raises the bound of a listener that is open.
func TestBoundsChange(t *testing.T) {
	l, err := edge.Listen(edge.Options{Address: "127.0.0.1:0", MaxConnections: 1, MaxPerAddress: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			accepted <- c
		}
	}()
	dial(t, l.Addr())
	defer (<-accepted).Close()
	if refused, err := net.Dial("tcp", l.Addr().String()); err == nil { // else it was closed at once
		if _, err := refused.Read(make([]byte, 1)); err == nil {
			t.Error("one beyond the bound is kept")
		}
		refused.Close()
	}
	l.SetBounds(2, 2)
	dial(t, l.Addr())
	defer (<-accepted).Close()
}

func socketPath(t *testing.T) string { return filepath.Join(t.TempDir(), "gate.sock") }

func TestUnixSocket(t *testing.T) {
	leak.Check(t)
	path := socketPath(t)
	l := open(t, edge.Options{Address: "unix:" + path, Mode: 0o600, MaxPerAddress: 1})
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	for range 3 { // the bound for one address is not for this
		client, c := reach(t, l, "a")
		if a := c.RemoteAddr().String(); a != "127.0.0.1:0" {
			t.Errorf("the client is %s", a)
		}
		if _, err := c.Write([]byte("b")); err != nil {
			t.Error(err)
		}
		if _, err := io.ReadFull(client, make([]byte, 1)); err != nil {
			t.Error(err)
		}
	}
	if _, err := edge.Listen(edge.Options{Address: "unix:" + path}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second listener: %v", err)
	}
	l.Close()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is left: %v", err)
	}
}

func TestSocketFiles(t *testing.T) {
	leak.Check(t)
	t.Run("left-over", func(t *testing.T) {
		path := socketPath(t)
		killed, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		killed.SetUnlinkOnClose(false)
		killed.Close()
		open(t, edge.Options{Address: "unix:" + path})
	})
	t.Run("not-a-socket", func(t *testing.T) {
		path := socketPath(t)
		if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := edge.Listen(edge.Options{Address: "unix:" + path}); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("error %v", err)
		}
		if b, err := os.ReadFile(path); string(b) != "precious" {
			t.Errorf("the file holds %q, %v", b, err)
		}
	})
	t.Run("another-took-its-place", func(t *testing.T) {
		path := socketPath(t)
		l := open(t, edge.Options{Address: "unix:" + path})
		os.Remove(path)
		open(t, edge.Options{Address: "unix:" + path})
		l.Close()
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("the file of another listener: %v", err)
		}
	})
	t.Run("beside", func(t *testing.T) {
		path := socketPath(t)
		first := open(t, edge.Options{Address: "unix:" + path})
		second := open(t, edge.Options{Address: "unix:" + path, Beside: first, Mode: 0o600})
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		first.Close()
		first.Close() // counts once
		reach(t, second, "")
		second.Close()
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the file is left: %v", err)
		}
	})
	t.Run("adopted", func(t *testing.T) {
		path := socketPath(t)
		first := open(t, edge.Options{Address: "unix:" + path})
		second := open(t, edge.Options{Address: "unix:" + path, Socket: first})
		first.Leave()
		first.Close()
		second.Adopt()
		reach(t, second, "")
		second.Close()
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the file is left: %v", err)
		}
	})
	t.Run("left-for-another", func(t *testing.T) {
		path := socketPath(t)
		l := open(t, edge.Options{Address: "unix:" + path})
		l.Leave()
		l.Close()
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("the file is gone: %v", err)
		}
	})
}

// TestSocketOfSomebodyElse listens where systemd or another program opened the
// socket.
func TestSocketOfSomebodyElse(t *testing.T) {
	leak.Check(t)
	theirs, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := open(t, edge.Options{Address: "systemd:web", Socket: theirs})
	theirs.Close()
	reach(t, l, "")
	file, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	next, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	again := open(t, edge.Options{Address: "127.0.0.1:1", Socket: next})
	l.Close()
	reach(t, again, "")

	if _, err := edge.Listen(edge.Options{Address: "systemd:web"}); !errors.Is(err, edge.ErrNoName) {
		t.Errorf("without a socket: %v", err)
	}
	wide, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer wide.Close()
	if _, err := edge.Listen(edge.Options{Address: "systemd:web", Socket: wide}); !errors.Is(err, edge.ErrExposed) {
		t.Errorf("plain HTTP to everyone: %v", err)
	}
}

func TestPaths(t *testing.T) {
	for _, path := range []string{"", "relative.sock", "/" + strings.Repeat("x", 107), "/a\x00b"} {
		o := edge.Options{Address: "unix:" + path}
		if err := o.Check(); !errors.Is(err, edge.ErrPath) {
			t.Errorf("%q: %v", path, err)
		}
	}
}
