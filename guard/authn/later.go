package authn

import (
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
	if x.Alternative == 0 {
		return gate.Allow // nobody had to be known
	}
	n := 0 // of principals
	for _, part := range g.entries[x.Alternative-1].parts {
		u := &g.uses[part.use]
		if u.verifier == nil {
			continue
		}
		if n == len(x.Principals) {
			return gate.Deny
		}
		if v, ok := u.verifier.(gate.RecheckVerifier); ok && v.Recheck(x, &u.Use, x.Principals[n]) != nil {
			return gate.Deny
		}
		n++
	}
	return gate.Allow
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
