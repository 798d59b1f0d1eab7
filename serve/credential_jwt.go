package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/jwt"
	"github.com/gatehouse-api/gatehouse/trust/jose"
	"github.com/gatehouse-api/gatehouse/trust/jwks"
)

var callerKinds = map[config.JWTKind]gate.PrincipalKind{
	config.KindAuto: gate.Unknown, config.KindPerson: gate.Person, config.KindProgram: gate.Program, config.KindWorkload: gate.Workload,
}

func jwtVerifier(_ context.Context, s *config.Credential, d dependencies) (gate.Verifier, func(), error) {
	c := s.JWT
	rules := jwtRules(c)
	judge, err := jose.New(rules)
	if err != nil {
		return nil, nil, err
	}
	bound, err := newBinder(&c.Binding, d)
	if err != nil {
		return nil, nil, err
	}
	keys, err := jwtKeys(s.Name, c, d)
	if err != nil {
		return nil, nil, err
	}
	v := jwt.New(jwt.Options{
		Name: s.Name, Judge: judge, Keys: keys, Binding: bound, Capacity: c.Remember,
		Claims: jwt.Claims{Roles: c.Claims.Roles, Tenant: c.Claims.Tenant, Attributes: c.Claims.Attributes, Kind: callerKinds[c.Claims.Kind]},
	})
	if c.Signals == nil {
		return v, keys.Close, nil
	}
	heard, err := jwtSignals(c, rules, keys)
	if err != nil {
		keys.Close()
		return nil, nil, err
	}
	return &listening{v, heard}, keys.Close, nil
}

// jwtRules are what a credential asks of tokens.
func jwtRules(c *config.JWTCredential) jose.Rules {
	r := jose.Rules{
		Issuer: c.Issuer, Audience: c.Audience, Types: c.Types, Require: c.Require, TrustDomain: c.TrustDomain,
		Skew: c.ClockSkew, MaxLifetime: c.MaxLifetime, MaxBytes: int(c.MaxBytes),
	}
	for _, a := range c.Algorithms {
		r.Algorithms = append(r.Algorithms, jose.Algorithm(a))
	}
	return r
}

// jwtKeys is where the keys of a credential come from. What becomes of fetching
// them is told to the operator. Where nothing is served none are fetched.
func jwtKeys(name string, c *config.JWTCredential, d dependencies) (*jwks.Source, error) {
	log := d.log
	switch {
	case !c.Secret.IsZero():
		set, err := jose.SecretSet("", []byte(c.Secret.Reveal()))
		if err != nil {
			return nil, err
		}
		return jwks.Fixed(set), nil
	case c.JWKS.Inline != "":
		set, notes, err := jose.ReadSet([]byte(c.JWKS.Inline))
		if err != nil {
			return nil, err
		}
		tellKeys(log, name, jwks.Event{Keys: len(set.Keys()), Notes: notes})
		return jwks.Fixed(set), nil
	}
	o := jwks.Options{URL: c.JWKS.URL, File: string(c.JWKS.File), Stale: c.JWKS.MaxStale, Report: func(e jwks.Event) { tellKeys(log, name, e) }}
	if o.URL == "" && o.File == "" {
		o.Issuer = c.Issuer
	}
	if c.JWKS.CA != "" {
		var err error
		if o.Roots, err = os.ReadFile(string(c.JWKS.CA)); err != nil {
			return nil, err
		}
	}
	if err := o.Check(); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("jwks names %s: no such file", o.File)
	} else if err != nil {
		return nil, err
	}
	if d.keys == nil {
		return jwks.Fixed(nil), nil
	}
	return jwks.New(o)
}

// tellKeys tells the operator what became of the keys of a credential.
func tellKeys(log *slog.Logger, name string, e jwks.Event) {
	if log == nil {
		return
	}
	for _, note := range e.Notes {
		log.Warn("the key set of a credential has a key that is not used", "credential", name, "cause", note)
	}
	switch {
	case e.Err != nil && e.Keys == 0:
		log.Error("the keys of a credential cannot be fetched: its tokens cannot be verified", "credential", name, "cause", e.Err)
	case e.Err != nil:
		log.Warn("the keys of a credential cannot be fetched again: the last good ones stay", "credential", name, "cause", e.Err, "keys", e.Keys)
	default:
		log.Info("the keys of a credential are there", "credential", name, "keys", e.Keys)
	}
}
