package authn

import (
	"reflect"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

var (
	_ gate.RecheckGuard = (*Guard)(nil)
	_ gate.BodyGuard    = (*Whole)(nil)
)

// Recheck implements gate.RecheckGuard: a tunnel or a stream ends when a
// credential that opened it has expired, was revoked, or is not good any more
// to its verifier.
func (g *Guard) Recheck(x *gate.Exchange) gate.Verdict {
	now := time.Now()
	for _, p := range x.Principals {
		if g.void(p, now) != nil {
			return gate.Deny
		}
	}
	if x.Operation != nil {
		if before := guardOf(x); before != g {
			return g.again(x, before)
		}
	}
	if x.Alternative == 0 {
		return gate.Allow // nobody had to be known
	}
	n := 0 // of principals
	for _, part := range g.entries[x.Alternative-1].parts {
		u := &g.uses[part.use]
		if u.verifier == nil {
			continue
		}
		if n == len(x.Principals) || !u.still(x, u.verifier, x.Principals[n]) {
			return gate.Deny
		}
		n++
	}
	return gate.Allow
}

// Newest implements gate.Newest: whom the configuration says now counts.
func (g *Guard) Newest() {}

// guardOf returns the guard that let x pass; nil for none.
func guardOf(x *gate.Exchange) *Guard {
	for i := range x.Operation.Steps {
		switch g := x.Operation.Steps[i].Head.(type) {
		case *Guard:
			return g
		case *Whole:
			return g.Guard
		}
	}
	return nil
}

// still reports whether the verifier of u holds p for good, whose credential
// the verifier before has judged.
func (u *use) still(x *gate.Exchange, before gate.Verifier, p *gate.Principal) bool {
	if v, ok := u.verifier.(gate.RecheckVerifier); ok {
		return v.Recheck(x, &u.Use, p) == nil
	}
	return same(u.verifier, before)
}

// same reports whether two verifiers are one. Functions, which cannot be
// compared, are when they are the same code.
func same(a, b gate.Verifier) bool {
	v, w := reflect.ValueOf(a), reflect.ValueOf(b)
	switch {
	case v.IsValid() != w.IsValid() || !v.IsValid() || v.Type() != w.Type():
		return false
	case v.Kind() == reflect.Func:
		return v.Pointer() == w.Pointer()
	}
	return v.Comparable() && a == b
}

// again judges an exchange that another guard let pass, of the configuration
// before: some entry must be fulfilled by the credentials that opened it, as if
// it came now with them and no others. before is nil where everybody passed.
func (g *Guard) again(x *gate.Exchange, before *Guard) gate.Verdict {
	if before != nil && x.Alternative > 0 {
		slots := make([]slot, len(g.uses))
		shown := before.shown(x)
		for i := range g.entries {
			at, ok := g.fulfils(x, &g.entries[i], slots, shown)
			switch {
			case ok && g.enough(x, &g.entries[i], slots) == nil:
				return gate.Allow
			case !ok && slots[at].state == bad:
				return gate.Deny // no other entry makes up for it, nor does none
			}
		}
	}
	if g.optional {
		return gate.Allow
	}
	return gate.Deny
}

// opener is a credential that opened an exchange.
type opener struct {
	verifier  gate.Verifier // nil where it only had to be there
	principal *gate.Principal
}

// shown returns the credentials that opened x, by scheme.
func (g *Guard) shown(x *gate.Exchange) map[string]opener {
	list, n := map[string]opener{}, 0
	for _, part := range g.entries[x.Alternative-1].parts {
		u := &g.uses[part.use]
		o := opener{verifier: u.verifier}
		if u.verifier != nil && n < len(x.Principals) {
			o.principal = x.Principals[n]
			n++
		}
		list[u.Scheme] = o
	}
	return list
}

// fulfils reports whether all credentials of e are among those that were shown,
// and good, else which use is not.
func (g *Guard) fulfils(x *gate.Exchange, e *entry, slots []slot, shown map[string]opener) (at int, ok bool) {
	for _, part := range e.parts {
		at = part.use
		u, s := &g.uses[at], &slots[at]
		if s.state == unknown {
			o, there := shown[u.Scheme]
			switch {
			case !there, u.verifier != nil && o.principal == nil: // nobody has verified it
				s.state = absent
			case u.verifier == nil:
				s.state = good
			case u.still(x, o.verifier, o.principal):
				s.state, s.principal = good, o.principal
			default:
				s.state = bad
			}
		}
		if s.state != good {
			return at, false
		}
	}
	return at, true
}

// kept holds the signature of a body that stays with the proxy which asks: only
// one of no body at all can be judged then.
func (g *Guard) kept(x *gate.Exchange, e *entry) gate.Verdict {
	if !e.bodies || !x.BodyKept() {
		return gate.Allow
	}
	for _, part := range e.parts {
		u := &g.uses[part.use]
		if v, ok := u.verifier.(gate.BodyVerifier); ok && v.VerifyBody(x, &u.Use) != nil {
			return x.Deny(unseen)
		}
	}
	return gate.Allow
}

// Whole is a Guard of whose verifiers some judge the body as well.
type Whole struct{ *Guard }

// WholeBody marks the guard for gate.Step.
func (w *Whole) WholeBody() {}

// Body implements gate.BodyGuard.
func (w *Whole) Body(x *gate.Exchange) gate.Verdict {
	if x.Alternative == 0 {
		return gate.Allow
	}
	for _, part := range w.entries[x.Alternative-1].parts {
		u := &w.uses[part.use]
		v, ok := u.verifier.(gate.BodyVerifier)
		if !ok {
			continue
		}
		if r := v.VerifyBody(x, &u.Use); r != nil {
			return u.deny(x, &slot{refusal: r})
		}
	}
	return gate.Allow
}
