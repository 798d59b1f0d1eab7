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
				hint := b.decide
				if hint == "" {
					hint = decideByDefault
				}
				if len(b.verifiers) == 0 {
					b.problem(source.At(op.Node, hint, "%s asks for a credential and nothing says who verifies it", op.Name()))
					return // one is enough: the way out is the same for all
				}
				b.problem(source.At(s.Node, hint, "nothing says who verifies the scheme %q, which %s asks for", s.Name, op.Name()))
			}
		}
	}
}

// decideByDefault is the hint for whoever did not say how options are written.
const decideByDefault = "say authentication upstream when the API verifies credentials itself: the gate then demands that they are present; public lets everybody in; or bring verifiers for its schemes"

// authn judges credentials.
func (b *builder) authn(op *contract.Operation, set *settled, _ gate.Mode) any {
	if set.public || b.options.Authentication == config.Public || !b.contract.Secured && len(op.Security) == 0 {
		return nil
	}
	guard, problems := authn.New(op, b.credentials())
	b.problem(problems...)
	b.certificates(op)
	if guard == nil {
		return nil
	}
	return guard
}

// credentials are what the API's guards of credentials share.
func (b *builder) credentials() authn.Options {
	return authn.Options{Realm: b.api.Name, Verifiers: b.verifiers, Words: &b.plan.Words}
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
	return guard
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
