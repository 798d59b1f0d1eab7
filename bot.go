package gatehouse

import (
	"cmp"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/bot"
)

// trap sets the honeypots of the API, and notes what its other guards are made
// of.
func (b *builder) trap(state *bot.State) {
	s := b.options.Bots
	if s == nil {
		return
	}
	if b.bots.state = state; state == nil {
		b.bots.state = bot.NewState()
	}
	if len(s.Honeypots) > 0 {
		b.plan.Strangers = append(b.plan.Strangers, gate.Stray{Hosts: b.options.Hosts, Stranger: bot.NewTrap(b.bots.state, b.api.Name, s.Honeypots, cmp.Or(s.Remember, time.Hour))})
	}
	b.bots.fingerprints = make(map[string]struct{}, len(s.Fingerprints))
	for _, f := range s.Fingerprints {
		b.bots.fingerprints[f] = struct{}{}
	}
	b.plan.Hellos = b.plan.Hellos || s.Signals || len(s.Fingerprints) > 0
}

// suspicion is what the guards of one API that suspect calls share.
type suspicion struct {
	state        *bot.State // nil where nobody does
	fingerprints map[string]struct{}
}

// suspects makes the guard of an operation that suspects calls.
func (b *builder) suspects(op *contract.Operation, set *settled, _ gate.Mode) any {
	s := b.options.Bots
	if s == nil {
		return nil
	}
	o := bot.Options{API: b.api.Name, Signals: s.Signals, Fingerprints: b.bots.fingerprints, Observe: s.On == config.ObserveBots || s.On == ""}
	if g := b.challenges.guards[op]; g != nil && (s.On == config.ChallengeBots || asksSuspects(set.Challenge)) {
		o.Challenge, o.Observe = g, false
	}
	return bot.New(b.bots.state, o)
}

// asksSuspects reports whether calls that are suspected need a proof of work.
func asksSuspects(c *config.Challenge) bool {
	return c != nil && slices.Contains(c.When, "suspicion")
}

// suspectsUnrouted judges calls that no operation describes as those that one
// does. Nobody can prove work for them.
func (b *builder) suspectsUnrouted() any {
	set := &settled{Settings: b.options.Settings}
	set.modes[1] = b.options.Modes
	if set.mode("bots", false) == gate.Observe {
		return nil
	}
	return b.suspects(nil, set, gate.Enforce)
}
