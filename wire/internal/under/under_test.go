package under

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
)

func TestFed(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	defer near.Close()
	c := New(near)
	room := []byte("abcdef")
	c.Feed(room)
	p := make([]byte, 4)
	if n, err := c.Read(p); n != 4 || err != nil || string(p) != "abcd" {
		t.Fatalf("%d, %v: %q", n, err, p)
	}
	if !c.Fed() {
		t.Error("two bytes were not read")
	}
	c.Feed([]byte("gh"))
	if n, err := io.ReadFull(c, p); n != 4 || err != nil || string(p) != "efgh" {
		t.Fatalf("%d, %v: %q", n, err, p)
	}
	if c.Fed() {
		t.Error("all was read")
	}
	if n, err := c.Read(p); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("behind what was fed: %d, %v", n, err)
	}
	c.Feed(room)
	c.Settle()
	copy(room, "XXXXXX") // it may be used again
	go far.Write([]byte("ij"))
	p = make([]byte, 8)
	if n, err := io.ReadFull(c, p); n != 8 || err != nil || string(p) != "abcdefij" {
		t.Fatalf("%d, %v: %q", n, err, p)
	}
}

// record is one of TLS, with that much in it.
func record(n int) []byte { return append([]byte{23, 3, 3, byte(n >> 8), byte(n)}, make([]byte, n)...) }

// TestWhole reads records in pieces of every size, and asks at each place.
func TestWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var wire []byte
		ends := map[int]int{} // where a record begins, and where it ends
		for range 20 {
			n := random.IntN(300) * random.IntN(2)
			ends[len(wire)] = len(wire) + header + n
			wire = append(wire, record(n)...)
		}
		c := &Conn{}
		for at := 0; at < len(wire); {
			end := at + 1 + random.IntN(min(400, len(wire)-at))
			if e, ok := ends[at]; ok && random.IntN(2) == 0 {
				end = e
			}
			want, begins := ends[at]
			if got := c.Whole(wire[at:end]); got != (begins && want == end) {
				t.Fatalf("%d to %d: %v", at, end, got)
			}
			c.Feed(wire[at:end])
			p := make([]byte, end-at)
			if _, err := io.ReadFull(c, p); err != nil || !bytes.Equal(p, wire[at:end]) {
				t.Fatal(err)
			}
			at = end
		}
	}
}
