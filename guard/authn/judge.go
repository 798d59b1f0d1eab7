package authn

import (
	"errors"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// judge finds the credential of u and has it verified.
func (g *Guard) judge(x *gate.Exchange, u *use, s *slot) {
	var raw []byte
	if !u.finds {
		raw, s.state = u.find(x)
		if s.state == bad {
			s.refusal = &spoiled
		}
		if s.state != good || u.verifier == nil {
			return
		}
	}
	if g.locks != nil && g.locks.Active(x.Received) {
		if s.wait = g.locks.Locked(attempt(x, u, raw), x.Received); s.wait > 0 {
			s.state, s.refusal = bad, &locked
			return
		}
	}
	s.principal, s.refusal = u.verifier.Verify(x, &u.Use, raw)
	switch r := s.refusal; {
	case r != nil && r.Code == gate.CredentialMissing:
		s.state, s.principal = absent, nil
		return
	case r == nil && s.principal == nil:
		s.refusal = &undecided
	case r == nil:
		s.refusal = g.void(s.principal, x.Received)
	}
	if s.refusal != nil {
		s.state, s.principal = bad, nil
	} else {
		s.state = good
	}
	if g.locks != nil {
		g.count(x, u, raw, s)
	}
}

// The refusals of this package, which all exchanges share.
var (
	spoiled   = gate.Refusal{Code: gate.CredentialInvalid, Detail: "must carry the credential once and in the form of its scheme"}
	undecided = gate.Refusal{Code: gate.Undecided}
	expired   = gate.Refusal{Code: gate.CredentialExpired}
	revoked   = gate.Refusal{Code: gate.CredentialRevoked}
	// unverified: what was taken back is not known yet.
	unverified = gate.Refusal{Code: gate.CredentialUnverified, Cause: errors.New("the store has not said for too long, or not yet, what was revoked")}
	// unseen: the client has signed a body which the gate is not shown.
	unseen = gate.Refusal{Code: gate.CredentialUnverified, Cause: errors.New("the proxy that asks keeps the body, so that nobody can hold it to its signature")}
	locked = gate.Refusal{Code: gate.CredentialLocked}
)

// void says why a principal whose credential was good is not, by now; nil when
// it is.
func (g *Guard) void(p *gate.Principal, now time.Time) *gate.Refusal {
	switch {
	case !p.Expires.IsZero() && !now.Before(p.Expires):
		return &expired
	case g.revoked == nil:
	case !g.revoked.Known(now):
		return &unverified
	case g.revoked.Revoked(p, now):
		return &revoked
	}
	return nil
}

// enough holds whom the credentials of e name against each other, what they
// may against what e asks for, and how they were authenticated against what
// the operation asks for.
func (g *Guard) enough(x *gate.Exchange, e *entry, slots []slot) *denial {
	var person *gate.Principal
	stepped := len(g.steps) == 0
	for i := range e.parts {
		part := &e.parts[i]
		p := slots[part.use].principal
		if p == nil {
			continue // it only had to be there
		}
		if isPerson(p) {
			if person != nil && person.ID != p.ID {
				return &g.conflict
			}
			person = p
		}
		if !p.Rights(g.words).Covers(part.need) {
			return &part.lack
		}
		stepped = stepped || g.steppedUp(p, x.Received)
	}
	if !stepped {
		return &e.step
	}
	return nil
}

// isPerson reports whether p stands for somebody. Whom nobody knows may be
// somebody.
func isPerson(p *gate.Principal) bool { return p.Kind == gate.Person || p.Kind == gate.Unknown }
