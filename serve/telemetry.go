package serve

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record/metrics"
	"github.com/gatehouse-api/gatehouse/record/otlp"
)

// telemetry is the exporter that serves, between the metrics and the events.
type telemetry struct {
	live   atomic.Pointer[otlp.Exporter] // nil for none
	next   gate.Sink
	key    sum // of the settings of live
	log    *otlp.Handler
	closed sync.WaitGroup // exporters of configurations before
}

// Record implements gate.Sink.
func (t *telemetry) Record(e *gate.Event) {
	if x := t.live.Load(); x != nil && e.Sampled {
		x.Record(e)
	}
	t.next.Record(e)
}

// exporting are the settings of an exporter, and what tells them apart; nil for
// none.
func (d *draft) exporting() (o *otlp.Options, key sum, wrong *fault) {
	c := d.config.Record.OTLP
	if c == nil {
		return nil, key, nil
	}
	o = &otlp.Options{URL: c.URL, Service: c.Service, Traces: c.Sends("traces"), Logs: c.Sends("logs"), Interval: c.Interval}
	k := newKey()
	k.value(c.URL, c.Service, c.Interval, o.Traces, o.Logs, c.Sends("metrics"))
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		o.Fields = append(o.Fields, otlp.Field{Name: name, Value: c.Fields[name]})
		k.text(name)
		k.text(c.Fields[name].Reveal())
	}
	if c.CA != "" {
		text, err := readCA(string(c.CA))
		if err != nil {
			return nil, key, &fault{at: c.At("ca"), text: cause(err).Error(), remedy: "name a PEM file that this user can read"}
		}
		if o.Roots, err = readAuthorities(text, time.Now()); err != nil {
			return nil, key, &fault{at: c.At("ca"), text: err.Error(), remedy: "name a PEM file with the certificates of the authorities that vouch for the receiver"}
		}
		k.text(string(text))
	}
	return o, k.sum(), nil
}

// export has an exporter of these settings send from now on. What the one before
// has is sent within the time to drain.
func (p *Program) export(o *otlp.Options, key sum, c *config.Config) {
	t := p.telemetry
	if key == t.key {
		return
	}
	var next *otlp.Exporter
	if o != nil {
		if o.Version, o.Log = p.config.Version, p.quiet; c.Record.OTLP.Sends("metrics") {
			o.Metrics = p.metrics.Gather
		}
		next = otlp.New(*o)
	}
	t.key = key
	before := t.live.Swap(next)
	t.log.Set(next)
	if before != nil {
		t.closed.Go(func() {
			ctx, cancel := context.WithTimeout(p.ending, c.Drain)
			defer cancel()
			p.unsent(before.Close(ctx))
		})
	}
}

// close sends what waits, until ctx ends at most.
func (t *telemetry) close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	t.closed.Wait()
	t.log.Set(nil)
	if x := t.live.Load(); x != nil {
		return x.Close(ctx)
	}
	return nil
}

// unsent says what an exporter could not send.
func (p *Program) unsent(err error) {
	if err != nil {
		p.quiet.Warn("not everything could be sent to the receiver of OpenTelemetry", "cause", err)
	}
}

// stats are of what is sent, for metrics.
func (t *telemetry) stats() (list []metrics.Export) {
	if x := t.live.Load(); x != nil {
		for _, s := range x.Stats() {
			list = append(list, metrics.Export(s))
		}
	}
	return list
}
