package gatehouse_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/limit"
)

// TestPlacesOfLimits: limits of addresses stand before credentials, those of
// callers behind authorization, and none where an operation names none.
func TestPlacesOfLimits(t *testing.T) {
	state := limit.NewState(limit.StateOptions{})
	rate := &config.RateLimit{Amount: 1, Per: time.Second}
	rules, problems := gatehouse.Rules(map[string]config.Limit{
		"early": {Key: []string{"address"}, Rate: rate},
		"late":  {Key: []string{"principal", "claim:plan"}, Rate: rate},
		"after": {Key: []string{"address"}, Rate: rate, Late: true},
	}, state, gatehouse.Together{}, config.Place{})
	if problems.Err() != nil || len(rules) != 3 {
		t.Fatal(problems)
	}
	c := load(t, ruled)
	for _, row := range []struct {
		names []string
		want  []string
	}{
		{[]string{"early", "late"}, []string{"limit", "authn", "authz", "limit"}},
		{[]string{"early"}, []string{"limit", "authn", "authz"}},
		{[]string{"after"}, []string{"authn", "authz", "limit"}},
		{[]string{}, []string{"authn", "authz"}},
	} {
		plan, problems := gatehouse.Compile(gatehouse.API{Contract: c, Limits: rules, Counters: state, Verifiers: map[string]gate.Verifier{"token": &known{}},
			Options: gatehouse.Options{Settings: gatehouse.Settings{Limits: []string{"early", "late"}},
				Operations: map[string]gatehouse.Operation{"getOrder": {Settings: gatehouse.Settings{Limits: row.names}, Roles: []string{"clerk"}}}}})
		if plan == nil {
			t.Fatal(problems)
		}
		var got []string
		for _, s := range plan.Operations[slices.IndexFunc(plan.Operations, func(o *gate.Operation) bool { return o.Name == "getOrder" })].Steps {
			if s.Name == "limit" || s.Name == "authn" || s.Name == "authz" {
				got = append(got, s.Name)
			}
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%q: %q, want %q", row.names, got, row.want)
		}
	}
	if _, problems := gatehouse.Compile(gatehouse.API{Contract: c, Limits: rules, Counters: state, Verifiers: map[string]gate.Verifier{"token": &known{}}, Options: gatehouse.Options{Settings: gatehouse.Settings{Limits: []string{"other"}}}}); problems.Err() == nil {
		t.Error("a limit that is not there is no problem")
	}
}
