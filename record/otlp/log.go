package otlp

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// Handler is a slog.Handler that hands everything on to another and sends it to
// the exporter that is set, if any. Set may be called at any time.
type Handler struct {
	next slog.Handler
	to   *atomic.Pointer[Exporter]
	with []slog.Attr // of With, below the groups that they were added in
	in   string      // the open groups, "a.b."
}

var _ slog.Handler = (*Handler)(nil)

// NewHandler returns a handler in front of next.
func NewHandler(next slog.Handler) *Handler {
	return &Handler{next: next, to: new(atomic.Pointer[Exporter])}
}

// Set sends what is logged from now on to e; nil to nobody.
func (h *Handler) Set(e *Exporter) { h.to.Store(e) }

// Enabled implements slog.Handler.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if e := h.to.Load(); e != nil && e.logs != nil {
		e.logs.queue.Put(func(b []byte) []byte { return h.append(b, &r) })
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	more := *h
	more.next, more.with = h.next.WithAttrs(attrs), append([]slog.Attr(nil), h.with...)
	for _, a := range attrs {
		more.with = append(more.with, slog.Attr{Key: h.in + a.Key, Value: a.Value})
	}
	return &more
}

// WithGroup implements slog.Handler.
func (h *Handler) WithGroup(name string) slog.Handler {
	more := *h
	if more.next = h.next.WithGroup(name); name != "" {
		more.in += name + "."
	}
	return &more
}

// maxText bounds a text of the log, in bytes: the stack of a failed guard can
// be long.
const maxText = 2 << 10

// append appends a record as ScopeLogs.log_records.
func (h *Handler) append(b []byte, r *slog.Record) []byte {
	b, at := open(b, 2) // ScopeLogs.log_records
	if !r.Time.IsZero() {
		b = addFixed64(b, 1, uint64(r.Time.UnixNano())) // time_unix_nano
	}
	b = addNumber(b, 2, severity(r.Level)) // severity_number
	b = addText(b, 3, r.Level.String())    // severity_text
	b, body := open(b, 5)                  // body
	b = shut(addText(b, 1, clip(r.Message)), body)
	a := attributes{b, 6} // attributes
	for _, attr := range h.with {
		addAttr(&a, "", attr)
	}
	r.Attrs(func(attr slog.Attr) bool {
		addAttr(&a, h.in, attr)
		return true
	})
	return shut(addFixed64(a.b, 11, uint64(time.Now().UnixNano())), at) // observed_time_unix_nano
}

// severity is a level among those of OpenTelemetry's model of logs: debug is 5,
// info 9, warn 13, error 17.
func severity(l slog.Level) uint64 { return uint64(min(max(int(l)+9, 1), 24)) }

func addAttr(a *attributes, in string, attr slog.Attr) {
	v := attr.Value.Resolve()
	switch key := in + attr.Key; v.Kind() {
	case slog.KindGroup:
		if attr.Key != "" {
			in = key + "."
		}
		for _, inner := range v.Group() {
			addAttr(a, in, inner)
		}
	case slog.KindBool:
		a.truth(key, v.Bool())
	case slog.KindInt64:
		a.number(key, v.Int64())
	case slog.KindFloat64:
		a.double(key, v.Float64())
	case slog.KindAny:
		a.text(key, clip(fmt.Sprint(v.Any())))
	default:
		a.text(key, clip(v.String()))
	}
}
