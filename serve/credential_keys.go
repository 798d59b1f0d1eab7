package serve

import (
	"context"
	"fmt"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	keys "github.com/gatehouse-api/gatehouse/guard/authn/apikey"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
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
	o := keys.Options{Name: s.Name, Environment: s.Keys.Environment, MaxStale: s.Keys.MaxStale, Log: d.log, Peppers: []*apikey.Pepper{apikey.NewPepper(s.Keys.Pepper)}}
	for _, former := range s.Keys.FormerPeppers {
		o.Peppers = append(o.Peppers, apikey.NewPepper(former))
	}
	v := keys.New(o)
	if d.store == nil { // nothing is opened
		return v, nil, nil
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		v.Run(ctx, d.store)
	}()
	return v, func() { <-ended }, nil
}
