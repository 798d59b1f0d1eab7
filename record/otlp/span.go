package otlp

import (
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/gatehouse-api/gatehouse/gate"
)

// The kinds and states of spans (opentelemetry/proto/trace/v1).
const (
	kindServer = 2
	kindClient = 3

	statusError = 2

	flagsSampled = 1
	flagsHas     = 1 << 8 // the parent is known to be remote or not
	flagsRemote  = 1 << 9 // it is
)

// appendSpans appends the spans of an exchange as ScopeSpans.spans: one of what
// the gate did, and one of its call of the API, by whose id the API was called.
// Both hold what the event holds and nothing besides.
func appendSpans(b []byte, e *gate.Event) []byte {
	if e.Upstream <= 0 {
		return appendServer(b, e, e.Span)
	}
	// The event names the span that called the API, so that the API's own hangs
	// below it; the one around it has the id that is left.
	around := e.Span
	for i := range around {
		around[i] = ^around[i]
	}
	if around == [8]byte{} {
		around[7] = 1
	}
	return appendClient(appendServer(b, e, around), e, around)
}

func appendServer(b []byte, e *gate.Event, id [8]byte) []byte {
	b, at := open(b, 2) // ScopeSpans.spans
	b = appendIDs(b, e, id, e.Parent, flagsSampled|flagsHas|flagsRemote)
	name := methodOf(e)
	if e.Path != "" {
		name += " " + e.Path
	} else if name == otherMethod {
		name = "HTTP" // semantic conventions of HTTP spans, name
	}
	b = appendWhen(addNumber(addText(b, 5, name), 6, kindServer), e.Time, e.Took) // name, kind
	a := attributes{b, 9}
	a.text("http.request.method", methodOf(e))
	a.text("http.route", e.Path)
	if e.Status != 0 {
		a.number("http.response.status_code", int64(e.Status))
	}
	a.text("url.scheme", scheme(e.Secure))
	a.text("network.protocol.version", strings.TrimSuffix(strings.TrimPrefix(e.Version, "HTTP/"), ".0"))
	a.number("http.request.body.size", e.BodyIn)
	a.number("http.response.body.size", e.BodyOut)
	failed := e.Status >= 500 || e.Outcome == gate.Failed
	if e.Denied && failed {
		a.text("error.type", e.Code.String())
	}
	appendGate(&a, e)
	return shut(appendStatus(a.b, failed), at)
}

// appendGate adds what other programs have no words for.
func appendGate(a *attributes, e *gate.Event) {
	a.text("gatehouse.id", e.ID.String())
	if !e.Principal.IsZero() {
		a.text("gatehouse.caller", e.Principal.String())
	}
	a.text("gatehouse.api", e.API)
	a.text("gatehouse.operation", e.Operation)
	a.text("gatehouse.outcome", e.Outcome.String())
	a.text("gatehouse.mode", e.Mode.String())
	if e.Denied {
		a.text("gatehouse.code", e.Code.String())
	}
	a.text("gatehouse.guard", e.Guard)
	a.list("gatehouse.policies", len(e.Rules), func(i int) string { return e.Rules[i] })
	a.list("gatehouse.would_refuse", len(e.Would), func(i int) string { return e.Would[i].String() })
	if e.Trimmed > 0 {
		a.number("gatehouse.trimmed", int64(e.Trimmed))
	}
}

func appendClient(b []byte, e *gate.Event, parent [8]byte) []byte {
	b, at := open(b, 2) // ScopeSpans.spans
	b = appendIDs(b, e, e.Span, parent, flagsSampled|flagsHas)
	b = appendWhen(addNumber(addText(b, 5, methodOf(e)), 6, kindClient), e.Time.Add(e.Before), e.Upstream) // name, kind
	a := attributes{b, 9}
	a.text("http.request.method", methodOf(e))
	failed := e.Outcome == gate.Failed
	if e.Outcome == gate.Passed && e.Status != 0 {
		a.number("http.response.status_code", int64(e.Status))
		failed = e.Status >= 400 // semantic conventions of HTTP spans, status of clients
	}
	if e.Denied && failed {
		a.text("error.type", e.Code.String())
	}
	if e.Tries > 1 {
		a.number("http.request.resend_count", int64(e.Tries-1))
	}
	a.text("gatehouse.api", e.API)
	a.text("gatehouse.upstream", e.SentTo)
	return shut(appendStatus(a.b, failed), at)
}

func appendIDs(b []byte, e *gate.Event, id, parent [8]byte, flags uint32) []byte {
	b = addBytes(addBytes(b, 1, e.Trace[:]), 2, id[:]) // trace_id, span_id
	if parent != [8]byte{} {
		b = addBytes(b, 4, parent[:]) // parent_span_id
	}
	return addFixed32(b, 16, flags) // flags
}

func appendWhen(b []byte, begin time.Time, took time.Duration) []byte {
	b = addFixed64(b, 7, uint64(begin.UnixNano()))                      // start_time_unix_nano
	return addFixed64(b, 8, uint64(begin.Add(max(took, 0)).UnixNano())) // end_time_unix_nano
}

func appendStatus(b []byte, failed bool) []byte {
	if !failed {
		return b
	}
	b, at := open(b, 15) // status
	return shut(protowire.AppendVarint(protowire.AppendTag(b, 3, protowire.VarintType), statusError), at)
}

// otherMethod is what the semantic conventions call methods that nobody knows.
const otherMethod = "_OTHER"

func methodOf(e *gate.Event) string {
	if e.Method == "OTHER" {
		return otherMethod
	}
	return e.Method
}

func scheme(secure bool) string {
	if secure {
		return "https"
	}
	return "http"
}
