package gatehouse_test

import (
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/overload"
)

// TestOverloadOfOperations has priorities of operations, and the mode of the
// guard, reach it: at a gate whose places are taken, only what is said to be
// critical finds one, and nobody is refused who is only observed.
func TestOverloadOfOperations(t *testing.T) {
	said := func(p config.Priority, modes map[string]config.Mode) gatehouse.Options {
		return gatehouse.Options{Operations: map[string]gatehouse.Operation{"getFile": {Settings: gatehouse.Settings{Priority: p, Modes: modes}}}}
	}
	for _, r := range []struct {
		name    string
		options gatehouse.Options
		status  int
	}{
		{"nothing-said", said("", nil), 503},
		{"low", said(config.LowPriority, nil), 503},
		{"critical", said(config.CriticalPriority, nil), 204},
		{"api", gatehouse.Options{Settings: gatehouse.Settings{Priority: config.CriticalPriority}}, 204},
		{"operation-over-api", gatehouse.Options{Settings: gatehouse.Settings{Priority: config.CriticalPriority}, Operations: said(config.NormalPriority, nil).Operations}, 503},
		{"observed", said("", map[string]config.Mode{"overload": config.Observe}), 204},
		{"another-is-observed", said("", map[string]config.Mode{"request": config.Observe}), 503},
		{"observed-api-is-no-reason", gatehouse.Options{Settings: gatehouse.Settings{Mode: config.Observe}}, 503},
	} {
		t.Run(r.name, func(t *testing.T) {
			state := overload.New(overload.Options{MaxInFlight: 1, MinInFlight: 1})
			for _, c := range []overload.Class{overload.Normal, overload.Low} { // each finds a place of its own
				state.NewDoor(state.Limit("other"), overload.Settings{Class: c}).Head(&gate.Exchange{})
			}
			r.options.Authentication = gatehouse.Upstream
			plan, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, files), Upstream: &seen{}, Options: r.options,
				Overload: &gatehouse.Overload{Gate: state, Limit: state.Limit("api")}})
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			g := gate.New(gate.Options{Poison: true})
			g.Swap(plan)
			x := g.Acquire()
			x.Method, x.Target, x.Host = []byte("GET"), []byte("/v1/files/a"), []byte("api.test")
			x.Fields = append(x.Fields, gate.Field{Name: []byte("X-Key"), Value: []byte("k")})
			var q quiet
			g.Serve(x, &q)
			g.Release(x)
			if int(q) != r.status {
				t.Errorf("status %d, want %d", q, r.status)
			}
			if h := state.Health(); h.InFlight != 2 {
				t.Errorf("%d calls are at work", h.InFlight)
			}
		})
	}
}
