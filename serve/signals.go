package serve

import (
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/guard/authn/jwt"
	"github.com/gatehouse-api/gatehouse/trust/jose"
	"github.com/gatehouse-api/gatehouse/trust/signals"
)

// listening is a verifier of tokens whose issuer is also heard later. What the
// receiver remembers stays as long as the verifier does.
type listening struct {
	*jwt.Verifier
	signals *signals.Receiver
}

// jwtSignals is who hears the issuer of a credential.
func jwtSignals(c *config.JWTCredential, rules jose.Rules, keys signals.Keys) (*signals.Receiver, error) {
	return signals.New(signals.Options{
		Issuer: c.Issuer, Audience: c.Signals.Audience, Algorithms: rules.Algorithms, Skew: c.ClockSkew,
		Untyped: c.Signals.Untyped, Everything: c.Signals.WholeSubject, Lifetime: c.Signals.Lifetime, Keys: keys,
	})
}

// signals are those who hear issuers, by the names of credentials.
func (d *draft) signals() map[string]*signals.Receiver {
	found := map[string]*signals.Receiver{}
	for name, c := range d.credentials {
		if v, ok := c.Verifier.(*listening); ok {
			found[name] = v.signals
		}
	}
	return found
}
