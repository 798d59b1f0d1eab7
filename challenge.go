package gatehouse

import (
	"cmp"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/challenge"
	"github.com/gatehouse-api/gatehouse/guard/login"
)

// challenger asks for proofs of work at the operations of one API.
type challenger struct {
	state  *challenge.State
	key    *challenge.Key // that gates share; nil for none
	guards map[*contract.Operation]*challenge.Guard
}

// challenge makes the guard of an operation that asks for proofs.
func (b *builder) challenge(op *contract.Operation, set *settled, _ gate.Mode) any {
	s := set.Challenge
	if bots := b.options.Bots; s == nil && bots != nil && bots.On == config.ChallengeBots {
		s = &config.Challenge{} // asks those alone who are suspected
	}
	if s == nil {
		return nil
	}
	c := &b.challenges
	if c.guards == nil {
		c.guards = make(map[*contract.Operation]*challenge.Guard)
		if c.state == nil {
			c.state = challenge.NewState()
		}
		if secret := b.options.ChallengeKey.Reveal(); secret != "" {
			c.key = challenge.NewKey([]byte(secret))
		}
		b.plan.Documents = append(b.plan.Documents, gate.Document{API: b.api, Hosts: b.options.Hosts, Path: challenge.ScriptPath, Type: challenge.ScriptType, Body: challenge.Script})
	}
	g := challenge.New(c.state, challenge.Options{
		API: b.api.Name, Operation: op.Name(), Key: c.key, Always: slices.Contains(s.When, "always"),
		Bits: cmp.Or(s.Bits, 16), MaxBits: cmp.Or(s.MaxBits, 21), Valid: min(cmp.Or(s.Valid, 2*time.Minute), challenge.MaxValid), Pass: s.Pass,
	})
	c.guards[op] = g
	return g
}

// asker is whom the guard of a login asks for proofs; nil for nobody.
func (b *builder) asker(op *contract.Operation, set *settled) login.Challenger {
	if g := b.challenges.guards[op]; g != nil && set.Challenge != nil && slices.Contains(set.Challenge.When, "login") {
		return g
	}
	return nil
}
