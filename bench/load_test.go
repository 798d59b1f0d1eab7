package bench

import (
	stdjson "encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// bigDocuments are the ones that a plan must be made of in bounded time and
// memory.
var bigDocuments = []struct {
	name        string
	maxRetained uint64 // bytes that the plan may keep
	operations  int    // that it must have, at least
}{
	{"stripe.json", 20 << 20, 590},
	{"github.json", 40 << 20, 1000},
}

func documentPath(tb testing.TB, name string) string {
	tb.Helper()
	return filepath.Join(testdata.Path(tb, "GATEHOUSE_OPENAPI_DOCUMENTS", "openapi"), name)
}

// loadPlan makes a plan of the document as the command does.
func loadPlan(tb testing.TB, path string) *gate.Plan {
	tb.Helper()
	c, problems := openapi.Load(path)
	check(tb, problems.Err())
	plan, problems := gatehouse.Compile(gatehouse.API{Contract: c, Options: gatehouse.Options{Authentication: gatehouse.Upstream}})
	check(tb, problems.Err())
	return plan
}

// loaders read a document, each to what it needs to judge requests; the
// standard library's decoder to a tree of any is the measure.
var loaders = []struct {
	name string
	load func(tb testing.TB, path string) any
}{
	{"gatehouse-plan", func(tb testing.TB, path string) any { return loadPlan(tb, path) }},
	{"encoding-json-any", func(tb testing.TB, path string) any {
		raw, err := os.ReadFile(path)
		check(tb, err)
		var v any
		check(tb, stdjson.Unmarshal(raw, &v))
		return v
	}},
	{"kin-openapi", func(tb testing.TB, path string) any {
		raw, err := os.ReadFile(path)
		check(tb, err)
		doc, err := openapi3.NewLoader().LoadFromData(raw)
		check(tb, err)
		return doc
	}},
}

// retained returns how many bytes of heap stay in use because of what load
// returns.
func retained(load func() any) uint64 {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // the first one may leave what finalizers and pools held
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	v := load()
	after := heap()
	runtime.KeepAlive(v)
	return max(after, before) - before
}

func BenchmarkLoad(b *testing.B) {
	for _, doc := range bigDocuments {
		path := documentPath(b, doc.name)
		for _, l := range loaders {
			b.Run("document="+doc.name+"/loader="+l.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					l.load(b, path)
				}
				b.StopTimer()
				b.ReportMetric(float64(retained(func() any { return l.load(b, path) }))/(1<<20), "MiB-retained")
			})
		}
	}
}

// Plans of big documents hold every operation and stay within their memory.
// TestRatios holds the time.
func TestBigDocuments(t *testing.T) {
	for _, doc := range bigDocuments {
		t.Run(doc.name, func(t *testing.T) {
			path := documentPath(t, doc.name)
			var plan *gate.Plan
			kept := retained(func() any {
				plan = loadPlan(t, path)
				return plan
			})
			t.Logf("%d operations, %.1f MiB retained", len(plan.Operations), float64(kept)/(1<<20))
			if kept > doc.maxRetained {
				t.Errorf("the plan retains %d bytes, at most %d are allowed", kept, doc.maxRetained)
			}
			if len(plan.Operations) < doc.operations {
				t.Errorf("the plan has %d operations, want at least %d", len(plan.Operations), doc.operations)
			}
		})
	}
}
