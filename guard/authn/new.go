package authn

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Options are what the guards of one API share.
type Options struct {
	Realm string // names the API to its clients
	Memo  *Memo  // of the API; nil shares nothing
	// Verifiers judge the credentials of schemes, by the names of the contract.
	// Of a scheme without one the credential must only be there.
	Verifiers map[string]gate.Verifier
	Audience  []string         // names by which tokens may mean the API
	Words     *gate.Vocabulary // of the plan
	Revoked   gate.Revocations // nil for none
	Locks     gate.Locks       // nil for none
	// Leaked hears of each key in a URL by its public id; may be nil.
	Leaked func(id string)
	// Metadata is the URL of the document that says which authorization servers
	// the API trusts (RFC 9728), for challenges; "" for none.
	Metadata string
	// Drop removes credentials that were verified from what goes to the API.
	Drop bool
	// StepUp is what the operation asks of how callers were authenticated, all
	// of it.
	StepUp []StepUp
}

// New returns the guard of op; nil, and for nothing else, when the contract
// makes op public and the API has no verifier. A scheme that cannot be
// checked is a problem, unless it was reported before, and its guard denies
// whoever comes with nothing but it.
func New(op *contract.Operation, o Options) (*Guard, source.Problems) {
	g := &Guard{optional: op.Public(), words: o.Words, revoked: o.Revoked, locks: o.Locks, leaked: o.Leaked, drop: o.Drop, steps: o.StepUp}
	b := builder{Options: o, guard: g, at: map[string]int{}}
	if b.guard.words == nil {
		b.guard.words = new(gate.Vocabulary)
	}
	if op.Public() && len(o.Verifiers) == 0 {
		return nil, nil
	}
	for _, p := range op.Parameters {
		if p.In == contract.Query {
			g.may = append(g.may, strings.Clone(p.Name))
		}
	}
	for _, requirement := range op.Security {
		if len(requirement) > 0 && (!op.Public() || b.verifies(requirement)) {
			b.entry(requirement)
		}
	}
	b.refusals()
	return g, b.problems
}

// Step returns the guard as a step of gate wants it: with a Body where some
// verifier judges bodies.
func (g *Guard) Step() gate.HeadGuard {
	if slices.ContainsFunc(g.entries, func(e entry) bool { return e.bodies }) {
		return &Whole{g}
	}
	return g
}

