package serve

import (
	"context"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	keys "github.com/gatehouse-api/gatehouse/guard/authn/apikey"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

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
