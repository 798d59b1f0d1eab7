package serve

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/basic"
	"github.com/gatehouse-api/gatehouse/guard/authn/mac"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
	"github.com/gatehouse-api/gatehouse/guard/authn/signature"
)

func hmacVerifier(_ context.Context, s *config.Credential, _ dependencies) (gate.Verifier, func(), error) {
	c := s.HMAC
	o := mac.Options{Name: s.Name, Headers: c.Headers, Window: c.Window, Capacity: c.Nonces}
	for i := range c.Keys {
		k := &c.Keys[i]
		one := mac.Key{Party: party.Party{ID: k.ID, Partner: k.Partner, Scopes: k.Scopes, Roles: k.Roles}, Secrets: [][]byte{[]byte(k.Secret.Reveal())}}
		if !k.FormerSecret.IsZero() {
			one.Secrets = append(one.Secrets, []byte(k.FormerSecret.Reveal()))
		}
		o.Keys = append(o.Keys, one)
	}
	v, err := mac.New(o)
	if err != nil {
		return nil, nil, err
	}
	return v, nil, nil
}

func signatureVerifier(_ context.Context, s *config.Credential, _ dependencies) (gate.Verifier, func(), error) {
	c := s.Signature
	o := signature.Options{
		Name: s.Name, Fields: c.Fields, Tag: c.Tag, MaxAge: c.MaxAge, Skew: c.Skew, NonceOptional: c.Nonce == config.NonceOptional, Capacity: c.Nonces,
	}
	for i := range c.Keys {
		k := &c.Keys[i]
		one := signature.Key{Party: party.Party{ID: k.ID, Partner: k.Partner, Scopes: k.Scopes, Roles: k.Roles}, Algorithm: string(k.Algorithm)}
		if k.Secret.IsZero() {
			text, err := os.ReadFile(string(k.File))
			if err != nil {
				return nil, nil, err
			}
			if one.Key, err = signature.ReadKey(text, k.ID); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", k.File, err)
			}
		} else {
			one.Key = []byte(k.Secret.Reveal())
		}
		o.Keys = append(o.Keys, one)
	}
	v, err := signature.New(o)
	if err != nil {
		return nil, nil, err
	}
	return v, nil, nil
}

// maxUserFile bounds a file of users, in bytes.
const maxUserFile = 4 << 20

func basicVerifier(_ context.Context, s *config.Credential, _ dependencies) (gate.Verifier, func(), error) {
	c := s.Basic
	text, err := os.ReadFile(string(c.Users))
	switch {
	case err != nil:
		return nil, nil, err
	case len(text) > maxUserFile:
		return nil, nil, errors.New(string(c.Users) + " is larger than 4 MiB")
	}
	users, err := basic.ReadUsers(string(text))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.Users, err)
	}
	v, err := basic.New(basic.Options{Name: s.Name, Users: users, Operations: c.Operations, Parallel: c.Parallel, Remember: c.Remember})
	if err != nil {
		return nil, nil, err
	}
	return v, nil, nil
}
