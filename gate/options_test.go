package gate_test

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestOptionsThatIsNotDeclared: the gate answers by itself when it enforces;
// while it observes, the API answers as it did before there was a gate.
func TestOptionsThatIsNotDeclared(t *testing.T) {
	step := gate.Step{Name: "a", Head: buffered(10)}
	rows := []struct {
		name    string
		mode    gate.Mode
		options bool // the API has an operation for it
		status  int
		calls   int
		outcome gate.Outcome
	}{
		{"enforce", gate.Enforce, true, 204, 0, gate.Replied},
		{"observe", gate.Observe, true, 200, 1, gate.Passed},
		{"observe-without-an-operation-for-it", gate.Observe, false, 204, 0, gate.Replied},
	}
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
			w := h.call("OPTIONS", "/pets/1", "")
			if e := h.last(); w.status != r.status || h.api.calls != r.calls || e.Outcome != r.outcome || len(e.Would) != 0 {
				t.Errorf("status %d, %d calls, event %v %v", w.status, h.api.calls, e.Outcome, e.Would)
			}
		})
	}
}
