package gate_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestOptionsThatIsNotDeclared: the gate answers by itself when it enforces;
// while it observes, the API answers as it did before there was a gate.
func TestOptionsThatIsNotDeclared(t *testing.T) {
	const preflight = "Origin Access-Control-Request-Method"
	step := gate.Step{Name: "a", Head: buffered(10)}
	rows := []struct {
		name    string
		mode    gate.Mode
		options bool // the API has an operation for it
		fields  string
		body    string
		status  int
		calls   int
		outcome gate.Outcome
	}{
		{"enforce", gate.Enforce, true, preflight, "", 204, 0, gate.Replied},
		{"observe", gate.Observe, true, preflight, "", 200, 1, gate.Passed},
		{"observe-without-an-operation-for-it", gate.Observe, false, preflight, "", 204, 0, gate.Replied},
	}
	rows = append(rows, rows[1], rows[1], rows[1])
	rows[3].name, rows[3].fields, rows[3].status, rows[3].calls, rows[3].outcome = "observe-without-an-origin", "Access-Control-Request-Method", 204, 0, gate.Replied
	rows[4].name, rows[4].fields, rows[4].status, rows[4].calls, rows[4].outcome = "observe-without-a-method", "Origin", 204, 0, gate.Replied
	rows[5].name, rows[5].body, rows[5].status, rows[5].calls, rows[5].outcome = "observe-with-a-body", "x", 400, 0, gate.Refused
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := build(t, r.mode, step)
			p := plan(t, h.api, r.mode, step)
			if r.options {
				p.APIs[0].Options = &gate.Operation{API: p.APIs[0], Mode: r.mode, Steps: []gate.Step{{Name: "b", Head: verdict(gate.Allow)}}}
				if err := p.APIs[0].Options.Compile(); err != nil {
					t.Fatal(err)
				}
			}
			h.gate.Swap(p)
			var fields []gate.Field
			for name := range strings.FieldsSeq(r.fields) {
				fields = append(fields, gate.Field{Name: []byte(name), Value: []byte("x")})
			}
			w := h.call("OPTIONS", "/pets/1", r.body, fields...)
			if e := h.last(); w.status != r.status || h.api.calls != r.calls || e.Outcome != r.outcome || len(e.Would) != 0 {
				t.Errorf("status %d, %d calls, event %v %v", w.status, h.api.calls, e.Outcome, e.Would)
			}
		})
	}
}
