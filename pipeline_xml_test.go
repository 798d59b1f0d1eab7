package gatehouse_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
)

const xmlOrders = `
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /orders:
    post:
      operationId: addOrder
      requestBody:
        required: true
        content:
          application/xml:
            schema:
              type: object
              xml: {name: order}
              required: [customer]
              properties:
                id: {type: integer, xml: {attribute: true}}
                customer: {type: string, maxLength: 40}
                lines: {type: array, xml: {wrapped: true}, items: {type: object, xml: {name: line}, properties: {sku: {type: string}, count: {type: integer}}}}
      responses: {"201": {description: Created}}
`

// hearing is a still API that remembers the last body that it was sent.
type hearing struct {
	let func() // events be written
	still
	heard []byte
	calls int
}

func (h *hearing) Send(ctx context.Context, x *gate.Exchange) error {
	h.calls++
	h.heard = append(h.heard[:0], x.OutBody...)
	return h.still.Send(ctx, x)
}

// xmlPipeline returns a function that sends an XML body through every guard.
func xmlPipeline(t testing.TB, o gatehouse.Options) (h *hearing, send func(content string) int) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "orders.yaml")
	if err := os.WriteFile(name, []byte(xmlOrders), 0o600); err != nil {
		t.Fatal(err)
	}
	c, problems := openapi.Load(name)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	h = &hearing{}
	p, problems := gatehouse.Compile(gatehouse.API{Contract: c, Upstream: h, Options: o})
	if p == nil {
		t.Fatal(problems)
	}
	held := later(make(chan struct{}))
	h.let = sync.OnceFunc(func() { close(held) })
	events := record.NewLines(held, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { h.let(); events.Close() })
	g := gate.New(gate.Options{Sink: events})
	g.Swap(p)
	var (
		in     = strings.NewReader("")
		method = []byte("POST")
		target = []byte("/orders")
		host   = []byte("shop.example")
		peer   = netip.MustParseAddrPort("203.0.113.77:5000")
		fields = []gate.Field{{Name: []byte("Host"), Value: host}, {Name: []byte("Content-Type"), Value: []byte("application/xml")}}
	)
	return h, func(content string) int {
		in.Reset(content)
		x := g.Acquire()
		x.Method, x.Target, x.Host, x.Peer, x.Version = method, target, host, peer, "HTTP/1.1"
		x.Fields = append(x.Fields, fields...)
		x.BodyLength, x.Incoming, x.Received = int64(len(content)), in, time.Now()
		g.Serve(x, h)
		g.Release(x)
		return h.status
	}
}

// TestXMLPipeline holds that what the API is sent is what was judged, byte for
// byte but for what is dropped.
func TestXMLPipeline(t *testing.T) {
	undeclared := func(how config.Treatment) (o gatehouse.Options) {
		o.Undeclared.Requests = how
		return o
	}
	strict, drop, allow := gatehouse.Options{}, undeclared(gatehouse.Drop), undeclared(gatehouse.Allow)
	const plain = "<?xml version='1.0'?>\n<order  id='7' ><!-- a --><customer>Ada&#x20;&amp;</customer></order\n>"
	const more = `<order admin="1" id="7"> <role>root</role> <customer>Ada</customer></order>`
	const doctype = `<!DOCTYPE order [<!ENTITY x SYSTEM "file:///etc/passwd">]><order><customer>&x;</customer></order>`
	for _, row := range []struct {
		name          string
		options       gatehouse.Options
		content, want string // nothing when it is refused
	}{
		{"as-it-came", strict, plain, plain},
		{"as-it-came-when-dropping", drop, plain, plain},
		{"undeclared", strict, more, ""},
		{"undeclared-dropped", drop, more, `<order id="7"> <customer>Ada</customer></order>`},
		{"undeclared-allowed", allow, more, more},
		{"doctype", strict, doctype, ""},
		{"doctype-when-dropping", drop, doctype, ""},
		{"doctype-when-allowing", allow, doctype, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			h, send := xmlPipeline(t, row.options)
			status := send(row.content)
			if row.want == "" {
				if status != 400 || h.calls > 0 {
					t.Errorf("status %d, %d calls", status, h.calls)
				}
				return
			}
			if status != 201 || string(h.heard) != row.want {
				t.Errorf("status %d, the API was sent %q, want %q", status, h.heard, row.want)
			}
		})
	}
}

// orderXML is an order of some more than size bytes.
func orderXML(size int) string {
	var b bytes.Buffer
	b.WriteString(`<order id="7"><customer>Mary O&apos;Neill</customer><lines>`)
	for k := 0; b.Len() < size; k++ {
		fmt.Fprintf(&b, "<line><sku>AB-%05d</sku><count>%d</count></line>", k, k)
	}
	return b.String() + "</lines></order>"
}

func TestXMLPipelineAllocations(t *testing.T) {
	content := orderXML(1 << 10)
	h, send := xmlPipeline(t, gatehouse.Options{})
	for range 10000 { // until every pooled buffer has grown
		if got := send(content); got != 201 {
			t.Fatalf("status %d", got)
		}
	}
	h.let()
	if n := testing.AllocsPerRun(500, func() { send(content) }); n > 0 {
		t.Errorf("%v allocations in one exchange", n)
	}
}

func BenchmarkXMLPipeline(b *testing.B) {
	content := orderXML(1 << 10)
	h, send := xmlPipeline(b, gatehouse.Options{})
	h.let()
	b.ReportAllocs()
	for b.Loop() {
		send(content)
	}
}
