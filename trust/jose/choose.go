package jose

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"slices"

	jose "github.com/go-jose/go-jose/v4"
)

// maxTries is how many keys are tried for a token that names none.
const maxTries = 4

// candidates returns the keys that may have signed a token: the one that it
// names, otherwise those without a name that fit. A key id is compared and
// nothing else is done with it (RFC 8725 section 3.10).
func (v *Verifier) candidates(h Header, keys *Set) ([]*Key, *Failure) {
	if keys == nil || len(keys.keys) == 0 {
		return nil, keyNone
	}
	if keys.secret != h.Algorithm.Symmetric() || !slices.Contains(v.rules.Algorithms, h.Algorithm) {
		return nil, keyUnfit
	}
	var named, nameless []*Key
	known := false
	for _, k := range keys.keys {
		switch {
		case h.KeyID != "" && k.ID == h.KeyID:
			if known = true; k.fits(h.Algorithm) {
				named = append(named, k)
			}
		case (h.KeyID == "" || k.ID == "") && k.fits(h.Algorithm):
			nameless = append(nameless, k)
		}
	}
	switch {
	case len(named) > 1: // RFC 7517 section 4.5
		return nil, keyAmbiguous
	case len(named) == 1:
		return named, nil
	case known:
		return nil, keyUnfit
	case len(nameless) > maxTries:
		return nil, keyMany
	case len(nameless) == 0:
		return nil, keyUnknown
	}
	return nameless, nil
}

// verifier returns what the library verifies signatures of a with.
func (k *Key) verifier(a Algorithm) any {
	switch key := k.key.(type) {
	case *rsa.PublicKey:
		if hash, ok := pssHashes[a]; ok {
			return &opaque{func(payload, signature []byte) error {
				h := hash.New()
				h.Write(payload)
				// RFC 7518 section 3.5: the salt is as long as the hash. The
				// library takes any length.
				return rsa.VerifyPSS(key, hash, h.Sum(nil), signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
			}}
		}
	case ed25519.PublicKey:
		if a == "Ed25519" { // a name that the library does not know
			return &opaque{func(payload, signature []byte) error {
				if !ed25519.Verify(key, payload, signature) {
					return errSignature
				}
				return nil
			}}
		}
	}
	return k.key
}

var errSignature = errors.New("the signature is not valid")

var pssHashes = map[Algorithm]crypto.Hash{"PS256": crypto.SHA256, "PS384": crypto.SHA384, "PS512": crypto.SHA512}

// opaque is a verifier of ours inside the library's.
type opaque struct {
	verify func(payload, signature []byte) error
}

// VerifyPayload implements jose.OpaqueVerifier.
func (o *opaque) VerifyPayload(payload, signature []byte, _ jose.SignatureAlgorithm) error {
	return o.verify(payload, signature)
}
