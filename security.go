package gatehouse

import (
	"slices"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn"
)

// verified finds schemes that operations ask for and nobody verifies.
func (b *builder) verified() {
	seen := map[*contract.Scheme]bool{}
	for _, op := range b.contract.Operations {
		if own, _ := of(&b.options, op); own.Public {
			continue
		}
		for _, requirement := range op.Security {
			for _, use := range requirement {
				s := use.Scheme
				if s == nil || s.Broken || seen[s] || b.verifiers[s.Name] != nil || b.certified && s.Type == contract.MutualTLS {
					continue
				}
				seen[s] = true
				hint := decideByDefault
				if b.decide != nil {
					hint = b.decide(s)
				}
				b.problem(source.At(s.Node, hint, "nothing says who verifies the scheme %q, which %s asks for", s.Name, op.Name()))
			}
		}
	}
}

// decideByDefault is the hint for whoever did not say how options are written.
const decideByDefault = "bring a verifier for it; or say authentication upstream, if the API verifies it itself"

// authn judges credentials.
func (b *builder) authn(op *contract.Operation, set *settled, _ gate.Mode) any {
	if set.public || b.options.Authentication == config.Public || !b.contract.Secured && len(op.Security) == 0 {
		return nil
	}
	o := b.credentials()
	o.StepUp = b.stepUp(op, set)
	guard, problems := authn.New(op, o)
	b.problem(problems...)
	b.certificates(op)
	if guard == nil {
		return nil
	}
	if len(o.StepUp) > 0 && !guard.Proves() {
		b.problem(source.At(op.Node, "have a credential that the operation takes verified as tokens of an identity provider, or remove step_up",
			"%s asks how its callers were authenticated, and no credential that the gate verifies for it can tell", op.Name()))
	}
	return guard.Step()
}

// stepExtension tightens an operation in its contract, as step_up of
// gatehouse.yaml does: both must hold.
const stepExtension = "x-gatehouse-step-up"

// stepUp are the demands on how callers of op were authenticated. What is public
// has no callers that could tell.
func (b *builder) stepUp(op *contract.Operation, set *settled) (steps []authn.StepUp) {
	own, name := of(&b.options, op)
	if op.Public() || len(op.Security) == 0 {
		if own.StepUp != nil {
			b.problem(b.place.At("operations", name, "step_up").Problem("ask for a credential under security of the operation", "%s is public, so that nobody could fulfil step_up", op.Name()))
		}
		if n := op.Node.Get(stepExtension); n != nil {
			b.problem(source.At(n, "ask for a credential under security of the operation", "%s is public, so that nobody could fulfil %s", op.Name(), stepExtension))
		}
		return nil
	}
	if s := set.StepUp; s != nil {
		steps = append(steps, authn.StepUp{ACR: s.ACR, AMR: s.AMR, MaxAge: s.MaxAge})
	}
	if n := op.Node.Get(stepExtension); n != nil {
		s, problems := config.ReadStepUp(n)
		b.problem(problems...)
		steps = append(steps, authn.StepUp{ACR: s.ACR, AMR: s.AMR, MaxAge: s.MaxAge})
	}
	return steps
}

// credentials are what the API's guards of credentials share.
func (b *builder) credentials() authn.Options {
	o := b.shared
	o.Audience = b.options.Audience
	o.Drop = b.options.ForwardCredential == config.DropCredential
	o.Realm, o.Verifiers, o.Words = b.api.Name, b.verifiers, &b.plan.Words
	return o
}

// authnUnrouted demands of a call that no operation describes the credentials
// of any operation that asks for some, also where the document as a whole asks
// for none. Otherwise another spelling of a protected path would be a way
// around its credential while the API is observed.
func (b *builder) authnUnrouted() any {
	if b.options.Authentication == config.Public || !b.contract.Secured {
		return nil
	}
	all := &contract.Operation{SecurityFrom: contract.SecurityDocument}
	seen := make(map[string]bool)
	for _, op := range b.contract.Operations {
		if words := credential(op); !op.Public() && !seen[words] {
			seen[words] = true
			all.Security = append(all.Security, op.Security...)
		}
	}
	if len(all.Security) == 0 {
		return nil
	}
	guard, _ := authn.New(all, b.credentials()) // its problems are those of the operations
	return guard.Step()
}

// ByCertificate reports whether nothing but a client certificate opens op.
func ByCertificate(op *contract.Operation) bool {
	for _, alternative := range op.Security {
		if len(alternative) == 0 || slices.ContainsFunc(alternative, func(u contract.SchemeUse) bool { return u.Scheme == nil || u.Scheme.Type != contract.MutualTLS }) {
			return false
		}
	}
	return len(op.Security) > 0
}
