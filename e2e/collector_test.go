package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

var (
	collectorListens = regexp.MustCompile(`"endpoint":"(127\.0\.0\.1:\d+)"`)
	reloaded         = regexp.MustCompile(`msg="(the configuration was reloaded)"`)
)

// TestCollector has the receiver of the OpenTelemetry Collector take spans,
// metrics and the log of a gate, and looks at what it has understood.
func TestCollector(t *testing.T) {
	gate, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	at, collector := launch(t, collectorListens, buildCollector(t))
	file := heardFrom(t, "  - address: 127.0.0.1:0\n")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, strings.Replace(string(text), "record: {events: none}",
		fmt.Sprintf("record: {events: none, tracing: {begin: true, sample_one_in: 1}, otlp: {url: 'http://%s', interval: 1s, service: edge}}", at), 1))
	address, p := launch(t, gateListens, gate, "serve", "--config", file)
	const calls = 3
	for range calls {
		askOn(t, func() (net.Conn, error) { return net.Dial("tcp", address) })
	}
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.await(t, reloaded)
	p.stop(t) // what waits is sent

	seen := understood(t, collector.output())
	if seen.services["edge"] == 0 || len(seen.services) != 1 {
		t.Errorf("services: %v", seen.services)
	}
	if len(seen.spans["2 GET /things"]) != calls || len(seen.spans["3 GET"]) != calls { // SERVER and CLIENT
		t.Errorf("spans: %v", seen.spans)
	}
	for _, parent := range seen.spans["3 GET"] {
		if !slices.Contains(seen.ids, parent) {
			t.Errorf("the call of the API is in the span %q, which is not there", parent)
		}
	}
	if seen.metrics["gatehouse_exchanges_total"] == 0 || seen.metrics["gatehouse_exchange_duration_seconds"] == 0 {
		t.Errorf("metrics: %v", seen.metrics)
	}
	if !slices.Contains(seen.lines, "the configuration was reloaded") {
		t.Errorf("log: %q", seen.lines)
	}
}

// received is what the collector has understood.
type received struct {
	services map[string]int
	spans    map[string][]string // parents by kind and name
	ids      []string            // of spans
	metrics  map[string]int      // points by name
	lines    []string            // of the log
}

// understood reads the lines that the collector has written, which are OTLP in
// JSON.
func understood(t *testing.T, out string) received {
	t.Helper()
	r := received{services: map[string]int{}, spans: map[string][]string{}, metrics: map[string]int{}}
	type resource struct {
		Attributes []struct {
			Key   string
			Value struct{ StringValue string }
		}
	}
	type points struct{ DataPoints []any }
	for line := range strings.Lines(out) {
		kind, text, _ := strings.Cut(line, " ")
		if kind != "traces" && kind != "metrics" && kind != "logs" {
			continue
		}
		var all struct {
			ResourceSpans []struct {
				Resource   resource
				ScopeSpans []struct {
					Spans []struct {
						SpanID, ParentSpanID, Name string
						Kind                       int
					}
				}
			}
			ResourceMetrics []struct {
				Resource     resource
				ScopeMetrics []struct {
					Metrics []struct {
						Name                  string
						Sum, Gauge, Histogram points
					}
				}
			}
			ResourceLogs []struct {
				Resource  resource
				ScopeLogs []struct {
					LogRecords []struct{ Body struct{ StringValue string } }
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		of := func(from resource) {
			for _, a := range from.Attributes {
				if a.Key == "service.name" {
					r.services[a.Value.StringValue]++
				}
			}
		}
		for _, from := range all.ResourceSpans {
			of(from.Resource)
			for _, scope := range from.ScopeSpans {
				for _, s := range scope.Spans {
					name := fmt.Sprint(s.Kind, " ", s.Name)
					r.spans[name] = append(r.spans[name], s.ParentSpanID)
					r.ids = append(r.ids, s.SpanID)
				}
			}
		}
		for _, from := range all.ResourceMetrics {
			of(from.Resource)
			for _, scope := range from.ScopeMetrics {
				for _, m := range scope.Metrics {
					r.metrics[m.Name] += len(m.Sum.DataPoints) + len(m.Gauge.DataPoints) + len(m.Histogram.DataPoints)
				}
			}
		}
		for _, from := range all.ResourceLogs {
			of(from.Resource)
			for _, scope := range from.ScopeLogs {
				for _, l := range scope.LogRecords {
					r.lines = append(r.lines, l.Body.StringValue)
				}
			}
		}
	}
	return r
}

// buildCollector builds the program of e2e/collector and returns its path.
func buildCollector(t *testing.T) string {
	t.Helper()
	if out, err := exec.Command("go", "-C", "collector", "mod", "download").CombinedOutput(); err != nil {
		testdata.Lack(t, "the modules that e2e/collector/go.mod names cannot be had: %v\n%s", err, out)
	}
	collector := filepath.Join(workshop, "collector")
	if out, err := exec.Command("go", "-C", "collector", "build", "-o", collector, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return collector
}
