package gatehouse_test

import (
	"bytes"
	"compress/gzip"
	"runtime"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/gate"
)

// TestZipBombs sends a body that is small and would be 64 MiB unpacked, under
// its true coding and under none: it is refused and never unpacked.
func TestZipBombs(t *testing.T) {
	const unpacked, mayAllocate = 64 << 20, 4 << 20
	var bomb bytes.Buffer
	pack := gzip.NewWriter(&bomb)
	for range unpacked >> 20 {
		pack.Write(make([]byte, 1<<20))
	}
	if err := pack.Close(); err != nil || bomb.Len() > 1<<17 {
		t.Fatalf("a bomb of %d bytes, %v", bomb.Len(), err)
	}
	c, problems := openapi.Load(orders(t))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	api := &still{}
	plan, problems := gatehouse.Compile(gatehouse.API{Contract: c, Upstream: api, Options: gatehouse.Options{Authentication: gatehouse.Upstream}})
	if plan == nil {
		t.Fatal(problems)
	}
	g := gate.New(gate.Options{})
	g.Swap(plan)
	rows := []struct {
		name, field, value string
		code               gate.Code
	}{
		{"gzip", "Content-Encoding", "gzip", gate.BodyCoding},
		{"in-other-case", "content-encoding", "X-GZIP", gate.BodyCoding},
		{"twice", "Content-Encoding", "gzip, gzip", gate.BodyCoding},
		{"identity-first", "Content-Encoding", "identity, gzip", gate.BodyCoding},
		{"coding-kept-silent", "Accept", "*/*", gate.BodySyntax},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			x := g.Acquire()
			x.Method, x.Target = []byte("POST"), []byte("/shops/1/orders")
			for name, value := range map[string]string{
				"Content-Type": "application/json", "Authorization": "Bearer abcdef",
				"X-Request-Id": "2f1b8a52-6f0e-4d8b-9c6d-0a6b7c1f5e11", r.field: r.value,
			} {
				x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte(value)})
			}
			x.BodyLength, x.Incoming = int64(bomb.Len()), bytes.NewReader(bomb.Bytes())
			g.Serve(x, api)
			runtime.ReadMemStats(&after)
			if !x.Refused || !x.Sent.IsZero() || x.Refusal.Code != r.code {
				t.Errorf("refused %v as %v, want %v", x.Refused, x.Refusal.Code, r.code)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > mayAllocate {
				t.Errorf("%d bytes allocated for a body of %d", n, bomb.Len())
			}
		})
	}
}
