package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
	"github.com/gatehouse-api/gatehouse/guard/authn/introspection"
	"github.com/gatehouse-api/gatehouse/trust/jose"
	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// newBinder is what sees that tokens are used by whom they were issued to.
func newBinder(b *config.Binding, d dependencies) (*binding.Binder, error) {
	o := binding.Options{
		Algorithms: b.Algorithms, MaxAge: b.MaxAge, Skew: b.Skew, Nonce: b.Nonce == config.NonceAlways, NonceKey: []byte(b.NonceKey.Reveal()),
		Required: b.Required, Capacity: b.Proofs,
	}
	if k := d.own(); k != nil && k.Durable() { // gates that share their keys know each other's nonces
		o.NonceMAC = k.MAC(keys.Nonces)
	}
	return binding.New(o)
}

func introspectionVerifier(ctx context.Context, s *config.Credential, d dependencies) (gate.Verifier, func(), error) {
	c := s.Introspection
	binder, err := newBinder(&c.Binding, d)
	if err != nil {
		return nil, nil, err
	}
	spoken, err := clientTLS(c.CA, c.Certificate, c.Key)
	if err != nil {
		return nil, nil, err
	}
	key, audience, err := clientKey(c)
	if err != nil {
		return nil, nil, err
	}
	v, err := introspection.New(ctx, introspection.Options{
		Name: s.Name, URL: c.URL, ClientID: c.ClientID, ClientSecret: c.ClientSecret.Reveal(), ClientKey: key, ClientAudience: audience, TLS: spoken,
		Timeout: c.Timeout, Parallel: c.Parallel, Cache: c.Cache, Stale: c.Stale, Negative: c.Negative, Entries: c.Entries,
		Issuer: c.Issuer, Audience: c.Audience, Skew: c.Skew, Roles: c.Roles, Tenant: c.Tenant, Attributes: c.Attributes,
		Binder: binder, Log: d.log,
	})
	if err != nil {
		return nil, nil, err
	}
	return v, v.Close, nil
}

// clientKey is what the gate signs with who it is, and for whom; nil for nothing.
func clientKey(c *config.IntrospectionCredential) (*jose.Signer, string, error) {
	if c.ClientKey.IsZero() || !config.Asked(c.ClientKey) {
		return nil, "", nil
	}
	key, err := introspection.ReadClientKey([]byte(c.ClientKey.Reveal()), c.ClientKeyID, c.ClientAlgorithm)
	if err != nil {
		return nil, "", fmt.Errorf("client_key: %w", err)
	}
	if c.ClientAudience == config.AudienceEndpoint {
		return key, c.URL, nil
	}
	return key, c.Issuer, nil
}

// clientTLS is how the gate speaks TLS to a server that vouches for credentials.
func clientTLS(ca, certificate, key config.File) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		list, err := readCertificates(string(ca))
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		for _, one := range list {
			c.RootCAs.AddCert(one)
		}
	}
	if certificate != "" {
		pair, err := tls.LoadX509KeyPair(string(certificate), string(key))
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
