package gate_test

import (
	"slices"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// ear is a tap that notes what it is told.
type ear struct{ heard []string }

func (e *ear) See(ev *gate.Event, path []byte) {
	e.heard = append(e.heard, ev.Outcome.String()+" "+ev.Path+" "+string(path))
}

// TestTaps: a tap hears of every exchange, and of a path only where no operation
// has it and its form is in order.
func TestTaps(t *testing.T) {
	for _, mode := range []gate.Mode{gate.Enforce, gate.Observe} {
		h, e := build(t, mode, gate.Step{Name: "a", Head: buffered(10)}), &ear{}
		h.gate = gate.New(gate.Options{Tap: e, Poison: true})
		h.gate.Swap(plan(t, h.api, mode, gate.Step{Name: "a", Head: buffered(10)}))
		for _, target := range []string{"/pets/1?q=1", "/cats/anna?q=1", "/pets//1"} {
			h.call("POST", target, "")
		}
		h.call("PUT", "/pets/1", "")
		ended := "refused"
		if mode == gate.Observe {
			ended = "passed"
		}
		if want := []string{"passed /pets/{id} ", ended + "  /cats/anna", "refused  ", ended + " /pets/{id} "}; !slices.Equal(e.heard, want) {
			t.Errorf("%v: heard %q, want %q", mode, e.heard, want)
		}
	}
}
