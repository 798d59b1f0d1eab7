package ocsf

import (
	"strconv"

	"github.com/gatehouse-api/gatehouse/gate"
)

// severities are those of alerts.
var severities = map[string]int{"informational": informational, "low": low, "medium": medium, "high": high, "critical": critical}

// appendAlert appends Detection Finding: what a rule over events found, with the
// ids of some of these.
func (o *Encoder) appendAlert(b []byte, e *gate.Event) []byte {
	a := e.Alert
	if a == nil {
		a = &gate.Alert{}
	}
	grade, ok := severities[a.Severity]
	if !ok {
		grade = medium
	}
	activity, standing, uid, at := created, `,"status_id":1,"status":"New","is_alert":true`, e.ID, e.Time
	if a.Ends != (gate.ID{}) {
		activity, standing, uid, at = ended, `,"status_id":4,"status":"Resolved","is_alert":true`, a.Ends, a.Since
	}
	l := list{o.begin(b, &alert, e, activity, grade)}
	l.b = append(l.b, standing...)
	if a.Rule != "absence" && a.Ends == (gate.ID{}) {
		l.number(`,"count":`, a.Count)
	}
	l.b = append(l.b, `,"finding_info":{`...)
	if uid == (gate.ID{}) {
		l.text(`,"uid":`, "unknown")
	} else {
		l.b = append(append(append(l.b, `"uid":"`...), uid[:]...), '"')
	}
	name := a.Name
	if name == "" {
		name = "alert"
	}
	l.text(`,"title":`, name)
	l.b = append(l.b, `,"created_time":`...)
	l.b = strconv.AppendInt(l.b, at.UnixMilli(), 10)
	if !a.Since.IsZero() {
		l.b = append(l.b, `,"first_seen_time":`...)
		l.b = strconv.AppendInt(l.b, a.Since.UnixMilli(), 10)
	}
	if a.Rule != "" {
		from := l.open(`,"types":`, '[')
		l.item(a.Rule)
		l.end(from, ']')
	}
	l.b = append(l.b, `,"analytic":{"type_id":1,"type":"Rule"`...)
	l.text(`,"name":`, name)
	l.b = append(l.b, '}')
	l.related(a)
	l.b = append(l.b, `},"evidences":[{`...)
	l.b = append(l.b, `"actor":{"user":`...)
	l.user(e)
	l.b = append(l.b, '}')
	l.common(e)
	l.source(e)
	l.b = append(l.b, '}', ']')
	l.found(e, a)
	return append(l.b, '}', '\n')
}

// related appends the ids of events.
func (l *list) related(a *gate.Alert) {
	from := l.open(`,"related_events":`, '[')
	for i := range a.Events {
		if i > 0 {
			l.b = append(l.b, ',')
		}
		l.b = append(l.b, `{"uid":"`...)
		l.b = append(append(l.b, a.Events[i][:]...), '"', '}')
	}
	l.end(from, ']')
	l.number(`,"related_events_count":`, int64(len(a.Events)))
}

// common appends the operation that the events are about, where it is one.
func (l *list) common(e *gate.Event) {
	if e.Operation == "" && e.API == "" {
		return
	}
	l.b = append(l.b, `,"api":{"operation":`...)
	if e.Operation == "" {
		l.b = append(l.b, `"any"`...)
	} else {
		l.b = gate.AppendString(l.b, e.Operation)
	}
	if e.API != "" {
		l.b = append(l.b, `,"service":{"name":`...)
		l.b = append(gate.AppendString(l.b, e.API), '}')
	}
	l.b = append(l.b, '}')
}

// found appends what the schema has no place for, as docs/events.md calls it.
func (l *list) found(e *gate.Event, a *gate.Alert) {
	from := l.open(`,"unmapped":`, '{')
	l.text(`,"rule":`, a.Rule)
	l.text(`,"of":`, a.Of)
	l.number(`,"window_s":`, int64(a.Window.Seconds()))
	l.number(`,"suppressed":`, a.Suppressed)
	if e.Denied {
		l.text(`,"code":`, e.Code.String())
	}
	l.text(`,"kind":`, e.Kind)
	if !e.Account.IsZero() {
		l.name(`,"account":`)
		l.b = append(e.Account.AppendTo(append(l.b, '"')), '"')
	}
	l.text(`,"class":`, e.Finding.Class)
	l.text(`,"ja4":`, e.JA4)
	l.end(from, '}')
}
