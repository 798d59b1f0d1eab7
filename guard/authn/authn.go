// Package authn judges who is calling. For now it does what an API that
// verifies credentials itself wants of its gate: a call without the credential
// that the contract asks for never reaches it. The root package builds its
// guards from a contract; it imports contract and gate, and knows nothing of
// other guards, of engines or of where keys come from.
package authn

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Presence demands that a request carries the credentials of one alternative
// of its operation's security, each exactly once and in the form of its
// scheme. It does not verify them: that is left to the API behind the gate. A
// client certificate, which that API cannot see, must have been verified by
// the listener.
type Presence struct {
	alternatives [][]check
	names        []string // of header fields that hold keys
	challenges   []gate.Field
	refusal      gate.Refusal
}

var _ gate.HeadGuard = (*Presence)(nil)

// NewPresence returns the guard of op. realm names the API to its clients. An
// operation that the contract makes public needs no guard: NewPresence
// returns nil for it, and for nothing else. A scheme that cannot be checked is
// a problem, unless it was reported before, and its guard denies whoever comes
// with nothing but it.
func NewPresence(op *contract.Operation, realm string) (*Presence, source.Problems) {
	if op.Public() {
		return nil, nil
	}
	p := new(Presence)
	var problems source.Problems
	var words []string
	for _, alternative := range op.Security {
		checks := make([]check, len(alternative))
		parts := make([]string, len(alternative))
		for i, use := range alternative {
			k, ok := kindOf(use.Scheme)
			if !ok && !use.Scheme.Broken {
				problems = append(problems, source.At(use.Scheme.Node, "", "the gate does not know the security scheme %q", use.Scheme.Name))
			}
			checks[i], parts[i] = k.check, k.words
			if k.check.place == header && !slices.Contains(p.names, k.check.name) {
				p.names = append(p.names, k.check.name)
			}
			p.challenge(k.challenge(realm, use.Scopes))
		}
		p.alternatives = append(p.alternatives, checks)
		if text := strings.Join(parts, " and "); !slices.Contains(words, text) {
			words = append(words, text)
		}
	}
	p.refusal = gate.Refusal{Code: gate.CredentialMissing, Detail: "must carry " + strings.Join(words, ", or ")}
	if len(p.alternatives) == 1 && len(p.alternatives[0]) == 1 {
		c := &p.alternatives[0][0]
		p.refusal.In, p.refusal.Name = c.where(), c.name
	}
	return p, problems
}

// challenge adds a WWW-Authenticate field unless it stands there already.
func (p *Presence) challenge(value string) {
	for i := range p.challenges {
		if string(p.challenges[i].Value) == value {
			return
		}
	}
	p.challenges = append(p.challenges, gate.Field{Name: []byte("WWW-Authenticate"), Value: []byte(value)})
}

// Head allows x when all credentials of one alternative are there. An empty
// list of alternatives denies.
func (p *Presence) Head(x *gate.Exchange) gate.Verdict {
	p.single(x)
	for _, checks := range p.alternatives {
		if all(x, checks) {
			return gate.Allow
		}
	}
	// RFC 9110 section 15.5.2: an answer 401 has at least one challenge.
	x.Reply.Fields = append(x.Reply.Fields, p.challenges...)
	return x.Deny(p.refusal)
}

// single removes the twins of fields that hold keys: some servers would take
// them for the key that was found.
func (p *Presence) single(x *gate.Exchange) {
	for _, name := range p.names {
		for i := range x.Fields {
			if f := &x.Fields[i]; gate.Twin(f.Name, name) {
				f.Gone = true
			}
		}
	}
}

func all(x *gate.Exchange, checks []check) bool {
	for i := range checks {
		if !checks[i].holds(x) {
			return false
		}
	}
	return len(checks) > 0
}
