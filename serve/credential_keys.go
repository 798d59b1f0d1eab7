package serve

import (
	"context"
	"fmt"
	"slices"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	keys "github.com/gatehouse-api/gatehouse/guard/authn/apikey"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
	own "github.com/gatehouse-api/gatehouse/trust/keys"
)

// keysInCookie refuses a scheme that has API keys of the gate stand in a cookie,
// which browsers send for pages of other origins as well.
func (d *draft) keysInCookie(settings *config.API, s *contract.Scheme, credential string) *fault {
	if s.Type != contract.APIKey || s.In != contract.Cookie {
		return nil
	}
	for i := range d.config.Credentials {
		if k := &d.config.Credentials[i]; k.Name == credential && k.Keys != nil {
			return &fault{at: settings.Place.At("schemes", s.Name), text: fmt.Sprintf("the scheme %q of the contract is a cookie, and API keys stand in header fields alone", s.Name),
				remedy: "write in: header in the contract; browsers send cookies for pages of other origins as well"}
		}
	}
	return nil
}

// keysVerifier keeps the keys of an environment in memory and follows the store.
func keysVerifier(ctx context.Context, s *config.Credential, d dependencies) (gate.Verifier, func(), error) {
	o := keys.Options{Name: s.Name, Environment: s.Keys.Environment, MaxStale: s.Keys.MaxStale, Log: d.log}
	for _, secret := range peppers(s, d.own()) {
		o.Peppers = append(o.Peppers, apikey.NewPepper(secret))
	}
	v := keys.New(o)
	if d.store == nil { // nothing is opened
		return v, nil, nil
	}
	first, enough := context.WithTimeout(ctx, firstRead)
	v.Begin(first, d.store)
	enough()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		v.Run(ctx, d.store)
	}()
	return v, func() { <-ended }, nil
}

// pepperPurpose is what secrets are for that are derived from the gate's own key.
const pepperPurpose = "pepper of API keys"

// peppers are the secrets that keys of a credential are hashed with, the one for
// new keys first: those of the configuration, then those of the gate's own key,
// where it is kept.
func peppers(s *config.Credential, k *own.Keys) (list []trust.Secret) {
	if !s.Keys.Pepper.IsZero() {
		list = append(list, s.Keys.Pepper)
	}
	var derived []trust.Secret
	if k != nil && k.Durable() {
		derived = k.MAC(own.Pepper).Derive(pepperPurpose)
	}
	if len(list) == 0 {
		list, derived = derived, nil
	}
	return slices.Concat(list, s.Keys.FormerPeppers, derived)
}
