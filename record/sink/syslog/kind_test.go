package syslog

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/record/ocsf"
)

// TestKind names the kind of each event by the same word in both formats, and of
// further lines of OCSF what they are.
func TestKind(t *testing.T) {
	call := gate.Event{ID: gate.ID([]byte("01jd0000000000000000000000")), Time: time.Date(2031, 2, 3, 4, 5, 6, 7e6, time.UTC), Outcome: gate.Passed, Status: 200, Method: "GET"}
	with := func(change func(e *gate.Event)) gate.Event {
		e := call
		change(&e)
		return e
	}
	for _, row := range []struct {
		name  string
		event gate.Event
		own   string
		ocsf  string
	}{
		{"passed", call, "exchange", "exchange"},
		{"credential", with(func(e *gate.Event) { e.Outcome, e.Denied, e.Code = gate.Refused, true, gate.CredentialInvalid }), "exchange", "exchange authentication"},
		{"attack", with(func(e *gate.Event) {
			e.Outcome, e.Denied, e.Code, e.Finding = gate.Refused, true, gate.Injection, gate.Finding{Class: "sql", Score: 90}
		}), "exchange", "exchange finding"},
		{"started", with(func(e *gate.Event) { e.Act = gate.Started }), "change", "change"},
		{"reloaded", with(func(e *gate.Event) { e.Act = gate.Reloaded }), "change", "change"},
		{"key-made", with(func(e *gate.Event) { e.Act, e.On = gate.KeyMade, "k1" }), "change", "change"},
		{"lost", with(func(e *gate.Event) { e.Act, e.Number = gate.Lost, 3 }), "lost", "lost"},
		{"alert", with(func(e *gate.Event) {
			e.Act, e.Alert = gate.Alerted, &gate.Alert{Name: "-finding", Severity: "high", Rule: "threshold", Events: []gate.ID{call.ID}}
		}), "alert", "alert"},
		{"alert-is-over", with(func(e *gate.Event) {
			e.Act, e.Alert = gate.Alerted, &gate.Alert{Name: "a", Severity: "high", Rule: "absence", Ends: call.ID, Since: call.Time}
		}), "alert", "alert"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := messageIDs(record.AppendEvent(nil, &row.event)); got != row.own {
				t.Errorf("own: %s", got)
			}
			if got := messageIDs(ocsf.Append(nil, &row.event)); got != row.ocsf {
				t.Errorf("OCSF: %s", got)
			}
		})
	}
}

// messageIDs are those of the messages that lines become.
func messageIDs(lines []byte) string {
	to := target(Options{})
	var ids []string
	for line := range bytes.Lines(lines) {
		ids = append(ids, strings.Fields(string(to.appendMessage(nil, bytes.TrimSpace(line), 0)))[5])
	}
	return strings.Join(ids, " ")
}

// TestKindOfNothing: what is no event has no kind, whatever it looks like.
func TestKindOfNothing(t *testing.T) {
	for _, line := range []string{``, `{}`, `{"event":""}`, `{"category_uid":6,"class_uid":`, `{"category_uid":6,"class_uid":60`, `{"a":1,"class_uid":9999}`, `{"event":"\u0000"}`, `{"name":",\"class_uid\":6003"}`} {
		if got := kindOf([]byte(line)); got != "-" {
			t.Errorf("%s: %q", line, got)
		}
	}
}
