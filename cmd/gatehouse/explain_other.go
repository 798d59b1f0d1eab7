package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
)

// tellOther says what is known of an event that is no call, and whether it is
// one: an alert, or what happened to the gate itself.
func (w *world) tellOther(e *gate.Event, line []byte) bool {
	switch e.Act {
	case gate.Exchanged:
		return false
	case gate.Alerted:
		w.tellAlert(e)
	default:
		w.tellChange(e, line)
	}
	return true
}

// tellAlert says what an alert is about, and how to go on from there.
func (w *world) tellAlert(e *gate.Event) {
	p, out, a := w.paint(w.stdout), w.stdout, e.Alert
	if a == nil {
		a = &gate.Alert{}
	}
	fmt.Fprintf(out, "%s of %s: %s\n", e.ID, e.Time.Format(time.RFC3339), p.bold("alert"))
	if a.Ends != (gate.ID{}) {
		fmt.Fprintf(out, "  %s, %s: what the alert %s told of is over\n", shown(a.Name), a.Severity, a.Ends)
		return
	}
	fmt.Fprintf(out, "  %s, %s: %s\n", shown(a.Name), a.Severity, alertWords(a))
	fmt.Fprintf(out, "  record.alerts of gatehouse.yaml has the rule\n")
	if len(a.Events) > 0 {
		fmt.Fprint(out, "\nThe last calls that it is about:\n")
	}
	for _, id := range a.Events {
		fmt.Fprintf(out, "  gatehouse explain %s\n", id)
	}
}

// alertWords say what was found.
func alertWords(a *gate.Alert) string {
	what := "events"
	if a.Of != "" {
		what = "different values of " + a.Of
	}
	switch window := plainDuration(a.Window); {
	case a.Rule == "absence" && a.Since.IsZero():
		return "no event for " + window
	case a.Rule == "absence":
		return "no event for " + window + " since " + a.Since.Format(time.RFC3339)
	case a.Rule == "threshold":
		return fmt.Sprintf("%d %s within %s", a.Count, what, window)
	}
	return "seen for the first time: a value of " + a.Of
}

// plainDuration writes a time as gatehouse.yaml does: 5m and not 5m0s.
func plainDuration(d time.Duration) string {
	text := d.String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return text
}

// tellChange says what happened to the gate itself.
func (w *world) tellChange(e *gate.Event, line []byte) {
	p, out := w.paint(w.stdout), w.stdout
	fmt.Fprintf(out, "%s of %s: %s\n", e.ID, e.Time.Format(time.RFC3339), p.bold(e.Act.String()))
	var l record.Line
	if json.Unmarshal(line, &l) == nil {
		if words := done(&l); words != "" {
			fmt.Fprintf(out, "  %s\n", words)
		}
	}
	fmt.Fprintln(out, "  it happened to the gate itself and is no call: docs/events.md says what each of these means")
}
