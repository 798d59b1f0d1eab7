package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/serve"
)

func newOwnerReport(w *world) *cobra.Command {
	r := &ownerReporter{w: w}
	cmd := &cobra.Command{
		Use:   "report [FILE | -] [flags]",
		Short: "Say which calls for objects would have been refused, and why",
		Long: `Reads events, of a file, of standard input, or of the file that gatehouse.yaml
names under record, and counts by operation and kind of object the calls that
were refused since their objects are somebody else's or nobody is known to own
them, or would have been in observe mode. Callers are told apart by keyed hashes,
and objects are not named at all: an example is the id of an event. Where
gatehouse.yaml has a store it is said how many objects that knows.

The exit status is 0 when all calls were for objects of their callers, and 1 when
some were not.`,
		Example: `  gatehouse owner report
  gatehouse owner report events.jsonl --api Shop
  zcat events.jsonl.gz | gatehouse owner report - --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) <= 1 {
				return nil
			}
			return oneFile(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r.named = cmd.Flags().Changed("config")
			return r.run(cmd.Context(), args)
		},
	}
	cmd.Flags().StringVar(&r.api, "api", "", "`NAME` of the API whose calls are counted, as events have it")
	cmd.Flags().StringVar(&r.config, "config", usual, "`FILE` that says where events and store are, a gatehouse.yaml")
	cmd.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return cmd
}

// ownerReporter is the verb and its flags.
type ownerReporter struct {
	w           *world
	config, api string
	named, json bool // named: --config was given
}

func (r *ownerReporter) run(ctx context.Context, args []string) error {
	seen := &serve.OwnersSeen{}
	if _, err := os.Stat(r.config); err == nil || r.named {
		if seen, err = serve.SeeOwners(ctx, r.config); err != nil {
			return err
		}
	} else if len(args) == 0 {
		return &usageError{"say which events", "name their file, or - for standard input; or --config with a gatehouse.yaml whose record.events is a file"}
	}
	name := seen.Events
	if len(args) == 1 {
		name = args[0]
	}
	from := r.w.stdin
	if len(args) == 0 && seen.Format == config.EventOCSF {
		return &usageError{"the events of " + r.config + " are written in OCSF, which this report does not read", "write record: {format: lines}, or name a file of events in that form"}
	}
	switch name {
	case "", "none":
		return &usageError{r.config + " names no file of events", "write record: {events: events.jsonl}, or name the file that has them"}
	case "-":
		if len(args) == 0 {
			return &usageError{"the events of " + r.config + " go to standard output", "name the file that has them, or - for standard input"}
		}
	default:
		file, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is not there", name)
		} else if err != nil {
			return err
		}
		defer file.Close()
		from = file
	}
	return r.tell(from, name, seen)
}

// tell counts what from holds and says it.
func (r *ownerReporter) tell(from io.Reader, name string, seen *serve.OwnersSeen) error {
	t := newOwnerTally(r.api)
	if err := t.read(from); err != nil {
		return fmt.Errorf("%s cannot be read: %w", name, cause(err))
	}
	found := t.found()
	if seen.Known != nil {
		found.Objects = &ownerObjects{*seen.Known, seen.Max}
	}
	var err error
	if r.json {
		err = r.w.encode(found)
	} else {
		r.text(found)
	}
	if seen.Fault != nil {
		r.w.complain("the store does not say how many objects it knows: "+seen.Fault.Error(), "")
	}
	switch {
	case err != nil:
		return err
	case found.Calls == 0:
		r.w.complain(name+" has no events of calls"+map[bool]string{true: " of " + strconv.Quote(r.api)}[r.api != ""], "")
		return errReported
	case len(found.Rows) > 0:
		return errReported
	}
	return nil
}

func (r *ownerReporter) text(found *ownerFound) {
	w := r.w
	if found.Calls > 0 {
		fmt.Fprintf(w.stdout, "%s from %s to %s\n", plural(found.Calls, "call"), day(found.From, ""), day(found.To, ""))
	}
	if found.Lost > 0 {
		fmt.Fprintf(w.stdout, "%s more left no event\n", plural(int(found.Lost), "call"))
	}
	if found.Wrong > 0 {
		fmt.Fprintf(w.stdout, "%s no event\n", map[bool]string{true: "1 line is", false: fmt.Sprint(found.Wrong) + " lines are"}[found.Wrong == 1])
	}
	if found.Objects != nil {
		fmt.Fprintf(w.stdout, "objects that somebody is known to own: %d of %d\n", found.Objects.Known, found.Objects.Max)
	}
	if found.Calls > 0 && len(found.Rows) == 0 {
		fmt.Fprintln(w.stdout, "\nAll were for objects of their callers.")
	}
	if len(found.Rows) == 0 {
		return
	}
	p := w.paint(w.stdout)
	rows := [][]string{{"API", "OPERATION", "KIND", "WHY", "WHERE", "WOULD", "REFUSED", "CALLERS", "LAST", "EXAMPLE"}}
	for i := range found.Rows {
		o := &found.Rows[i]
		callers := "-"
		if o.Callers > 0 {
			callers = strconv.Itoa(o.Callers) + map[bool]string{true: "+"}[o.More]
		}
		rows = append(rows, []string{clean(o.API), clean(o.Operation), clean(o.Kind), p.red(clean(o.Code)), clean(o.Where), strconv.Itoa(o.Would), strconv.Itoa(o.Refused), callers, o.Last.UTC().Format(time.DateTime), clean(o.Examples[0])})
	}
	fmt.Fprintf(w.stdout, "\n%s", table(rows))
	if found.More > 0 {
		fmt.Fprintf(w.stdout, "and %d calls of other kinds\n", found.More)
	}
	fmt.Fprintln(w.stdout)
	for _, advice := range ownerAdvice {
		for i := range found.Rows {
			if found.Rows[i].Code == advice[0] {
				fmt.Fprintf(w.stdout, "%s: %s\n", p.bold(advice[0]), advice[1])
				break
			}
		}
	}
}

// ownerAdvice says for codes what to do about them.
var ownerAdvice = [][2]string{
	{"owner-denied", "the objects are somebody else's. When many callers do it, they share them: leave these ids\n  out, or name the role under except. When one does, somebody is trying ids."},
	{"owner-unknown", "nobody is known to own the objects. They were there before the gate: read them with\n  gatehouse owner import, or say unknown: report."},
	{"owner-unavailable", "the store did not answer: the log of the gate says why."},
}
