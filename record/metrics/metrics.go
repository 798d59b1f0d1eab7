// Package metrics counts what the gate does, for Prometheus: exchanges as
// their events say how they ended, and at each scrape what listeners,
// upstreams and the queue of events have counted by themselves.
//
// Package serve imports it. It knows the gate's events and plans, takes
// everything else as numbers (Snapshot), and knows nothing of HTTP.
package metrics

import (
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Metrics is everything that is counted.
type Metrics struct {
	registry *prometheus.Registry
	vectors  vectors
	on       atomic.Bool
	nowhere  *series // exchanges of no API

	mu   sync.Mutex
	apis map[string]*api // guarded by mu
}

// vectors hold the series of exchanges.
type vectors struct {
	exchanges, requestBytes, answerBytes, trimmed, refusals, would *prometheus.CounterVec
	duration, wait                                                 *prometheus.HistogramVec
}

// New returns metrics that count nothing before Enable. snapshot is asked at
// each scrape, on any goroutine.
func New(version string, snapshot func() Snapshot) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), apis: map[string]*api{}}
	v := &m.vectors
	for d, vec := range map[*Definition]**prometheus.CounterVec{
		&exchanges: &v.exchanges, &requestBytes: &v.requestBytes, &answerBytes: &v.answerBytes, &trimmed: &v.trimmed, &refusals: &v.refusals, &would: &v.would,
	} {
		*vec = d.counter()
		m.registry.MustRegister(*vec)
	}
	for d, vec := range map[*Definition]**prometheus.HistogramVec{&duration: &v.duration, &wait: &v.wait} {
		*vec = d.histogram()
		m.registry.MustRegister(*vec)
	}
	about := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: build.Name, Help: build.Help}, build.Labels)
	about.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(about, &collector{snapshot}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.nowhere = &series{api: &api{vectors: v}}
	return m
}

// Enable counts exchanges from now on, or no more: where nobody can ask,
// nothing is counted.
func (m *Metrics) Enable(on bool) { m.on.Store(on) }

// Prepare makes the series of a plan that is going to serve; of what other
// plans had and this one has not, nothing is shown any more after Settle.
func (m *Metrics) Prepare(p *gate.Plan) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range p.APIs {
		a.Series = m.series(a.Name, "")
	}
	for _, o := range p.Operations {
		o.Series = m.series(o.API.Name, o.Name)
	}
}

// series needs mu.
func (m *Metrics) series(name, operation string) *series {
	name, operation = strings.ToValidUTF8(name, "\uFFFD"), strings.ToValidUTF8(operation, "\uFFFD") // others cannot be labels
	a := m.apis[name]
	if a == nil {
		a = &api{name: name, vectors: &m.vectors, operations: map[string]*series{}}
		m.apis[name] = a
	}
	s := a.operations[operation]
	if s == nil {
		s = &series{api: a, operation: operation}
		a.operations[operation] = s
	}
	return s
}

// Settle forgets what the plan that serves does not have.
func (m *Metrics) Settle(p *gate.Plan) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := map[*series]bool{}
	for _, a := range p.APIs {
		kept[a.Series.(*series)] = true
	}
	for _, o := range p.Operations {
		kept[o.Series.(*series)] = true
	}
	for name, a := range m.apis {
		for operation, s := range a.operations {
			if !kept[s] {
				s.forget()
				delete(a.operations, operation)
			}
		}
		if len(a.operations) == 0 {
			a.forget()
			delete(m.apis, name)
		}
	}
}

// ContentType is that of what Write writes.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Write writes everything in Prometheus's text format.
func (m *Metrics) Write(w io.Writer) error {
	families, err := m.registry.Gather()
	if err != nil {
		return err
	}
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(w, f); err != nil {
			return err
		}
	}
	return nil
}

// Gather returns everything as Prometheus's library has it.
func (m *Metrics) Gather() ([]*dto.MetricFamily, error) { return m.registry.Gather() }

// Sink counts each event and hands it on to next.
func (m *Metrics) Sink(next gate.Sink) gate.Sink { return &sink{m, next} }

type sink struct {
	m    *Metrics
	next gate.Sink
}

var _ gate.Sink = (*sink)(nil)

// Record implements gate.Sink.
func (s *sink) Record(e *gate.Event) {
	if s.m.on.Load() {
		of, ok := e.Series.(*series)
		if !ok {
			of = s.m.nowhere
		}
		of.count(e)
	}
	s.next.Record(e)
}
