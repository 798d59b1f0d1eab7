package gate_test

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// quiet is an engine, an upstream and a sink that allocate nothing.
type quiet struct{}

func (q *quiet) Send(_ context.Context, x *gate.Exchange) error {
	x.Answer.Status, x.Answer.Body = 200, q
	return nil
}
func (q *quiet) Read([]byte) (int, error)     { return 0, io.EOF }
func (q *quiet) Close() error                 { return nil }
func (q *quiet) Reply(*gate.Exchange) error   { return nil }
func (q *quiet) Relay(x *gate.Exchange) error { return nil }
func (q *quiet) Record(*gate.Event)           {}

// loop returns a function that sends one request through a gate again and
// again, and the verdict's status.
func loop(t testing.TB, guard gate.HeadGuard) (run func() int) {
	q := &quiet{}
	g := gate.New(gate.Options{Sink: q})
	g.Swap(plan(t, q, gate.Enforce, gate.Step{Name: "a", Head: guard}))
	var (
		content = bytes.Repeat([]byte("x"), 1024)
		in      = bytes.NewReader(content)
		method  = []byte("POST")
		target  = []byte("/pets/1?a=b")
		host    = []byte("api.test")
		names   = [][]byte{[]byte("Accept"), []byte("User-Agent"), []byte("Content-Type"), []byte("Connection")}
		value   = []byte("keep-alive")
		peer    = netip.MustParseAddrPort("203.0.113.77:5000")
	)
	return func() int {
		in.Reset(content)
		x := g.Acquire()
		x.Method, x.Target, x.Host, x.Peer = method, target, host, peer
		for _, n := range names {
			x.Fields = append(x.Fields, gate.Field{Name: n, Value: value})
		}
		x.BodyLength, x.Incoming, x.Received = int64(len(content)), in, time.Now()
		g.Serve(x, q)
		status := x.Reply.Status
		g.Release(x)
		return status
	}
}

func TestWalkAllocatesNothing(t *testing.T) {
	rows := []struct {
		name   string
		guard  gate.HeadGuard
		status int
	}{
		{"allowed", buffered(4096), 0},
		{"refused", verdict(gate.Deny), 400},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			run := loop(t, r.guard)
			if got := run(); got != r.status {
				t.Fatalf("reply status %d, want %d", got, r.status)
			}
			if n := testing.AllocsPerRun(200, func() { run() }); n != 0 {
				t.Errorf("%v allocations in one exchange", n)
			}
		})
	}
}

func BenchmarkWalk(b *testing.B) {
	for _, r := range []struct {
		name  string
		guard gate.HeadGuard
	}{{"allowed", buffered(4096)}, {"refused", verdict(gate.Deny)}} {
		b.Run(r.name, func(b *testing.B) {
			run := loop(b, r.guard)
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}
