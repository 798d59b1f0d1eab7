package config

// Tracing has the gate take part in distributed traces (W3C Trace Context): it is a span of each trace that it goes on with, events name the trace and the span, and the API is called by that span.
type Tracing struct {
	Place
	// From says whose traces are gone on with: those that trusted proxies bring, or those that anybody brings. A trace of anybody else ends at the gate, traceparent and tracestate with it.
	From TracesFrom `key:"from,default=trusted_proxies"`
	// Begin begins a trace where the call brings none that is gone on with.
	Begin bool `key:"begin"`
	// SampleOneIn says of how many traces one is sampled where the gate decides: of those that it begins, and of those of clients who are no trusted proxy, whatever these say. 1 is all of them, 0 none. Of a trace that a trusted proxy brings, the proxy decides.
	SampleOneIn int `key:"sample_one_in,default=100,min=0,max=1000000000"`
}

// TracesFrom is whose traces are gone on with.
type TracesFrom string

// Those who bring them.
const (
	TracesOfProxies   TracesFrom = "trusted_proxies" // those that the listener names
	TracesOfEverybody TracesFrom = "everybody"
)

// Words are those that the key may be.
func (TracesFrom) Words() []string {
	return []string{string(TracesOfProxies), string(TracesOfEverybody)}
}

// untraced warns where no call can be in a trace.
func (d *decoder) untraced(c *Config) {
	t := c.Record.Tracing
	if t == nil || t.Begin || t.From == TracesOfEverybody {
		return
	}
	for i := range c.Listeners {
		if len(c.Listeners[i].TrustedProxies) > 0 {
			return
		}
	}
	d.warn("tracing-idle", t.node, "name trusted_proxies of a listener, or write begin: true", "no listener trusts a proxy to bring traces, and none are begun, so that no call is in one")
}
