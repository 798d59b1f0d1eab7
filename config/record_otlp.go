package config

import (
	"net/url"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
)

// OTLP sends spans, metrics and the program's log to a receiver of OpenTelemetry, over HTTP with protobuf (OTLP). A receiver that is slow or down holds up no call: what finds no room is lost, and counted in /metrics.
type OTLP struct {
	Place
	// URL is scheme, host and port of the receiver, as in http://127.0.0.1:4318. The gate adds /v1/traces, /v1/metrics and /v1/logs.
	URL string `key:"url,required,form=url,example=https://otlp.example.com:4318"`
	// Fields are header fields that say to the receiver who sends. Their values are secrets: refer to them by ${env:NAME} or ${file:PATH}.
	Fields map[string]trust.Secret `key:"fields,keys=request-field,form=value,example={Authorization: \"Bearer ${env:OTLP_TOKEN}\"}"`
	// CA is a PEM file with the authorities that may vouch for the receiver's certificate, instead of the system's.
	CA File `key:"ca,example=ca.pem"`
	// Send says what is sent: traces (spans of calls whose trace is sampled, which needs tracing), metrics (those of /metrics) and logs (the program's own). Without it all of them are.
	Send []string `key:"send,min=1,words=traces|metrics|logs,example=[traces]"`
	// Service is what the gate is called there (service.name).
	Service string `key:"service,form=name,default=gatehouse"`
	// Interval is the time between two looks at the metrics.
	Interval time.Duration `key:"interval,default=1m,min=1s,max=1h"`
}

// Sends reports whether something of the kind is sent.
func (o *OTLP) Sends(what string) bool { return len(o.Send) == 0 || slices.Contains(o.Send, what) }

// otlp holds what is said of the receiver together.
func (d *decoder) otlp(r *Record) {
	o := r.OTLP
	if o == nil {
		return
	}
	if slices.Contains(o.Send, "traces") && r.Tracing == nil {
		d.add("otlp-tracing", o.At("send").node, "add tracing: {begin: true} to record, or remove traces", "there are no traces without tracing")
	}
	d.twice("field-twice", sortedNames(o.Fields), o.At("fields"))
	u, err := url.Parse(o.URL)
	if wrong, _ := judgePlace(o.URL); wrong != "" || err != nil {
		return // which was said already
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		d.add("otlp-url", o.At("url").node, "write http://127.0.0.1:4318", "the receiver is reached over HTTP alone")
	case u.Scheme == "http" && o.CA != "":
		d.add("otlp-url", o.At("ca").node, "write https in url, or remove ca", "the receiver is spoken to without TLS, so it shows no certificate")
	case u.Scheme == "http" && len(o.Fields) > 0 && !loopback(u.Hostname()):
		d.add("otlp-url", o.At("url").node, "use https", "the fields are secrets, and would leave this machine unencrypted")
	}
}
