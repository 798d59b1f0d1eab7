package server

import (
	"net"
	"testing"
	"time"
)

// TestSniffAndDeadlines: a deadline that ends a look at the first bytes is not
// that of who reads on. An engine that waits longer would read in a circle.
func TestSniffAndDeadlines(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	go there.Write([]byte("PR"))
	here.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	c, known := sniff(here)
	if known {
		t.Error("two bytes are no preface")
	}
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 8)
	if n, err := c.Read(b); string(b[:n]) != "PR" || err != nil {
		t.Errorf("%q, %v", b[:n], err)
	}
	go there.Write([]byte("X"))
	if n, err := c.Read(b); string(b[:n]) != "X" || err != nil {
		t.Errorf("%q, %v", b[:n], err)
	}
}
