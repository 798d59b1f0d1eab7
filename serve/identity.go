package serve

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	told "github.com/gatehouse-api/gatehouse/guard/caller"
	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// callerKey reads the key that signs the token by which an API is told who
// calls.
func (d *draft) callerKey(settings *config.API, a *gatehouse.API, own *keys.Keys) {
	if settings.Caller == nil || settings.Caller.Token == nil {
		return
	}
	t := settings.Caller.Token
	if t.Key == "" {
		a.CallerKeys = func(at time.Time) *ecdsa.PrivateKey {
			if own == nil { // nothing is served
				return nil
			}
			return own.Signing(at).Private()
		}
		return
	}
	d.files.add(string(t.Key))
	key, err := readSigner(string(t.Key))
	if err != nil {
		a.CallerKeyBroken = true
		d.faults.add(&fault{at: t.Place.At("key"), text: "the key cannot be used: " + cause(err).Error(), remedy: "make one: openssl genpkey -algorithm ed25519 -out caller.pem"})
		return
	}
	a.CallerKey = key
}

// callerSet returns what writes the public halves of the gate's own keys that
// sign who calls.
func callerSet(own *keys.Keys) func() ([]byte, error) {
	return func() ([]byte, error) {
		var list []crypto.PublicKey
		for _, k := range own.Verifying() {
			list = append(list, k.Public())
		}
		return told.Set(list...)
	}
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
