package jwt

import (
	"bytes"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

var _ gate.RecheckVerifier = (*Verifier)(nil)

// Recheck implements gate.RecheckVerifier: a call that takes long ends when the
// key that its token was signed with is withdrawn, or when the token is for
// somebody else by now, or gives other rights. A token in a cookie is not looked
// for again; expiry, revocation and another issuer end its calls.
func (v *Verifier) Recheck(x *gate.Exchange, use *gate.Use, p *gate.Principal) *gate.Refusal {
	raw := shown(x, use)
	if raw == nil {
		if p.Credential != v.name || p.Issuer != v.judge.Issuer() {
			return party.Gone
		}
		return nil
	}
	set, now := v.keys.Keys(), time.Now().Unix()
	if e, _ := v.seen.find(raw, now); e != nil && e.current(set) {
		return v.still(&e.token, &e.principal, now, use, p)
	}
	t, why := v.judge.Verify(raw, set, now)
	if why != nil {
		return v.denials.of(why)
	}
	q := new(gate.Principal)
	if v.principal(q, t) != nil {
		return unboundable
	}
	return v.still(t, q, now, use, p)
}

// still holds what a token says by now against p, who it said was there before.
func (v *Verifier) still(t *jose.Token, now *gate.Principal, at int64, use *gate.Use, p *gate.Principal) *gate.Refusal {
	if why := v.judge.Holds(t, at, use.Audience); why != nil {
		return v.denials.of(why)
	}
	if !party.Same(p, now) {
		return party.Gone
	}
	return nil
}

// shown is the token of an exchange that was verified, also where its field is
// not forwarded; nil when it stood elsewhere.
func shown(x *gate.Exchange, use *gate.Use) []byte {
	if use.Place != gate.InAuthorization && use.Place != gate.InHeader {
		return nil
	}
	for i := range x.Fields {
		f := &x.Fields[i]
		if !gate.EqualFold(f.Name, use.Name) {
			continue
		}
		if use.Place == gate.InHeader {
			return f.Value
		}
		_, raw, _ := bytes.Cut(f.Value, []byte(" "))
		return bytes.TrimLeft(raw, " ")
	}
	return nil
}
