package gatehouse_test

import (
	"bytes"
	"context"
	"fmt"

	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/record"
)

// still is an API and a client without a network between them.
//
// head is how long exchanges took from their Received to it, if that is now.
type still struct {
	status int
	head   time.Duration
}

func (s *still) Send(_ context.Context, x *gate.Exchange) error {
	s.head += x.Sent.Sub(x.Received)
	x.Answer.Status = 201
	return nil
}

// reportHead reports what the head phase took of each exchange: all that comes
// before the request is sent on, with one look at the clock.
func (s *still) reportHead(b *testing.B) {
	b.ReportMetric(float64(s.head.Nanoseconds())/float64(b.N), "head-ns/op")
}

func (s *still) Reply(x *gate.Exchange) error { s.status = x.Reply.Status; return nil }
func (s *still) Relay(x *gate.Exchange) error { s.status = x.Answer.Status; return nil }

// orders is a contract whose one operation takes the order document.
func orders(t testing.TB) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "orders.json")
	document := fmt.Sprintf(`{"openapi":"3.1.0","info":{"title":"Orders","version":"1"},"security":[{"token":[]}],
		"paths":{"/shops/{shop}/orders":{"post":{"operationId":"addOrder",
		"parameters":[{"name":"shop","in":"path","required":true,"schema":{"type":"integer","format":"int64"}},
			{"name":"dry","in":"query","schema":{"type":"boolean"}},
			{"name":"X-Request-Id","in":"header","required":true,"schema":{"type":"string","format":"uuid"}}],
		"requestBody":{"required":true,"content":{"application/json":{"schema":%s}}},
		"responses":{"201":{"description":"Created"}}}}},
		"components":{"securitySchemes":{"token":{"type":"http","scheme":"bearer"}}}}`, testdata.OrderSchema31())
	if err := os.WriteFile(name, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// pipeline returns a function that sends one order of about size bytes
// through every guard and an event sink, without network, and returns the
// status that the client would see. Its events wait until they are let go: so
// many then wait that every buffer for one is made.
func pipeline(t testing.TB, size int, spoil func([]byte) []byte) (run func() int, let func()) {
	t.Helper()
	c, problems := openapi.Load(orders(t))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	s := &still{}
	p, problems := gatehouse.Compile(gatehouse.API{Contract: c, Upstream: s, Options: gatehouse.Options{Authentication: gatehouse.Upstream}})
	if p == nil {
		t.Fatal(problems)
	}
	held := later(make(chan struct{}))
	let = sync.OnceFunc(func() { close(held) })
	events := record.NewLines(held, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { let(); events.Close() })
	g := gate.New(gate.Options{Sink: events})
	g.Swap(p)
	var (
		content = spoil(testdata.Order(size))
		in      = bytes.NewReader(content)
		method  = []byte("POST")
		target  = []byte("/shops/4711/orders?dry=true")
		host    = []byte("shop.example:8443")
		peer    = netip.MustParseAddrPort("203.0.113.77:5000")
		fields  = []gate.Field{
			{Name: []byte("Host"), Value: host},
			{Name: []byte("User-Agent"), Value: []byte("orders/1.0")},
			{Name: []byte("Accept"), Value: []byte("application/json")},
			{Name: []byte("Content-Type"), Value: []byte("application/json")},
			{Name: []byte("Authorization"), Value: []byte("Bearer abcdefghijklmnop")},
			{Name: []byte("X-Request-Id"), Value: []byte("2f1b8a52-6f0e-4d8b-9c6d-0a6b7c1f5e11")},
		}
	)
	return func() int {
		in.Reset(content)
		x := g.Acquire()
		x.Method, x.Target, x.Host, x.Peer, x.Version = method, target, host, peer, "HTTP/1.1"
		x.Fields = append(x.Fields, fields...)
		x.BodyLength, x.Incoming, x.Received = int64(len(content)), in, time.Now()
		g.Serve(x, s)
		g.Release(x)
		return s.status
	}, let
}

// later takes what is written once it is closed.
type later chan struct{}

func (g later) Write(b []byte) (int, error) {
	<-g
	return len(b), nil
}

func good(b []byte) []byte { return b }

// wrong puts a number where the contract wants something else, at the end.
func wrong(b []byte) []byte {
	return append(bytes.TrimSuffix(bytes.TrimSpace(bytes.Clone(b)), []byte("}")), `,"surplus":1}`...)
}

var pipelines = []struct {
	name   string
	size   int
	spoil  func([]byte) []byte
	status int
	allocs float64 // budget; a refusal may build its sentence
}{
	{"allowed-1KiB", 1 << 10, good, 201, 0},
	{"allowed-16KiB", 16 << 10, good, 201, 0},
	{"refused-1KiB", 1 << 10, wrong, 400, 32},
}

func TestPipelineAllocations(t *testing.T) {
	for _, r := range pipelines {
		t.Run(r.name, func(t *testing.T) {
			run, let := pipeline(t, r.size, r.spoil)
			for range 10000 { // until every pooled buffer has grown
				if got := run(); got != r.status {
					t.Fatalf("status %d, want %d", got, r.status)
				}
			}
			let()
			if n := testing.AllocsPerRun(500, func() { run() }); n > r.allocs {
				t.Errorf("%v allocations in one exchange, at most %v", n, r.allocs)
			}
		})
	}
}

func BenchmarkPipeline(b *testing.B) {
	for _, r := range pipelines {
		b.Run(r.name, func(b *testing.B) {
			run, let := pipeline(b, r.size, r.spoil)
			let()
			run()
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}
