// Package authz is the guard that lets callers through only to what they may
// do: by their roles and scopes, as the configuration gives them rights. The
// root package builds one Guard for each operation that demands anything; no
// other guard imports it. What the contract itself asks for, guard/authn
// judges. It knows nothing of credentials, of net/http or of configuration
// files.
package authz

import "github.com/gatehouse-api/gatehouse/gate"

// Guard judges the callers of one operation. It is immutable; many goroutines
// may use it at once.
type Guard struct {
	words  *gate.Vocabulary
	scopes gate.Rights   // all of them are needed
	roles  []gate.Rights // of each set one role is needed
	closed bool          // nobody may call
}

// Demands are what an operation asks of its callers beside credentials.
type Demands struct {
	Scopes []string // all of them
	// Roles are sets, of each of which one role is enough. An empty set lets
	// nobody in.
	Roles [][]string
}

// Any reports whether anything is asked for.
func (d *Demands) Any() bool { return len(d.Scopes)+len(d.Roles) > 0 }

var (
	_ gate.HeadGuard    = (*Guard)(nil)
	_ gate.RecheckGuard = (*Guard)(nil)
	_ gate.Newest       = (*Guard)(nil)
)

// New returns the guard of an operation. Its words become ones of words, which
// is that of the plan.
func New(words *gate.Vocabulary, d Demands) *Guard {
	g := &Guard{words: words}
	for _, name := range d.Scopes {
		g.scopes = words.Scope(g.scopes, name)
	}
	for _, names := range d.Roles {
		var set gate.Rights
		for _, name := range names {
			set = words.Role(set, name)
		}
		g.roles = append(g.roles, set)
		g.closed = g.closed || len(names) == 0
	}
	return g
}

// Head judges who calls.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	if c := g.judge(x.Principal); c != gate.Undecided {
		return x.Deny(gate.Refusal{Code: c})
	}
	return gate.Allow
}

// Recheck judges who calls once more, without a word.
func (g *Guard) Recheck(x *gate.Exchange) gate.Verdict {
	if g.judge(x.Principal) != gate.Undecided {
		return gate.Deny
	}
	return gate.Allow
}

// judge returns what p is refused for, or Undecided. Nobody has no right. Only
// the first of several principals is asked: another one, such as the program
// that somebody uses, must not lend its rights.
func (g *Guard) judge(p *gate.Principal) gate.Code {
	if p == nil || g.closed {
		return gate.RoleMissing
	}
	have := p.Rights(g.words)
	for _, set := range g.roles {
		if !have.Meets(set) {
			return gate.RoleMissing
		}
	}
	if !have.Covers(g.scopes) {
		return gate.ScopeMissing
	}
	return gate.Undecided
}

// Newest implements gate.Newest.
func (g *Guard) Newest() {}
