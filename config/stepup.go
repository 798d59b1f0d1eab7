package config

import (
	"reflect"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// StepUp is how callers must have been authenticated. A client whose user was not gets a challenge that says what is missing (RFC 9470), and can come again. Only tokens of an identity provider tell it.
type StepUp struct {
	Place
	// ACR are classes of authentication of which the token must have one (acr), in order of preference.
	ACR []string `key:"acr,form=claim,example=[\"urn:example:silver\"]"`
	// AMR are methods of which the token must have one (amr; RFC 8176).
	AMR []string `key:"amr,form=claim,example=[otp, hwk]"`
	// MaxAge is how long ago the user may have been authenticated (auth_time).
	MaxAge time.Duration `key:"max_age,min=1s,max=365d,example=10m"`
}

// Empty reports whether nothing is asked for.
func (s *StepUp) Empty() bool { return len(s.ACR) == 0 && len(s.AMR) == 0 && s.MaxAge == 0 }

// ReadStepUp reads the group as it stands in a contract.
func ReadStepUp(n *source.Node) (StepUp, source.Problems) {
	var s StepUp
	d := &decoder{}
	d.value(reflect.ValueOf(&s).Elem(), n, &field{})
	if len(d.problems) == 0 && s.Empty() {
		d.add("step-up-empty", n, "add acr, amr or max_age", "a step-up asks for something")
	}
	for _, list := range [][]string{s.ACR, s.AMR} {
		for i := range list {
			list[i] = strings.Clone(list[i]) // the plan outlives the contract's text
		}
	}
	s.Place = Place{}
	return s, d.problems
}

// stepUp holds a group that was written to ask for something.
func (c *collector) stepUp(s *StepUp, at Place) {
	if s != nil && s.Empty() && !at.At("step_up").has("acr") && !at.At("step_up").has("amr") && !at.At("step_up").has("max_age") {
		c.add("step-up-empty", at.At("step_up").node, "add acr, amr or max_age, or remove step_up", "step_up asks for nothing")
	}
}
