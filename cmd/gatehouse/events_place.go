package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/serve"
)

// place is where events are, with the words for it.
type place struct {
	eventSource
	name string
}

// source finds the events that a command line means. Named says that it has
// --config.
func (e *eventSearcher) source(ctx context.Context, args []string, named bool) (*place, error) {
	return e.w.eventsAt(ctx, args, e.config, named)
}

// eventsAt finds the events of an argument, or of a gatehouse.yaml without any.
func (w *world) eventsAt(ctx context.Context, args []string, file string, named bool) (*place, error) {
	seen := &serve.EventsSeen{}
	_, err := os.Stat(file)
	if here := err == nil; named || here && len(args) == 0 {
		if seen, err = serve.SeeEvents(ctx, file); err != nil {
			return nil, err
		}
	} else if len(args) == 0 {
		return nil, &usageError{"say which events", "name their archive or file, or - for standard input; or --config with a gatehouse.yaml that has record: {archive: {path: ...}}"}
	}
	if len(args) == 1 {
		return w.eventsIn(args[0], seen)
	}
	switch {
	case seen.Archive != nil:
		if _, err := os.Stat(seen.Archive.Dir); errors.Is(err, fs.ErrNotExist) {
			return nil, &remedied{fmt.Errorf("the archive %s is not there yet: the gate makes it at its start", seen.Archive.Dir), "gatehouse serve --config " + file + " starts it"}
		}
		return &place{*seen.Archive, "the archive " + seen.Archive.Dir}, nil
	case seen.Events == "-", seen.Events == "none", seen.Events == "":
		return nil, &usageError{file + " names no archive and no file of events", "write record: {archive: {path: archive}}, or name the file that has them, or - for standard input"}
	}
	if seen.OCSF {
		return nil, &remedied{fmt.Errorf("%s has events in OCSF, which is for other programs and not searched here", seen.Events),
			"have an archive beside it: record: {archive: {path: archive}} in " + file}
	}
	from, err := w.eventsIn(seen.Events, seen)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &remedied{fmt.Errorf("%s, which record.events of %s names, is not there", seen.Events, file), "the gate makes it at its start: gatehouse serve --config " + file}
	}
	return from, err
}

// missing is a file that is not there.
type missing struct{ name string }

func (m missing) Error() string   { return m.name + " is not there" }
func (m missing) Is(e error) bool { return e == fs.ErrNotExist }

// eventsIn finds the events of a name.
func (w *world) eventsIn(name string, seen *serve.EventsSeen) (*place, error) {
	if name == "-" {
		return &place{archive.File{Name: name, Stream: w.stdin}, "standard input"}, nil
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &remedied{missing{name}, "name the folder of an archive or a file of events, or nothing to read those that gatehouse.yaml names"}
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", name, cause(err))
	case !info.IsDir():
		return &place{archive.File{Name: name}, name}, nil
	}
	shelf := archive.Shelf{Dir: name}
	if seen.Archive != nil {
		shelf.Sealer = seen.Archive.Sealer
	}
	return &place{shelf, "the archive " + name}, nil
}
