package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/record/alert"
	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/record/ocsf"
	"github.com/gatehouse-api/gatehouse/record/tap"
)

// events is where events go. The place may change while the gate serves; the
// queue in front of it stays.
type events struct {
	out   outlet
	sinks *sinks
	lines *record.Lines                   // nil until there was a place
	live  atomic.Pointer[record.Lines]    // nil while nothing is recorded
	shelf *shelved                        // the archive in use; nil for none
	kept  atomic.Pointer[archive.Archive] // the same, for whoever counts
	log   *slog.Logger

	schema *ocsf.Encoder

	tap    tap.Tap // for what learns from events; the gate shows it calls
	alerts *alert.Watch
}

func newEvents(log *slog.Logger, version string) *events {
	schema := ocsf.New(version)
	e := &events{log: log, schema: schema, sinks: &sinks{log: log, schema: schema}}
	e.alerts = alert.NewWatch(&e.tap, e.Record, log)
	return e
}

var _ gate.Sink = (*events)(nil)

// Record implements gate.Sink.
func (e *events) Record(ev *gate.Event) {
	if l := e.live.Load(); l != nil {
		l.Record(ev)
	}
	if ev.Act != gate.Exchanged {
		e.tap.See(ev, nil)
	}
}

// tell writes down what must not be lost, and returns when it is on the disk
// wherever events are kept. Where nothing is recorded nothing is written.
func (e *events) tell(ctx context.Context, list []*gate.Event) error {
	if l := e.live.Load(); l != nil {
		if err := l.Insist(ctx, list); err != nil {
			return err
		}
		done := make(chan error, 1)
		go func() { done <- e.sync() }() // a disk that hangs must not keep the gate from ending
		select {
		case err := <-done:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for _, ev := range list {
		e.tap.See(ev, nil)
	}
	return nil
}

// sync brings to the disk what was written.
func (e *events) sync() error {
	err := e.sinks.sync()
	if t := e.out.live.Load(); t != nil && t.file != nil {
		if info, wrong := t.file.Stat(); wrong != nil {
			err = errors.Join(err, wrong)
		} else if info.Mode().IsRegular() { // a pipe has no disk
			err = errors.Join(err, t.file.Sync())
		}
	}
	if a := e.kept.Load(); a != nil {
		err = errors.Join(err, a.Sync())
	}
	return err
}

// tracing is how the gate takes part in traces; nil where it does not.
func tracing(t *config.Tracing) *gate.Tracing {
	if t == nil {
		return nil
	}
	return &gate.Tracing{Begin: t.Begin, Everybody: t.From == config.TracesOfEverybody, SampleOneIn: uint64(t.SampleOneIn)}
}

// eventPlaces are the words for what is no file.
var eventPlaces = map[string]string{"": "not recorded (--events none)", "none": "not recorded (--events none)", "-": "standard output"}

// eventsPlace says where events go, for the banner.
func eventsPlace(r *config.Record, file bool) string {
	place, ok := eventPlaces[r.Events]
	switch {
	case !ok:
		place = r.Events
	case file && r.Events != "-":
		return "not recorded (record.events: none)"
	}
	if r.Format == config.EventOCSF {
		place += ", in OCSF " + ocsf.Version
	}
	return place
}

// openEvents opens the place that a configuration names; nil for nowhere.
func openEvents(where string, stdout io.Writer) (*target, error) {
	switch where {
	case "", "none":
		return nil, nil
	case "-":
		return &target{Writer: stdout}, nil
	}
	// Events name clients' networks and calls: not for everybody's eyes. A pipe
	// that nobody reads must not hold up the program, which could not even be
	// told to end.
	f, err := os.OpenFile(where, os.O_CREATE|os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0o640)
	switch {
	case errors.Is(err, syscall.ENXIO):
		return nil, fmt.Errorf("nobody reads the pipe %s", where)
	case err != nil:
		return nil, err
	}
	return &target{f, f}, nil
}

// use writes events to t from now on, nil for nowhere, and to an archive, nil for
// none, and closes the place and the archive before them. What waits is written
// there as well.
func (e *events) use(t *target, shelf *shelved, format config.EventFormat) {
	if t != nil && format == config.EventOCSF {
		t = &target{&translator{to: t.Writer, translation: translation{schema: e.schema}}, t.file}
	}
	if shelf != nil {
		both := &target{Writer: shelf.Archive}
		if t != nil {
			both = &target{twofold{t.Writer, shelf.Archive}, t.file}
		}
		t = both
	}
	if e.shelf != shelf {
		defer e.shelf.end() // when the next one takes what is written
	}
	e.shelf = shelf
	e.kept.Store(nil)
	if shelf != nil {
		e.kept.Store(shelf.Archive)
	}
	if t == nil && !e.sinks.any() {
		e.live.Store(nil)
		return // what waits still goes where it was to go
	}
	e.out.use(t)
	if e.lines == nil {
		e.lines = record.NewLines(e, e.log)
	}
	e.live.Store(e.lines)
}

// Write implements io.Writer for the one goroutine that writes events. Sinks
// come first, which wait for nobody.
func (e *events) Write(p []byte) (int, error) {
	e.sinks.write(p)
	return e.out.Write(p)
}

// close writes what is waiting, until ctx ends at most.
func (e *events) close(ctx context.Context) error {
	var err error
	e.alerts.Close(ctx) // which may tell of something
	if e.lines != nil {
		err = e.lines.Shutdown(ctx)
	}
	e.sinks.close(ctx)
	if t := e.out.live.Load(); t != nil {
		if e := t.close(); err == nil {
			err = e
		}
	}
	e.shelf.end()
	if wrong := e.shelf.wait(ctx); err == nil {
		err = wrong
	}
	if err != nil {
		return fmt.Errorf("events were lost: %w", err)
	}
	return nil
}

// target is one place that events are written to.
type target struct {
	io.Writer
	file *os.File // nil for what is not ours to close
}

func (t *target) close() error {
	if t == nil || t.file == nil {
		return nil
	}
	return t.file.Close()
}

// outlet writes to the live target. It takes no lock, since a target may hang
// for as long as it likes and must not hold up whoever replaces it.
type outlet struct{ live atomic.Pointer[target] }

func (o *outlet) use(t *target) { o.live.Swap(t).close() }

// Write implements io.Writer. A target that was replaced and closed in the
// middle wrote nothing; the next one gets it.
func (o *outlet) Write(p []byte) (int, error) {
	for {
		t := o.live.Load()
		if t == nil {
			return len(p), nil
		}
		n, err := t.Write(p)
		if n > 0 || !errors.Is(err, os.ErrClosed) || o.live.Load() == t {
			return n, err
		}
	}
}
