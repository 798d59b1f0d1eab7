package gatehouse

import (
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/caller"
)

// caller tells the API who calls, for every operation alike.
func (b *builder) caller(*contract.Operation, *settled, gate.Mode) any { return b.callerUnrouted() }

func (b *builder) callerUnrouted() any {
	if b.tells == nil {
		return nil
	}
	return b.tells
}

// identity settles how the API is told who calls.
func (b *builder) identity(a *API) {
	c := b.options.Caller
	if c == nil {
		return
	}
	at := b.place.At("caller")
	f := &c.Fields
	o := caller.Options{ID: f.ID, Subject: f.Subject, Issuer: f.Issuer, Client: f.Client, Tenant: f.Tenant, Scopes: f.Scopes, Roles: f.Roles, Certificate: c.Certificate}
	if t := c.Token; t != nil {
		switch {
		case t.Key == "" && a.CallerKeys != nil:
			o.Token = caller.NewRotatedToken(t.Field, t.Issuer, t.Audience, a.CallerKeys)
		case a.CallerKey != nil:
			var err error
			if o.Token, err = caller.NewToken(t.Field, t.Issuer, t.Audience, a.CallerKey); err != nil {
				b.problem(at.At("token", "key").Problem("make one: openssl genpkey -algorithm ed25519", "%v", err))
			}
		case !a.CallerKeyBroken:
			b.problem(at.At("token").Problem("bring the key that signs it", "the token that tells who calls has no key"))
		}
	}
	if b.options.Authentication == config.Public {
		b.problem(at.Warning("remove one of the two", "everybody may call the API, so that caller never tells who does"))
	}
	b.tells = caller.New(o)
}
