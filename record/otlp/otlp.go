// Package otlp sends what the gate did elsewhere, as OpenTelemetry has it: spans
// of sampled exchanges, metrics and the program's own log, over HTTP (OTLP 1.x,
// opentelemetry-proto). What it sends is what events, /metrics and the log say
// anyway, and nothing besides.
//
// Package serve imports it. It knows events and what Prometheus is shown, and
// never holds up whoever has something to send: queues are bounded, and what
// finds no room or no receiver is lost and counted.
package otlp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/trust"
)

// Field is a header field that goes with everything that is sent.
type Field struct {
	Name  string
	Value trust.Secret
}

// Options say what is sent, and to whom.
type Options struct {
	URL       string            // of the receiver, below which it has /v1/traces and the like
	Fields    []Field           // that say who sends
	Roots     *x509.CertPool    // vouch for the receiver; nil for the system's
	Transport http.RoundTripper // nil for one of its own
	Log       *slog.Logger      // takes what goes wrong; not one that is sent itself
	Service   string            // service.name
	Version   string            // service.version

	Traces, Logs bool
	// Metrics are sent at each interval; nil for none.
	Metrics  func() ([]*dto.MetricFamily, error)
	Interval time.Duration // one minute when 0
}

// Exporter sends. Its methods may be used by many goroutines at once.
type Exporter struct {
	traces, logs *stream
	metrics      *sender
	stop         chan struct{}
	work         sync.WaitGroup
}

// stream is what is sent as it comes.
type stream struct {
	queue *record.Parcels
	send  *sender
}

// New starts an exporter, which sends until Close.
func New(o Options) *Exporter {
	if o.Transport == nil {
		o.Transport = &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots}, MaxIdleConnsPerHost: 3, IdleConnTimeout: time.Minute}
	}
	client := &http.Client{Transport: o.Transport, Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	e := &Exporter{stop: make(chan struct{})}
	sender := func(signal string) *sender {
		ctx, cancel := context.WithCancel(context.Background())
		return &sender{
			url: strings.TrimSuffix(o.URL, "/") + "/v1/" + signal, fields: o.Fields, client: client, log: o.Log,
			head: resource(o.Service, o.Version), scope: scope(o.Version), closing: e.stop, ctx: ctx, cancel: cancel,
		}
	}
	stream := func(signal, what string) *stream {
		s := sender(signal)
		return &stream{record.NewParcels(s, what, o.Log), s}
	}
	if o.Traces {
		e.traces = stream("traces", "spans for OpenTelemetry")
	}
	if o.Logs {
		e.logs = stream("logs", "lines of the log for OpenTelemetry")
	}
	if o.Metrics != nil {
		e.metrics = sender("metrics")
		e.work.Go(func() { e.measure(&o) })
	}
	return e
}

// Record takes an event: the spans of one that is sampled are sent.
func (e *Exporter) Record(ev *gate.Event) {
	if ev.Sampled && e.traces != nil {
		e.traces.queue.Put(func(b []byte) []byte { return appendSpans(b, ev) })
	}
}

var _ gate.Sink = (*Exporter)(nil)

// Stats is how one kind of what is sent has fared: exchanges with their spans,
// records of the log, or points of metrics.
type Stats struct {
	Signal     string // traces, logs or metrics
	Sent, Lost uint64
	Waiting    int
}

// Stats are of all kinds that are sent.
func (e *Exporter) Stats() (list []Stats) {
	for signal, s := range map[string]*stream{"traces": e.traces, "logs": e.logs} {
		if s != nil {
			q := s.queue.Stats()
			rejected := min(s.send.rejected.Load(), q.Written)
			list = append(list, Stats{signal, q.Written - rejected, q.Lost + rejected, q.Waiting})
		}
	}
	if m := e.metrics; m != nil {
		list = append(list, Stats{"metrics", m.sent.Load() - min(m.rejected.Load(), m.sent.Load()), m.lost.Load() + m.rejected.Load(), 0})
	}
	return list
}

// Close sends what waits, once, until ctx ends at most.
func (e *Exporter) Close(ctx context.Context) error {
	close(e.stop)
	senders := []*sender{e.metrics}
	for _, s := range []*stream{e.traces, e.logs} {
		if s != nil {
			senders = append(senders, s.send)
		}
	}
	defer context.AfterFunc(ctx, func() {
		for _, s := range senders {
			if s != nil {
				s.cancel()
			}
		}
	})()
	var errs []error
	for _, s := range []*stream{e.traces, e.logs} {
		if s != nil {
			errs = append(errs, s.queue.Shutdown(ctx))
		}
	}
	e.work.Wait()
	for _, s := range senders {
		if s != nil {
			s.cancel()
		}
	}
	return errors.Join(errs...)
}

// measure sends metrics at each interval, and at the end.
func (e *Exporter) measure(o *Options) {
	start, every := time.Now(), o.Interval
	if every <= 0 {
		every = time.Minute
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	var body []byte
	failed := false
	for ended := false; !ended; {
		select {
		case <-tick.C:
		case <-e.stop:
			ended = true
		}
		families, err := o.Metrics()
		points := 0
		if body = body[:0]; err == nil {
			now := time.Now()
			for _, f := range families {
				var n int
				body, n = appendFamily(body, f, start, now)
				points += n
			}
			err = e.metrics.post(body)
		}
		if err != nil {
			e.metrics.lost.Add(uint64(points))
		} else {
			e.metrics.sent.Add(uint64(points))
		}
		switch {
		case err != nil && !failed:
			o.Log.Error("metrics for OpenTelemetry cannot be sent and are lost until this is mended", "error", err)
		case err == nil && failed:
			o.Log.Info("metrics for OpenTelemetry are sent again")
		}
		failed = err != nil
	}
}

// resource is what sends, as ResourceSpans.resource and the like.
func resource(service, version string) []byte {
	b, at := open(nil, 1)
	a := attributes{b, 1} // Resource.attributes
	a.text("service.name", service)
	a.text("service.version", version)
	var id [16]byte
	for i := range id {
		id[i] = byte(rand.Uint32())
	}
	a.text("service.instance.id", hex.EncodeToString(id[:])) // this start of the program
	return shut(a.b, at)
}

// scope is what made it, as ScopeSpans.scope and the like.
func scope(version string) []byte {
	b, at := open(nil, 1)
	return shut(addText(addText(b, 1, "github.com/gatehouse-api/gatehouse"), 2, version), at) // name, version
}

// clip bounds a text and makes it UTF-8, which protobuf demands.
func clip(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "..."
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
