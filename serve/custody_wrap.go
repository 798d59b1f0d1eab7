package serve

import (
	"crypto/x509"
	"errors"
	"os"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/trust/aws"
	"github.com/gatehouse-api/gatehouse/trust/gcp"
	"github.com/gatehouse-api/gatehouse/trust/pkcs11"
	"github.com/gatehouse-api/gatehouse/trust/vault"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// newWrapper makes what wraps keys by the settings. Nothing is asked of a
// service yet.
func newWrapper(t *config.Trust) (wrap.Wrapper, error) {
	k := t.Key
	switch {
	case k == nil:
		return nil, errors.New("the file names no key that seals: say it under trust.key")
	case k.Vault != nil:
		server, err := newVault(t.Vault)
		if err != nil {
			return nil, err
		}
		return vault.Transit(server, k.Vault.Mount, k.Vault.Key), nil
	case k.AWSKMS != nil:
		a := k.AWSKMS
		return aws.KMS(aws.Options{KeyID: a.KeyID, Region: a.Region, Endpoint: a.Endpoint, AccessKeyID: a.AccessKeyID, SecretAccessKey: a.SecretAccessKey,
			SessionToken: a.SessionToken, RoleARN: a.RoleARN, TokenFile: string(a.TokenFile), STSEndpoint: a.STSEndpoint})
	case k.GCPKMS != nil:
		return gcp.KMS(gcp.Options{Key: k.GCPKMS.Key, Credentials: string(k.GCPKMS.Credentials), Endpoint: k.GCPKMS.Endpoint})
	case k.PKCS11 != nil:
		p := k.PKCS11
		return pkcs11.New(pkcs11.Options{Helper: string(p.Helper), Module: string(p.Module), Token: p.Token, PIN: p.PIN, Key: p.Key, Environment: p.Environment})
	}
	return wrap.Passphrase(k.Passphrase), nil
}

// rootsOf reads authorities; nil are the system's.
func rootsOf(file config.File) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(string(file))
	if err != nil {
		return nil, errors.New("the authorities in " + string(file) + " cannot be read: " + cause(err).Error())
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("there is no certificate in " + string(file))
	}
	return pool, nil
}
