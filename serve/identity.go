package serve

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
)

// callerKey reads the key that signs the token by which an API is told who
// calls.
func (d *draft) callerKey(settings *config.API, a *gatehouse.API) {
	if settings.Caller == nil || settings.Caller.Token == nil {
		return
	}
	t := settings.Caller.Token
	d.files.add(string(t.Key))
	key, err := readSigner(string(t.Key))
	if err != nil {
		a.CallerKeyBroken = true
		d.faults.add(&fault{at: t.Place.At("key"), text: "the key cannot be used: " + cause(err).Error(), remedy: "make one: openssl genpkey -algorithm ed25519 -out caller.pem"})
		return
	}
	a.CallerKey = key
}

var errNoSigner = errors.New("the file holds no private key in PEM (PKCS #8 or EC)")

// readSigner reads a private key. Nothing of it gets into an error.
func readSigner(name string) (crypto.Signer, error) {
	text, err := readCA(name)
	if err != nil {
		return nil, err
	}
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return nil, errNoSigner
		}
		switch block.Type {
		case "PRIVATE KEY":
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			signer, ok := key.(crypto.Signer)
			if err != nil || !ok {
				return nil, errNoSigner
			}
			return signer, nil
		case "EC PRIVATE KEY":
			key, err := x509.ParseECPrivateKey(block.Bytes)
			if err != nil {
				return nil, errNoSigner
			}
			return key, nil
		}
	}
}
