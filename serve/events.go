package serve

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
)

// events is where events go and how it is closed.
type events struct {
	gate.Sink
	lines *record.Lines
	file  *os.File
	place string // for the banner
}

// openEvents opens the sink that the configuration names.
func openEvents(c *Config, log *slog.Logger) (*events, error) {
	var out io.Writer
	e := &events{place: "not recorded (--events none)"}
	switch c.Events {
	case "", "none":
		return e, nil
	case "-":
		out, e.place = c.Stdout, "standard output"
	default:
		// Events name clients' networks and calls: not for everybody's eyes.
		f, err := os.OpenFile(c.Events, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
		if err != nil {
			return nil, eventsError(err)
		}
		out, e.file, e.place = f, f, c.Events
	}
	e.lines = record.NewLines(out, log)
	e.Sink = e.lines
	return e, nil
}

// close writes what is waiting, until ctx ends at most.
func (e *events) close(ctx context.Context) error {
	var err error
	if e.lines != nil {
		err = e.lines.Shutdown(ctx)
	}
	if e.file != nil {
		if e := e.file.Close(); err == nil {
			err = e
		}
	}
	if err != nil {
		return fmt.Errorf("events were lost: %w", err)
	}
	return nil
}
