package otlp_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	measures "go.opentelemetry.io/proto/otlp/metrics/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	common "go.opentelemetry.io/proto/otlp/common/v1"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record/otlp"
)

// receiver reads OTLP with the types that its authors publish. The requests of
// the three services have the fields of these messages.
type receiver struct {
	mu      sync.Mutex
	spans   []*traces.Span
	records []*logs.LogRecord
	metrics []*measures.Metric
	service []string
	status  []int // of the next answers; then 200
	body    []byte
	calls   int
	gone    error // instead of an answer
}

func (r *receiver) RoundTrip(q *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if r.gone != nil {
		return nil, r.gone
	}
	if len(r.status) > 0 {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(r.status[0])
		r.status = r.status[1:]
		return w.Result(), nil
	}
	b, err := io.ReadAll(q.Body)
	if err != nil || q.Header.Get("Content-Type") != "application/x-protobuf" || q.Method != "POST" {
		w.WriteHeader(400)
		return w.Result(), nil
	}
	var message proto.Message
	switch q.URL.Path {
	case "/v1/traces":
		message = &traces.TracesData{}
	case "/v1/logs":
		message = &logs.LogsData{}
	case "/v1/metrics":
		message = &measures.MetricsData{}
	}
	if err := proto.Unmarshal(b, message); err != nil || len(message.ProtoReflect().GetUnknown()) > 0 {
		w.WriteHeader(400)
		return w.Result(), nil
	}
	switch m := message.(type) {
	case *traces.TracesData:
		for _, of := range m.ResourceSpans {
			r.service = append(r.service, text(of.Resource.Attributes, "service.name"))
			for _, s := range of.ScopeSpans {
				r.spans = append(r.spans, s.Spans...)
			}
		}
	case *logs.LogsData:
		for _, of := range m.ResourceLogs {
			for _, s := range of.ScopeLogs {
				r.records = append(r.records, s.LogRecords...)
			}
		}
	case *measures.MetricsData:
		for _, of := range m.ResourceMetrics {
			for _, s := range of.ScopeMetrics {
				r.metrics = append(r.metrics, s.Metrics...)
			}
		}
	}
	w.Write(r.body)
	return w.Result(), nil
}

func text(list []*common.KeyValue, key string) string {
	for _, kv := range list {
		if kv.Key == key {
			return kv.Value.GetStringValue()
		}
	}
	return ""
}

func number(list []*common.KeyValue, key string) int64 {
	for _, kv := range list {
		if kv.Key == key {
			return kv.Value.GetIntValue()
		}
	}
	return -1
}

func event() gate.Event {
	return gate.Event{
		ID: gate.ID([]byte("01jd0000000000000000000000")), Time: time.Unix(2e9, 5), Trace: [16]byte{1, 15: 2}, Span: [8]byte{3}, Parent: [8]byte{4}, Sampled: true,
		API: "Pets", Operation: "getPet", Method: "GET", Path: "/pets/{id}", Outcome: gate.Passed, Status: 200, Version: "HTTP/2.0", Secure: true,
		Rules: []string{"clerks"}, Would: []gate.Code{gate.BodySchema}, BodyOut: 300, Took: 9 * time.Millisecond, Before: 2 * time.Millisecond, Upstream: 5 * time.Millisecond, SentTo: "http://127.0.0.1:9000", Tries: 2,
	}
}

func TestSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{}
		e := otlp.New(otlp.Options{URL: "http://otlp.test/", Transport: r, Log: slog.New(slog.DiscardHandler), Service: "edge", Version: "1.2.3", Traces: true})
		passed := event()
		passed.Principal = gate.Pseudonym{0xab, 15: 1}
		refused := event()
		refused.Upstream, refused.Outcome, refused.Denied, refused.Code, refused.Guard, refused.Status, refused.Method, refused.Path = 0, gate.Refused, true, gate.BodySchema, "request", 400, "OTHER", ""
		failed := event()
		failed.Outcome, failed.Denied, failed.Code, failed.Status = gate.Failed, true, gate.UpstreamBroken, 502
		unsampled := event()
		unsampled.Sampled = false
		for _, ev := range []*gate.Event{&passed, &refused, &failed, &unsampled} {
			e.Record(ev)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if s := e.Stats(); len(s) != 1 || s[0] != (otlp.Stats{Signal: "traces", Sent: 3}) {
			t.Errorf("%+v", s)
		}
		if err := e.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if len(r.spans) != 5 || r.service[0] != "edge" {
			t.Fatalf("%d spans of %q", len(r.spans), r.service)
		}
		server, client, deny, broken := r.spans[0], r.spans[1], r.spans[2], r.spans[4]
		if server.Kind != traces.Span_SPAN_KIND_SERVER || server.Name != "GET /pets/{id}" || hex.EncodeToString(server.ParentSpanId) != "0400000000000000" || hex.EncodeToString(server.TraceId) != hex.EncodeToString(passed.Trace[:]) ||
			server.StartTimeUnixNano != 2e18+5 || server.EndTimeUnixNano != 2e18+5+9e6 || server.Status != nil || server.Flags&0x301 != 0x301 {
			t.Errorf("%v", server)
		}
		for key, want := range map[string]string{"http.request.method": "GET", "http.route": "/pets/{id}", "url.scheme": "https", "network.protocol.version": "2", "gatehouse.id": "01jd0000000000000000000000",
			"gatehouse.api": "Pets", "gatehouse.operation": "getPet", "gatehouse.outcome": "passed", "gatehouse.mode": "enforce", "error.type": "",
			"gatehouse.caller": "ab000000000000000000000000000001"} {
			if got := text(server.Attributes, key); got != want {
				t.Errorf("%s is %q, want %q", key, got, want)
			}
		}
		if number(server.Attributes, "http.response.status_code") != 200 || number(server.Attributes, "http.response.body.size") != 300 {
			t.Errorf("%v", server.Attributes)
		}
		if client.Kind != traces.Span_SPAN_KIND_CLIENT || !bytes.Equal(client.SpanId, passed.Span[:]) || !bytes.Equal(client.ParentSpanId, server.SpanId) || client.StartTimeUnixNano != 2e18+5+2e6 || client.EndTimeUnixNano != 2e18+5+7e6 ||
			number(client.Attributes, "http.request.resend_count") != 1 || text(client.Attributes, "gatehouse.upstream") != "http://127.0.0.1:9000" {
			t.Errorf("%v", client)
		}
		if deny.Name != "HTTP" || !bytes.Equal(deny.SpanId, refused.Span[:]) || text(deny.Attributes, "gatehouse.code") != "body-schema" || deny.Status != nil || text(deny.Attributes, "gatehouse.caller") != "" || text(deny.Attributes, "http.request.method") != "_OTHER" {
			t.Errorf("%v", deny)
		}
		if broken.Status.GetCode() != traces.Status_STATUS_CODE_ERROR || text(broken.Attributes, "error.type") != "upstream-broken" {
			t.Errorf("%v", broken)
		}
	})
}

// TestReceiverFails has one that is busy, then refuses, then leaves.
func TestReceiverFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{status: []int{503, 429}}
		var said bytes.Buffer
		e := otlp.New(otlp.Options{URL: "http://otlp.test", Transport: r, Log: slog.New(slog.NewTextHandler(&said, nil)), Traces: true})
		ev := event()
		begun := time.Now()
		e.Record(&ev)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(r.spans) != 2 || r.calls != 3 {
			t.Fatalf("%d spans by %d calls in %v", len(r.spans), r.calls, time.Since(begun))
		}
		r.status = []int{400}
		e.Record(&ev)
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := e.Stats()[0]; s.Sent != 1 || s.Lost != 1 || r.calls != 4 {
			t.Errorf("%+v after %d calls", s, r.calls)
		}
		r.body = []byte{0x0a, 0x02, 0x08, 0x01} // partial_success {rejected_spans: 1}
		e.Record(&ev)
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := e.Stats()[0]; s.Sent != 1 || s.Lost != 2 {
			t.Errorf("%+v", s)
		}
		r.mu.Lock()
		r.gone = io.ErrUnexpectedEOF
		r.mu.Unlock()
		for range 5000 { // nobody waits
			e.Record(&ev)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if s := e.Stats()[0]; s.Lost < 5000 || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
		e.Close(context.Background())
		if !strings.Contains(said.String(), "spans for OpenTelemetry cannot be written") || strings.Count(said.String(), "\n") > 12 {
			t.Errorf("the log says %s", said.String())
		}
	})
}

func TestLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{}
		var said bytes.Buffer
		h := otlp.NewHandler(slog.NewTextHandler(&said, nil))
		log := slog.New(h)
		log.Info("before")
		e := otlp.New(otlp.Options{URL: "http://otlp.test", Transport: r, Log: slog.New(slog.DiscardHandler), Logs: true})
		h.Set(e)
		log.With("a", 1).WithGroup("g").With("b", true).Warn("a word", "c", 2.5, "error", io.EOF, slog.Group("d", "e", strings.Repeat("x", 5000)), "f", "\xff")
		log.Debug("not said")
		time.Sleep(time.Second)
		synctest.Wait()
		h.Set(nil)
		log.Info("behind")
		if err := e.Close(context.Background()); err != nil || len(r.records) != 1 || strings.Count(said.String(), "\n") != 3 {
			t.Fatalf("%v, %v, %s", err, r.records, said.String())
		}
		l := r.records[0]
		if l.Body.GetStringValue() != "a word" || l.SeverityNumber != logs.SeverityNumber_SEVERITY_NUMBER_WARN || l.SeverityText != "WARN" || l.TimeUnixNano == 0 || l.ObservedTimeUnixNano == 0 ||
			number(l.Attributes, "a") != 1 || text(l.Attributes, "g.error") != "EOF" || text(l.Attributes, "g.f") != "\uFFFD" || len(text(l.Attributes, "g.d.e")) > 2100 {
			t.Errorf("%v", l)
		}
	})
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		count := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "a_bytes_total", Help: "A."}, []string{"of"})
		level := prometheus.NewGauge(prometheus.GaugeOpts{Name: "b"})
		times := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "c_seconds", Buckets: []float64{1, 2}})
		parts := prometheus.NewSummary(prometheus.SummaryOpts{Name: "d", Objectives: map[float64]float64{.5: .1}})
		registry.MustRegister(count, level, times, parts)
		count.WithLabelValues("x").Add(3)
		level.Set(-4)
		for _, v := range []float64{.5, .6, 1.5, 9} {
			times.Observe(v)
			parts.Observe(v)
		}
		r := &receiver{status: []int{500}}
		e := otlp.New(otlp.Options{URL: "http://otlp.test", Transport: r, Log: slog.New(slog.DiscardHandler), Metrics: registry.Gather, Interval: 10 * time.Second})
		time.Sleep(25 * time.Second)
		synctest.Wait()
		if s := e.Stats()[0]; s != (otlp.Stats{Signal: "metrics", Sent: 4, Lost: 4}) {
			t.Errorf("%+v", s)
		}
		if e.Close(context.Background()); len(r.metrics) != 8 {
			t.Fatalf("%v", r.metrics)
		}
		a, b, c, d := r.metrics[0], r.metrics[1], r.metrics[2], r.metrics[3]
		if p := a.GetSum().GetDataPoints(); a.Name != "a_bytes_total" || a.Unit != "By" || !a.GetSum().IsMonotonic || a.GetSum().AggregationTemporality != measures.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE ||
			len(p) != 1 || p[0].GetAsDouble() != 3 || text(p[0].Attributes, "of") != "x" || p[0].TimeUnixNano <= p[0].StartTimeUnixNano {
			t.Errorf("%v", a)
		}
		if p := b.GetGauge().GetDataPoints(); len(p) != 1 || p[0].GetAsDouble() != -4 {
			t.Errorf("%v", b)
		}
		if p := c.GetHistogram().GetDataPoints(); len(p) != 1 || p[0].Count != 4 || p[0].GetSum() != 11.6 || len(p[0].BucketCounts) != 3 || p[0].BucketCounts[0] != 2 || p[0].BucketCounts[1] != 1 || p[0].BucketCounts[2] != 1 || len(p[0].ExplicitBounds) != 2 || p[0].ExplicitBounds[1] != 2 {
			t.Errorf("%v", c)
		}
		if p := d.GetSummary().GetDataPoints(); len(p) != 1 || p[0].Count != 4 || len(p[0].QuantileValues) != 1 {
			t.Errorf("%v", d)
		}
	})
}
