// Command collector is the receiver of the OpenTelemetry Collector
// (otlpreceiver) alone: it says where it listens, takes what is sent over HTTP,
// and writes it to standard output, a line of OTLP JSON each. The tests of e2e
// have a gate send to it; nothing imports it, and it knows nothing of the gate.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	metrics "go.opentelemetry.io/otel/metric/noop"
	traces "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	log, err := zap.NewProduction() // says where it listens
	if err == nil {
		err = run(ctx, log, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run receives until ctx ends.
func run(ctx context.Context, log *zap.Logger, out io.Writer) error {
	f := otlpreceiver.NewFactory()
	c := f.CreateDefaultConfig()
	settings := map[string]any{"protocols": map[string]any{"http": map[string]any{"endpoint": "127.0.0.1:0"}}}
	if err := confmap.NewFromStringMap(settings).Unmarshal(c); err != nil {
		return err
	}
	as := receiver.Settings{ID: component.NewID(f.Type()), TelemetrySettings: component.TelemetrySettings{
		Logger: log, TracerProvider: traces.NewTracerProvider(), MeterProvider: metrics.NewMeterProvider(), Resource: pcommon.NewResource(),
	}}
	p := &printer{out: out}
	// The three are one receiver, since they have one configuration.
	received, err := f.CreateTraces(ctx, as, c, must(consumer.NewTraces(p.traces)))
	if err != nil {
		return err
	}
	if _, err := f.CreateMetrics(ctx, as, c, must(consumer.NewMetrics(p.metrics))); err != nil {
		return err
	}
	if _, err := f.CreateLogs(ctx, as, c, must(consumer.NewLogs(p.logs))); err != nil {
		return err
	}
	if err := received.Start(ctx, nobody{}); err != nil {
		return err
	}
	<-ctx.Done()
	return received.Shutdown(context.Background())
}

// nobody is a host without extensions.
type nobody struct{}

func (nobody) GetExtensions() map[component.ID]component.Component { return nil }

func must[T any](made T, err error) T {
	if err != nil {
		panic(err)
	}
	return made
}

// printer writes what was received.
type printer struct {
	mu  sync.Mutex
	out io.Writer // guarded by mu
}

func (p *printer) print(kind string, text []byte, err error) error {
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err = fmt.Fprintf(p.out, "%s %s\n", kind, text)
	return err
}

func (p *printer) traces(_ context.Context, t ptrace.Traces) error {
	text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(t)
	return p.print("traces", text, err)
}

func (p *printer) metrics(_ context.Context, m pmetric.Metrics) error {
	text, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(m)
	return p.print("metrics", text, err)
}

func (p *printer) logs(_ context.Context, l plog.Logs) error {
	text, err := (&plog.JSONMarshaler{}).MarshalLogs(l)
	return p.print("logs", text, err)
}
