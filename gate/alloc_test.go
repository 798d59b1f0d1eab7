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

// TestLargeAnswersAllocNothing: buffers beyond what an exchange keeps come
// from pools of their own.
func TestLargeAnswersAllocNothing(t *testing.T) {
	for _, size := range []int{1 << 10, 60 << 10, 100 << 10, 400 << 10, 1500 << 10} {
		content := bytes.Repeat([]byte("x"), size)
		up := &large{content: content}
		guard := reader{4 << 20, cut}
		g := gate.New(gate.Options{})
		g.Swap(plan(t, up, gate.Enforce, gate.Step{Name: "a", Head: verdict(gate.Allow), AnswerHead: guard, Answer: guard}))
		method, target, host := []byte("POST"), []byte("/pets/1"), []byte("api.test")
		q := &quiet{}
		run := func() {
			x := g.Acquire()
			x.Method, x.Target, x.Host = method, target, host
			g.Serve(x, q)
			if len(x.OutAnswer) != size-2 {
				t.Fatalf("%d bytes of %d", len(x.OutAnswer), size)
			}
			g.Release(x)
		}
		run()
		if n := testing.AllocsPerRun(20, run); n > 0.5 {
			t.Errorf("%d bytes: %v allocations", size, n)
		}
	}
}

// large answers with the same bytes again and again.
type large struct {
	content []byte
	at      int
}

func (l *large) Send(_ context.Context, x *gate.Exchange) error {
	l.at = 0
	x.Answer.Status, x.Answer.Length, x.Answer.Body = 200, int64(len(l.content)), l
	return nil
}

func (l *large) Read(p []byte) (int, error) {
	if l.at == len(l.content) {
		return 0, io.EOF
	}
	n := copy(p, l.content[l.at:])
	l.at += n
	return n, nil
}

func (l *large) Close() error { return nil }
