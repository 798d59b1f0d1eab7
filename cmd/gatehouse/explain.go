package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/serve"
)

func newExplain(w *world) *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "explain ID [DIR | FILE.jsonl | -] [--config FILE]",
		Short: "Say why a call was refused, by the id that the client was told",
		Long: `Finds the event of an id in the archive or the file of events that gatehouse.yaml
names, or in another one that is named, and says which guard refused the call, all
guards of its operation in their order, where in the contract and in gatehouse.yaml
the rule stands that it went by, what would have to change, and a request that is
refused alike. Events hold nothing that clients sent: where the request needs a
value, it has a placeholder. Contract and configuration are read as they are now.

Exit status: 0 when the event was found, 1 when it was not, 2 when the command line
is wrong.`,
		Example: `  gatehouse explain 01m8gm3hgvk0nat43ngbz72371
  gatehouse explain 01m8gm3hgvk0nat43ngbz72371 events.jsonl --config gatehouse.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) > 2 {
				return &usageError{cmd.CommandPath() + " takes one id", "it stands in the problem that the client was sent; gatehouse events lists ids"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return w.explainEvent(cmd, args, config)
		},
	}
	cmd.Flags().StringVar(&config, "config", usual, "`FILE` that says where events are and what the call went by, a gatehouse.yaml")
	return cmd
}

func (w *world) explainEvent(cmd *cobra.Command, args []string, file string) error {
	id := strings.ToLower(args[0])
	if _, ok := archive.ParseID(id); !ok {
		return &usageError{fmt.Sprintf("%q is no id of an event", args[0]), "ids have 26 letters and digits, as in the problem that the client was sent"}
	}
	from, err := w.eventsAt(cmd.Context(), args[1:], file, cmd.Flags().Changed("config"))
	if err != nil {
		return err
	}
	var line []byte
	search := &eventSearcher{w: w, query: archive.Query{ID: id}}
	found, err := from.Search(cmd.Context(), search.query, 1, func(l []byte) error { line = bytes.Clone(l); return nil })
	if err != nil || line == nil {
		return search.said(from, found, err)
	}
	var e gate.Event
	if err := record.ParseEvent(line, &e); err != nil {
		return err
	}
	if w.tellOther(&e, line) {
		return nil
	}
	x := &serve.Explained{}
	if _, err := os.Stat(file); err == nil {
		if y, problems := serve.Explain(file, &e); y != nil {
			x = y
		} else if len(problems) > 0 {
			fmt.Fprintf(w.stderr, "%s cannot be used now, so that what the call went by is not said: gatehouse check says why\n", file)
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	w.tellEvent(&e, x)
	return nil
}

// tellEvent says what is known of an event.
func (w *world) tellEvent(e *gate.Event, x *serve.Explained) {
	p, out := w.paint(w.stdout), w.stdout
	what := e.Outcome.String()
	if e.Status > 0 {
		what += fmt.Sprintf(" with %d", e.Status)
	}
	fmt.Fprintf(out, "%s of %s: %s\n", e.ID, e.Time.Format(time.RFC3339), p.bold(what))
	fmt.Fprintf(out, "  %s\n", shown(strings.TrimSpace(e.API+" "+e.Operation+" "+strings.TrimSpace(e.Method+" "+e.Path))))
	why := e.Code
	if e.Denied {
		fmt.Fprintf(out, "  %s: %s\n", p.red(why.String()), why.Title())
	} else if len(e.Would) > 0 {
		why = e.Would[0]
		fmt.Fprintf(out, "  would have been refused, %s: %s\n", p.red(why.String()), why.Title())
	} else {
		fmt.Fprintln(out, "  nothing refused it")
		return
	}
	if at := whereIn(e); at != "" {
		fmt.Fprintf(out, "  %s\n", at)
	}
	if len(x.Steps) == 0 {
		fmt.Fprintf(out, "\nDecided by %s, before any guard of an operation.\n", e.Guard)
	} else {
		fmt.Fprintf(out, "\nGuards of the operation, in order:\n%s", table(chain(e, x, p)))
	}
	if len(x.Rules) > 0 {
		var rows [][]string
		for _, r := range x.Rules {
			rows = append(rows, []string{fmt.Sprintf("  %s:%d:%d", nearFile(r.File), r.Line, r.Column), r.Text})
		}
		fmt.Fprintf(out, "\nWhat it went by:\n%s", table(rows))
	}
	fmt.Fprintf(out, "\nTo have it pass:\n  %s\n  docs/refusals.md#%s says more\n", remedy(e), why)
	like := ""
	switch {
	case x.Operation != nil:
		like = likeCall(e, x)
	case x.URL != "":
		like = likeUnknown(e, x)
	default:
		return
	}
	alike := "Refused alike"
	if e.In == "answer" {
		alike = "Refused alike while the API answers so"
	}
	fmt.Fprintf(out, "\n%s, with what stands in <> filled in:\n  %s\n", alike, like)
}

// chain are the rows of the guards.
func chain(e *gate.Event, x *serve.Explained, p paint) (rows [][]string) {
	told := false
	for _, s := range x.Steps {
		mode, did := s.Mode.String(), ""
		if s.Name == e.Guard && !told {
			told = true
			if did = p.red("refused"); !e.Denied {
				did = p.red("would have refused")
			}
		}
		rows = append(rows, []string{"  " + s.Name, mode, did})
	}
	return rows
}

// whereIn says which part of the call it is about.
func whereIn(e *gate.Event) string {
	var parts []string
	if e.In != "" {
		parts = append(parts, "in the "+e.In)
	}
	for _, part := range []string{e.Name, e.Pointer} {
		if part != "" {
			parts = append(parts, shown(part))
		}
	}
	if e.Keyword != "" {
		parts = append(parts, "by "+shown(e.Keyword))
	}
	if e.Kind != "" {
		parts = append(parts, "of the kind "+shown(e.Kind))
	}
	if e.Finding.Class != "" {
		parts = append(parts, fmt.Sprintf("looks like %s with a score of %d", e.Finding.Class, e.Finding.Score))
	}
	if len(e.Rules) > 0 {
		parts = append(parts, "rules "+shown(strings.Join(e.Rules, ", ")))
	}
	return strings.Join(parts, ", ")
}
