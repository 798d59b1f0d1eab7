package answer_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/answer"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// still is an API and a client without a network between them.
type still struct {
	in     bytes.Reader
	body   []byte
	fields []gate.Field
	status int
	sent   int
}

func (s *still) fill(x *gate.Exchange) {
	s.in.Reset(s.body)
	x.Answer.Status, x.Answer.Length, x.Answer.Body = 200, int64(len(s.body)), s
	x.Answer.Fields = append(x.Answer.Fields, s.fields...)
}

func (s *still) Read(p []byte) (int, error) { return s.in.Read(p) }
func (s *still) Close() error               { return nil }

// measured returns what judges one answer of about size bytes, with the gate's
// part in it: reading, splicing. It returns the bytes that are left.
func measured(t testing.TB, body []byte) func() int {
	responses := fmt.Sprintf(`"200": {description: OK, content: {application/json: {schema: %s}}}`,
		strings.ReplaceAll(string(testdata.OpenOrderSchema30()), "\n", " "))
	responses = strings.ReplaceAll(strings.ReplaceAll(responses, `"minimum": 0, "exclusiveMinimum": true`, `"exclusiveMinimum": 0`), `"type": "string", "nullable": true`, `"type": ["string", "null"]`)
	s := newStage(t, responses, answer.Options{Undeclared: schema.Drop})
	api := &still{body: body, fields: []gate.Field{field("Content-Type", "application/json"), field("Server", "x/1"), field("Date", "today")}}
	s.gate.Plan().APIs[0].Upstream = quiet{api}
	method, target, host := []byte("GET"), []byte("/things"), []byte("api.test")
	g := gate.New(gate.Options{})
	g.Swap(s.gate.Plan())
	return func() int {
		x := g.Acquire()
		x.Method, x.Target, x.Host, x.Version = method, target, host, "HTTP/1.1"
		g.Serve(x, api)
		g.Release(x)
		if api.status != 200 {
			t.Fatalf("status %d", api.status)
		}
		return api.sent
	}
}

// Reply implements gate.Wire.
func (s *still) Reply(x *gate.Exchange) error { s.status = x.Reply.Status; return nil }

// Relay implements gate.Wire.
func (s *still) Relay(x *gate.Exchange) error {
	s.status, s.sent = x.Answer.Status, len(x.OutAnswer)
	return nil
}

var sizes = []struct {
	name string
	kib  int
}{{"1KiB", 1}, {"16KiB", 16}, {"100KiB", 100}}

// TestAllocations: answers are checked and trimmed in memory that is there.
func TestAllocations(t *testing.T) {
	for _, s := range sizes {
		for name, body := range map[string][]byte{"checked": testdata.Order(s.kib << 10), "trimmed": testdata.Leaky(s.kib << 10)} {
			t.Run(s.name+"-"+name, func(t *testing.T) {
				run := measured(t, body)
				for range 300 { // until every pooled buffer has grown
					if left := run(); (left < len(body)) != (name == "trimmed") {
						t.Fatalf("%d of %d bytes are left", left, len(body))
					}
				}
				if n := testing.AllocsPerRun(200, func() { run() }); n > 0 {
					t.Errorf("%v allocations", n)
				}
			})
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	for _, s := range sizes {
		for _, kind := range []string{"checked", "trimmed"} {
			body := testdata.Order(s.kib << 10)
			if kind == "trimmed" {
				body = testdata.Leaky(s.kib << 10)
			}
			b.Run(s.name+"/"+kind, func(b *testing.B) {
				run := measured(b, body)
				run()
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(body))*1.024, "µs/KiB")
			})
		}
	}
}

// quiet is an upstream that gives the answer of a still.
type quiet struct{ api *still }

// Send implements gate.Upstream.
func (q quiet) Send(_ context.Context, x *gate.Exchange) error {
	q.api.fill(x)
	return nil
}
