package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/record/alert"
	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/serve"
)

func newAlerts(w *world) *cobra.Command {
	return noun(&cobra.Command{
		Use:   "alerts",
		Short: "Try the alerts of a gatehouse.yaml on events that were recorded",
		Long:  "Tries the rules under alerts of record, which say when somebody should look.",
	}, newAlertsTest(w))
}

func newAlertsTest(w *world) *cobra.Command {
	t := &alertTest{w: w}
	cmd := &cobra.Command{
		Use:   "test [DIR | FILE.jsonl | -] [flags]",
		Short: "Say what alerts would have told of events that were recorded",
		Long: `Judges recorded events by the alerts of gatehouse.yaml, and shows what they would
have told, and of each how close it came. Events are those of the archive that
gatehouse.yaml names, of another archive, of a file of events, or of standard
input. Nobody is told, and nothing is kept.

Rules begin with the first event: what first_seen learned before is not known.`,
		Example: `  gatehouse alerts test --since 7d
  gatehouse alerts test events.jsonl --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{cmd.CommandPath() + " reads one place", "name an archive, a file, or - for standard input"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return t.run(cmd.Context(), args) },
	}
	f := cmd.Flags()
	f.StringVar(&t.since, "since", "", "only events of this `TIME` or later")
	f.StringVar(&t.until, "until", "", "only events before this `TIME`")
	f.BoolVar(&t.json, "json", false, "print the lines that the gate would have written")
	f.StringVar(&t.config, "config", usual, "`FILE` that has the alerts, a gatehouse.yaml")
	return cmd
}

// alertTest is the verb and its flags.
type alertTest struct {
	w            *world
	config       string
	since, until string
	json         bool

	out  *bufio.Writer
	rows [][]string
	line []byte
}

func (t *alertTest) run(ctx context.Context, args []string) (err error) {
	q := archive.Query{}
	now := time.Now()
	if q.Since, err = eventTime("since", t.since, now); err != nil {
		return err
	}
	if q.Until, err = eventTime("until", t.until, now); err != nil {
		return err
	}
	if _, err := os.Stat(t.config); errors.Is(err, fs.ErrNotExist) {
		return &usageError{"--config: there is no file " + t.config, "name the gatehouse.yaml that has the alerts"}
	}
	rules, err := serve.AlertsSeen(t.config)
	if err != nil {
		return err
	}
	if len(rules) == 0 {
		return &usageError{t.config + " has no alerts", "docs/guide/alerts.md says how they are written"}
	}
	from, err := t.w.eventsAt(ctx, args, t.config, true)
	if err != nil {
		return err
	}
	t.out = bufio.NewWriter(t.w.stdout)
	engine, read := alert.New(t.told), 0
	var e gate.Event
	var last time.Time
	_, err = from.Search(ctx, q, 0, func(line []byte) error {
		if record.ParseEvent(line, &e) != nil || e.Act == gate.Alerted {
			return nil
		}
		at := e.Time.Add(e.Took) // when the gate judged it
		if read == 0 {
			engine.Use(rules, at, nil)
		}
		read, last = read+1, at
		engine.Tick(at)
		engine.See(&e, at)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", from.name, cause(err))
	}
	if read == 0 {
		return fmt.Errorf("%s holds no events to judge", from.name)
	}
	engine.Tick(last)
	return t.end(engine.Stats(), rules, read)
}

// told takes what a rule found.
func (t *alertTest) told(e *gate.Event) {
	if t.json {
		t.line = record.AppendEvent(t.line[:0], e)
		t.out.Write(t.line)
		return
	}
	a := e.Alert
	count := strconv.FormatInt(a.Count, 10)
	if a.Ends != (gate.ID{}) {
		count = "over"
	}
	t.rows = append(t.rows, []string{e.Time.UTC().Format("2006-01-02T15:04:05.000Z"), a.Severity, a.Name, count, shown(about(e))})
}

// about is what the events of an alert have in common.
func about(e *gate.Event) string {
	var list []string
	add := func(text string) {
		if text != "" {
			list = append(list, text)
		}
	}
	if e.Client.IsValid() {
		add(e.Client.String())
	}
	for _, p := range []gate.Pseudonym{e.Address, e.Principal, e.Account} {
		if !p.IsZero() {
			add(p.String())
		}
	}
	if e.Caller != 0 {
		add(fmt.Sprintf("%016x", e.Caller))
	}
	add(e.Country)
	add(strings.TrimSpace(e.API + " " + e.Operation))
	if e.Denied {
		add(e.Code.String())
	}
	add(e.Kind)
	add(e.Finding.Class)
	add(e.JA4)
	return strings.Join(list, ", ")
}

// end shows what was found, and how close each rule came.
func (t *alertTest) end(stats []alert.Stats, rules []alert.Rule, read int) error {
	if t.json {
		return t.out.Flush()
	}
	if len(t.rows) > 0 {
		t.out.WriteString(table(append([][]string{{"TIME", "SEVERITY", "ALERT", "COUNT", "WHAT"}}, t.rows...)))
		t.out.WriteString("\n")
	}
	fmt.Fprintf(t.out, "Of %s:\n", plural(read, "event"))
	var rows [][]string
	for i, s := range stats {
		near := ""
		switch r := &rules[i]; {
		case r.Threshold != nil:
			near = fmt.Sprintf("%d of %d at most", s.Peak, r.Threshold.Count)
		case r.FirstSeen != nil:
			near = plural(s.Groups, "value")
		}
		rows = append(rows, []string{"  " + s.Name, fmt.Sprintf("%d told", s.Told), fmt.Sprintf("%d not told", s.Quiet+s.Flooded), fmt.Sprintf("%d matched", s.Matched), near})
	}
	t.out.WriteString(table(rows))
	return t.out.Flush()
}
