// Package authn judges who is calling: it finds the credentials that the
// contract asks for, has a gate.Verifier judge each, and holds what they vouch
// for against the operation's security. The root package builds its guards from
// a contract; it imports contract and gate, and knows nothing of other guards,
// of engines, of the verifiers behind the interface or of where keys come from.
package authn

import (
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Guard demands what the security of one operation asks for: of one entry all
// credentials. docs/decisions/credentials.md has the rules.
//
// Entries are asked in the order of the contract, and the first whose
// credentials are all there and good lets the exchange pass. A credential that
// is not there leads to the next entry, as do scopes and roles that its caller
// does not have. One that is there and not valid ends the search: no other
// credential makes up for it.
type Guard struct {
	uses     []use      // of schemes, each once
	entries  []entry    // that ask for something
	optional bool       // the operation may be called without any
	names    []string   // of fields that hold keys
	sieve    gate.Sieve // of names
	missing  denial
	conflict denial
	words    *gate.Vocabulary
	revoked  gate.Revocations // nil for none
	locks    gate.Locks       // nil for none
	leaked   func(id string)  // hears of keys in the URL; may be nil
	steps    []StepUp
	drop     bool     // what was verified does not reach the API
	may      []string // query parameters of the operation
}

// use is a scheme with who verifies it.
type use struct {
	gate.Use
	verifier gate.Verifier // nil where it must only be there
	finds    bool          // verifier finds the credential itself
	auths    []auth        // of Authorization
	kind     kind
	denials  map[gate.Code]*denial
}

// entry is one alternative of a security list.
type entry struct {
	parts  []part
	bodies bool   // a verifier of it judges the body
	step   denial // of callers who are to authenticate anew
}

// part is one credential of an entry.
type part struct {
	use  int
	need gate.Rights // scopes or roles
	lack denial      // of them
}

// denial is a refusal with its challenges.
type denial struct {
	gate.Refusal
	challenges []gate.Field
}

var _ gate.HeadGuard = (*Guard)(nil)

// slot is what is known of one use during an exchange.
type slot struct {
	state     state
	principal *gate.Principal
	refusal   *gate.Refusal
	wait      time.Duration // of a lock
}

// fewUses is how many uses need no memory of their own.
const fewUses = 8

// Head implements gate.HeadGuard. An empty list of entries denies.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	if len(x.Query) > 0 && g.misplaced(x) {
		return x.Deny(leak)
	}
	if g.hasKey(x.Path) { // where tokens may stand: links in mail have them
		return x.Deny(leakInPath)
	}
	g.single(x)
	var few [fewUses]slot
	slots := few[:]
	if len(g.uses) > fewUses {
		slots = make([]slot, len(g.uses))
	}
	var lack *denial // of the first entry whose credentials were all good
	doubt, lacking := false, 0
	for i := range g.entries {
		e := &g.entries[i]
		at, ok := g.holds(x, e, slots)
		switch {
		case ok:
			d := g.enough(x, e, slots)
			if d == nil {
				g.pass(x, i, slots)
				return g.kept(x, e)
			}
			if lack == nil {
				lack, lacking = d, i
			}
		case slots[at].state == bad:
			return g.uses[at].deny(x, &slots[at])
		case slots[at].state == doubtful:
			doubt = true
		}
	}
	switch {
	case g.optional && !doubt && lack != &g.conflict:
		if lack != nil && !g.entries[lacking].bodies { // nobody will hold the body to its signature
			g.pass(x, lacking, slots) // who it is is known all the same
			x.Alternative = 0
		}
		return gate.Allow
	case lack != nil:
		return lack.deny(x)
	}
	return g.missing.deny(x)
}

// holds reports whether all credentials of e are there and good, else which
// use is not.
func (g *Guard) holds(x *gate.Exchange, e *entry, slots []slot) (at int, ok bool) {
	for i := range e.parts {
		at = e.parts[i].use
		s := &slots[at]
		if s.state == unknown {
			g.judge(x, &g.uses[at], s)
		}
		if s.state != good {
			return at, false
		}
	}
	return at, true
}

// pass writes down who calls, by entry i.
func (g *Guard) pass(x *gate.Exchange, i int, slots []slot) {
	x.Alternative, x.Principal, x.Principals = i+1, nil, x.Principals[:0]
	x.WholeBody = x.WholeBody || g.entries[i].bodies
	for _, part := range g.entries[i].parts {
		p := slots[part.use].principal
		if p == nil {
			continue
		}
		x.Principals = append(x.Principals, p)
		if g.drop && !g.entries[i].bodies {
			g.uses[part.use].forget(x)
		}
		if x.Principal == nil || isPerson(p) && !isPerson(x.Principal) {
			x.Principal = p
		}
	}
}

// deny refuses x for what a verifier has found.
func (u *use) deny(x *gate.Exchange, s *slot) gate.Verdict {
	if d := u.denials[s.refusal.Code]; d != nil {
		x.Reply.Fields = append(x.Reply.Fields, d.challenges...)
	}
	r := *s.refusal
	if s.wait > 0 {
		r.Retry = int((s.wait + time.Second - 1) / time.Second)
	}
	return x.Deny(r)
}

func (d *denial) deny(x *gate.Exchange) gate.Verdict {
	x.Reply.Fields = append(x.Reply.Fields, d.challenges...)
	return x.Deny(d.Refusal)
}

// single removes the twins of fields that hold keys: some servers would take
// them for the key that was found.
func (g *Guard) single(x *gate.Exchange) {
	for i := range x.Fields {
		f := &x.Fields[i]
		if !g.sieve.May(f.Name) {
			continue
		}
		for _, name := range g.names {
			if gate.Twin(f.Name, name) {
				f.Gone, x.Unremoved = true, true
			}
		}
	}
}
