package wire_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
)

// TestIdleConnectionsAllocateLittle bounds what a connection takes in memory that
// waits for its next request. The client's half of it, less its TLS, is counted
// too.
func TestIdleConnectionsAllocateLittle(t *testing.T) {
	const connections = 1000
	for _, row := range []struct {
		name   string
		secure bool
		most   uint64
	}{
		{"plain", false, 8 << 10}, {"tls", true, 20 << 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			leak.Check(t)
			p := serve(t, answering{text: "done", length: 4}, server.Options{}, row.secure)
			open := make([]net.Conn, connections)
			before := inUse()
			for i := range open {
				c, err := net.Dial("tcp", p.addr)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if open[i] = c; row.secure {
					c = tls.Client(c, p.tls)
				}
				send(t, c, good)
				if res, body := receive(t, bufio.NewReader(c), "GET"); res.StatusCode != 200 || body != "done" {
					t.Fatalf("%d %q", res.StatusCode, body)
				}
			}
			each := (inUse() - before) / connections
			t.Logf("%d bytes", each)
			if each > row.most {
				t.Errorf("%d bytes, want at most %d", each, row.most)
			}
			for _, c := range open { // and all of them are still there
				if _, err := io.WriteString(c, "x"); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// inUse is what heap and stacks take. Stacks are made smaller by each
// collection.
func inUse() uint64 {
	var m runtime.MemStats
	for range 5 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// TestIdleConnectionsAllocateNoStackForTheirHandshake counts without a collection,
// which may be minutes away and would make stacks smaller.
func TestIdleConnectionsAllocateNoStackForTheirHandshake(t *testing.T) {
	const connections = 200
	leak.Check(t)
	p := serve(t, answering{text: "done", length: 4}, server.Options{}, true)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	before := stacks()
	for range connections {
		raw, err := net.Dial("tcp", p.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		c := tls.Client(raw, p.tls)
		send(t, c, good)
		if res, _ := receive(t, bufio.NewReader(c), "GET"); res.StatusCode != 200 {
			t.Fatal(res.StatusCode)
		}
	}
	each := (stacks() - before) / connections
	t.Logf("%d bytes", each)
	if each > 6<<10 {
		t.Errorf("%d bytes of stack, want at most %d", each, 6<<10)
	}
}

func stacks() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.StackInuse
}
