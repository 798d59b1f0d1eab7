package serve

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record/alert"
	"github.com/gatehouse-api/gatehouse/record/metrics"
	"github.com/gatehouse-api/gatehouse/record/sink"
)

// describeAlerts reads the rules of a draft and finds what is wrong with them.
func (d *draft) describeAlerts() {
	r := &d.config.Record
	for i := range r.Alerts {
		a := &r.Alerts[i]
		rule := alert.Rule{Name: a.Name, Severity: string(a.Severity), Quiet: a.Quiet, Resolved: a.Resolved}
		d.aboutCalls(a.When, &rule.When)
		for n, name := range a.Acts {
			act, known := gate.ActNamed(name)
			if !known || act == gate.Exchanged || act == gate.Alerted {
				d.faults.add(&fault{at: a.At("acts").Item(n), text: fmt.Sprintf("nothing that happens to the gate is called %q", name), remedy: "docs/guide/alerts.md lists what does"})
				continue
			}
			rule.When.Acts = append(rule.When.Acts, act)
		}
		for _, f := range a.By {
			rule.By = append(rule.By, alert.Field(f))
		}
		switch {
		case a.Threshold != nil:
			rule.Threshold = &alert.Threshold{Count: a.Threshold.Count, Distinct: alert.Field(a.Threshold.Distinct), Window: a.Threshold.Window}
		case a.FirstSeen != nil:
			rule.FirstSeen = &alert.FirstSeen{Value: alert.Field(a.FirstSeen.Value), Learn: a.FirstSeen.Learn}
		case a.Absence != nil:
			rule.Absence = &alert.Absence{Window: a.Absence.Window}
		default: // which was said already
			continue
		}
		d.alerts = append(d.alerts, rule)
	}
}

// aboutCalls reads which calls a rule is about.
func (d *draft) aboutCalls(w *config.AlertWhen, to *alert.When) {
	if w == nil {
		return
	}
	for _, o := range w.Outcome {
		outcome, _ := gate.OutcomeNamed(string(o)) // one of its words
		to.Outcomes = append(to.Outcomes, outcome)
	}
	for i, name := range w.Code {
		code, known := gate.CodeNamed(name)
		if !known {
			d.faults.add(noCode(w.At("code").Item(i), name))
		}
		to.Codes = append(to.Codes, code)
	}
	for _, s := range w.Status {
		first, err := strconv.Atoi(s)
		last := first
		if err != nil { // 5xx
			first = 100 * int(s[0]-'0')
			last = first + 99
		}
		to.Statuses = append(to.Statuses, alert.Statuses{First: first, Last: last})
	}
	to.Callers, to.APIs, to.Operation, to.Networks, to.Countries, to.Kinds, to.Classes = w.Caller, w.API, w.Operation, w.Address, w.Country, w.Kind, w.Class
}

func noCode(at config.Place, name string) *fault {
	var known []string
	for c := range gate.Codes {
		known = append(known, c.String())
	}
	return &fault{at: at, text: fmt.Sprintf("there is no code %q", name), remedy: source.DidYouMean("docs/refusals.md lists them", name, known...)}
}

// route says which alerts a sink gets whatever it chooses, and which not although
// it chooses them.
func (d *draft) route(s *config.Sink, only *sink.Only) {
	for i := range d.config.Record.Alerts {
		switch a := &d.config.Record.Alerts[i]; {
		case len(a.To) == 0 || s.Only == nil:
		case slices.Contains(a.To, s.Name):
			only.Told = append(only.Told, a.Name)
		default:
			only.Untold = append(only.Untold, a.Name)
		}
	}
}

// AlertsSeen are the rules of a configuration.
func AlertsSeen(file string) ([]alert.Rule, error) {
	c, err := deskSettings(file)
	if err != nil {
		return nil, err
	}
	d := &draft{config: c, files: watch{}, faults: faults{file: true}}
	d.describeAlerts()
	return d.alerts, d.faults.err()
}

// alertStats are those of alerts, for metrics.
func (e *events) alertStats() (out metrics.Alerts) {
	list, missed := e.alerts.Stats()
	out.Missed = missed
	for _, s := range list {
		out.Rules = append(out.Rules, metrics.Alert{Name: s.Name, Told: s.Told, Quiet: s.Quiet, Flooded: s.Flooded, Evicted: s.Evicted, Groups: s.Groups})
	}
	return out
}

// loadAlerts reads what the rules of a draft have seen before. A disk that does not
// answer holds nobody up: the rules that are judged stay, and a gate that starts has
// them learn anew.
func (p *Program) loadAlerts(d *draft) (*alert.Loaded, *fault) {
	r := &d.config.Record
	ctx, enough := context.WithTimeout(context.Background(), firstRead)
	defer enough()
	l, err := p.events.alerts.Load(ctx, d.alerts, alert.Folder{Path: string(r.AlertsFolder), Sealer: p.reader.custody.sealer()})
	switch {
	case err == nil:
		return l, nil
	case p.live == nil:
		p.log.Error("what alerts have seen before cannot be read: they learn anew", "folder", string(r.AlertsFolder), "cause", err)
		return l, nil
	default:
		return nil, &fault{at: r.Place.At("alerts_folder"), text: fmt.Sprintf("what alerts have seen before cannot be read from %s: %v", r.AlertsFolder, err), remedy: "mend its disk, or name another folder"}
	}
}

// useAlerts judges by other rules from now on.
func (p *Program) useAlerts(l *alert.Loaded) {
	ctx, enough := context.WithTimeout(context.Background(), firstRead)
	defer enough()
	p.events.alerts.Use(ctx, l)
}
