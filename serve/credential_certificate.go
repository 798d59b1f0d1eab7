package serve

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	clientcert "github.com/gatehouse-api/gatehouse/guard/authn/certificate"
)

var identities = map[config.CertificateIdentity]clientcert.Identity{
	config.IdentitySubject: clientcert.Subject, config.IdentitySPIFFE: clientcert.SPIFFE, config.IdentityURI: clientcert.URI, config.IdentityDNS: clientcert.DNS,
	config.IdentityEmail: clientcert.Email, config.IdentityCommonName: clientcert.CommonName,
}

func certificateVerifier(_ context.Context, s *config.Credential, _ dependencies) (gate.Verifier, func(), error) {
	c := s.Certificate
	o := clientcert.Options{Name: s.Name, Identity: identities[c.Identity], TrustDomains: c.TrustDomains}
	if c.Authorities != "" {
		var err error
		if o.Authorities, err = readCertificates(string(c.Authorities)); err != nil {
			return nil, nil, err
		}
	}
	for _, one := range c.Clients {
		o.Clients = append(o.Clients, clientcert.Client{Match: one.Match, Partner: one.Partner, Scopes: one.Scopes, Roles: one.Roles})
	}
	v, err := clientcert.New(o)
	if err != nil {
		return nil, nil, err
	}
	return v, nil, nil
}

// readCertificates reads the certificates of a PEM file; it has at least one,
// and nothing else.
func readCertificates(path string) (list []*x509.Certificate, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("%s holds something else than certificates", path)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s holds a certificate that cannot be read", path)
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, errors.New(path + " holds no certificate")
	}
	return list, nil
}
