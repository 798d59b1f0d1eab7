package edge_test

import (
	"io"
	"net"
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
	c, err := net.Dial("tcp", a.String())
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
