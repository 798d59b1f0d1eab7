package record

import (
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// appendAlert appends what follows the time in the line of an alert.
func appendAlert(b []byte, e *gate.Event) []byte {
	b = append(b, `","event":"alert","id":"`...)
	b = append(b, e.ID[:]...)
	b = append(b, '"')
	if a := e.Alert; a != nil {
		b = appendText(b, `,"alert":`, a.Name)
		b = appendText(b, `,"severity":`, a.Severity)
		b = appendText(b, `,"rule":`, a.Rule)
		b = appendText(b, `,"of":`, a.Of)
		b = appendNumber(b, `,"count":`, a.Count)
		b = appendNumber(b, `,"window_s":`, int64(a.Window/time.Second))
		if !a.Since.IsZero() {
			b = append(b, `,"since":"`...)
			b = append(appendTime(b, a.Since), '"')
		}
		b = appendNumber(b, `,"suppressed":`, a.Suppressed)
	}
	b = appendText(b, `,"api":`, e.API)
	b = appendText(b, `,"operation":`, e.Operation)
	b = appendText(b, `,"method":`, e.Method)
	b = appendText(b, `,"path":`, e.Path)
	if e.Denied {
		b = appendText(b, `,"code":`, e.Code.String())
	}
	b = appendText(b, `,"kind":`, e.Kind)
	b = appendWho(b, e)
	b = appendText(b, `,"class":`, e.Finding.Class)
	b = appendText(b, `,"ja4":`, e.JA4)
	b = appendClient(b, e)
	if a := e.Alert; a != nil && a.Ends != (gate.ID{}) {
		b = append(append(append(b, `,"ends":"`...), a.Ends[:]...), '"')
	}
	if a := e.Alert; a != nil && len(a.Events) > 0 {
		b = append(b, `,"events":[`...)
		for i := range a.Events {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(append(b, '"'), a.Events[i][:]...), '"')
		}
		b = append(b, ']')
	}
	return append(b, '}', '\n')
}

// alertFields are those of alerts: what their events have in common stands in
// the fields of calls.
var alertFields = func() map[string]field {
	m := map[string]field{
		"alert":    func(m *members, e *gate.Event, v string) { e.Alert.Name = text(m, v) },
		"severity": func(m *members, e *gate.Event, v string) { e.Alert.Severity = text(m, v) },
		"rule":     func(m *members, e *gate.Event, v string) { e.Alert.Rule = text(m, v) },
		"of":       func(m *members, e *gate.Event, v string) { e.Alert.Of = text(m, v) },
		"count":    func(m *members, e *gate.Event, v string) { e.Alert.Count = m.number(v, 1<<53) },
		"window_s": func(m *members, e *gate.Event, v string) {
			e.Alert.Window = time.Duration(m.number(v, 1<<32)) * time.Second
		},
		"since":      func(m *members, e *gate.Event, v string) { e.Alert.Since = m.time(v) },
		"suppressed": func(m *members, e *gate.Event, v string) { e.Alert.Suppressed = m.number(v, 1<<53) },
		"ends": func(m *members, e *gate.Event, v string) {
			id, err := gate.ParseID(text(m, v))
			if err != nil {
				m.wrong = err
			}
			e.Alert.Ends = id
		},
		"events": func(m *members, e *gate.Event, v string) {
			for item := range m.items(v, maxListed) {
				id, err := gate.ParseID(text(m, item))
				if err != nil {
					m.wrong = err
				}
				e.Alert.Events = append(e.Alert.Events, id)
			}
		},
	}
	for _, name := range []string{"time", "id", "api", "operation", "method", "path", "code", "kind", "caller", "account", "class", "ja4", "client", "country", "address"} {
		m[name] = fields[name]
	}
	return m
}()