// ProofAlgorithms are those by which clients may sign proofs that they hold the
// key of a token (RFC 9449), as the verifiers of the API say in challenges.
func ProofAlgorithms(verifiers map[string]gate.Verifier) (list []string) {
	for _, v := range verifiers {
		s, ok := v.(gate.SchemeVerifier)
		if !ok {
			continue
		}
		for _, a := range s.AuthSchemes(&gate.Use{Place: gate.InAuthorization}) {
			if _, rest, ok := strings.Cut(a.Parameters, `algs="`); ok && a.Name == "DPoP" {
				algs, _, _ := strings.Cut(rest, `"`)
				list = append(list, strings.Fields(algs)...)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Proves reports whether some entry has a credential that can fulfil a step-up.
func (g *Guard) Proves() bool {
	return slices.ContainsFunc(g.entries, func(e entry) bool {
		return slices.ContainsFunc(e.parts, func(p part) bool {
			_, ok := g.uses[p.use].verifier.(gate.UserVerifier)
			return ok
		})
	})
}

type builder struct {
	Options
	guard      *Guard
	at         map[string]int // uses by scheme
	words      []string       // of the entries, for clients
	challenges []gate.Field   // for whoever brings nothing
	problems   source.Problems
}

// verifies reports whether anything of r is verified.
func (b *builder) verifies(r contract.Requirement) bool {
	return slices.ContainsFunc(r, func(u contract.SchemeUse) bool { return u.Scheme != nil && b.Verifiers[u.Scheme.Name] != nil })
}

func (b *builder) entry(r contract.Requirement) {
	var e entry
	texts := make([]string, len(r))
	for i, s := range r {
		at := b.use(s.Scheme)
		u := &b.guard.uses[at]
		p := part{use: at}
		scoped := s.Scheme != nil && (s.Scheme.Type == contract.OAuth2 || s.Scheme.Type == contract.OpenIDConnect)
		// OpenAPI 3.1.1 section 4.8.30: scopes of oauth2 and openIdConnect,
		// roles of all others.
		if u.verifier != nil {
			for _, name := range s.Scopes {
				if scoped {
					p.need = b.guard.words.Scope(p.need, strings.Clone(name))
				} else {
					p.need = b.guard.words.Role(p.need, strings.Clone(name))
				}
			}
		}
		p.lack = u.lack(challenge{realm: b.Realm, metadata: b.Metadata, scopes: s.Scopes, code: gate.ScopeMissing}, scoped)
		if _, ok := u.verifier.(gate.BodyVerifier); ok {
			e.bodies = true
		}
		e.step.challenges = append(e.step.challenges, u.challenges(challenge{realm: b.Realm, metadata: b.Metadata, code: gate.StepUp, steps: b.StepUp})...)
		e.parts = append(e.parts, p)
		texts[i] = u.kind.words
		b.challenge(u.challenges(challenge{realm: b.Realm, metadata: b.Metadata, scopes: s.Scopes})...)
	}
	e.step.Refusal = gate.Refusal{Code: gate.StepUp, Detail: methods(b.StepUp)}
	b.guard.entries = append(b.guard.entries, e)
	if text := strings.Join(texts, " and "); !slices.Contains(b.words, text) {
		b.words = append(b.words, text)
	}
}

// Memo is what the guards of one API share, so that it is made and kept once.
type Memo struct {
	denials map[string]map[gate.Code]*denial
}

// denials are what is said to those whose credential of a scheme is refused.
func (b *builder) denials(u *use) map[gate.Code]*denial {
	if b.Memo != nil && b.Memo.denials[u.Scheme] != nil {
		return b.Memo.denials[u.Scheme]
	}
	list := make(map[gate.Code]*denial)
	for c := range gate.Codes {
		if c.Status() == 401 {
			list[c] = &denial{challenges: u.challenges(challenge{realm: b.Realm, metadata: b.Metadata, code: c})}
		}
	}
	if b.Memo != nil {
		if b.Memo.denials == nil {
			b.Memo.denials = make(map[string]map[gate.Code]*denial)
		}
		b.Memo.denials[u.Scheme] = list
	}
	return list
}

// use returns the number of the use of a scheme.
func (b *builder) use(s *contract.Scheme) int {
	name := ""
	if s != nil {
		name = strings.Clone(s.Name)
	}
	if at, ok := b.at[name]; ok {
		return at
	}
	k, ok := kindOf(s)
	if !ok && !s.Broken {
		b.problems = append(b.problems, source.At(s.Node, "", "the gate does not know the security scheme %q", s.Name))
	}
	u := use{Use: k.use, kind: k, auths: k.auths, verifier: b.Verifiers[name]}
	u.Scheme, u.Realm, u.Audience = name, b.Realm, b.Audience
	u.settle()
	if u.Place == gate.InHeader && !slices.Contains(b.guard.names, u.Name) {
		b.guard.names = append(b.guard.names, u.Name)
		b.guard.sieve.Add(u.Name)
	}
	u.denials = b.denials(&u)
	at := len(b.guard.uses)
	b.at[name] = at
	b.guard.uses = append(b.guard.uses, u)
	return at
}

// settle asks the verifier what it takes beside what the contract says.
func (u *use) settle() {
	if s, ok := u.verifier.(gate.SchemeVerifier); ok && u.Place == gate.InAuthorization {
		token := u.auths[0].token
		u.auths = nil
		for _, a := range s.AuthSchemes(&u.Use) {
			u.auths = append(u.auths, auth{tag: a.Name, extra: a.Parameters, token: token})
		}
	}
	if f, ok := u.verifier.(gate.FindingVerifier); ok {
		u.finds = true
		u.Place, u.kind.words = f.Finds(&u.Use)
	}
}

// challenge adds fields unless they stand there already.
func (b *builder) challenge(fields ...gate.Field) {
	for _, f := range fields {
		if !slices.ContainsFunc(b.challenges, func(g gate.Field) bool { return string(g.Value) == string(f.Value) }) {
			b.challenges = append(b.challenges, f)
		}
	}
}

// refusals prepares what is said to those who bring nothing that is good.
func (b *builder) refusals() {
	g := b.guard
	g.missing = denial{gate.Refusal{Code: gate.CredentialMissing, Detail: "must carry " + strings.Join(b.words, ", or ")}, b.challenges}
	if len(g.entries) == 1 && len(g.entries[0].parts) == 1 {
		u := &g.uses[g.entries[0].parts[0].use]
		g.missing.In, g.missing.Name = placeNames[u.Place], u.Name
	}
	g.conflict = denial{gate.Refusal{Code: gate.CredentialInvalid, Detail: "must carry credentials of one person"}, b.challenges}
}
