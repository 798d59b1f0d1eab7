package gatehouse

import (
	"cmp"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/bot"
)

// trap sets the honeypots of the API.
func (b *builder) trap(state *bot.State) {
	s := b.options.Bots
	if s == nil {
		return
	}
	if b.bots = state; b.bots == nil {
		b.bots = bot.NewState()
	}
	b.plan.Strangers = append(b.plan.Strangers, gate.Stray{Hosts: b.options.Hosts, Stranger: bot.NewTrap(b.bots, b.api.Name, s.Honeypots, cmp.Or(s.Remember, time.Hour))})
}

// suspects makes the guard of an operation that knows who asked for honeypots.
func (b *builder) suspects(op *contract.Operation, _ *settled, _ gate.Mode) any {
	s := b.options.Bots
	if s == nil {
		return nil
	}
	o := bot.Options{API: b.api.Name, Observe: s.On == config.ObserveBots || s.On == ""}
	if g := b.challenges.guards[op]; s.On == config.ChallengeBots && g != nil {
		o.Challenge = g
	}
	return bot.New(b.bots, o)
}

// suspectsUnrouted judges calls that no operation describes as those that one
// does. Nobody can prove work for them.
func (b *builder) suspectsUnrouted() any {
	set := &settled{Settings: b.options.Settings}
	set.modes[1] = b.options.Modes
	if set.mode("bots", false) == gate.Observe {
		return nil
	}
	return b.suspects(nil, nil, gate.Enforce)
}
