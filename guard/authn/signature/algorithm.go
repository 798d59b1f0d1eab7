package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// algorithm is RFC 9421 section 3.3.
type algorithm struct {
	name   string
	verify func(key any, base, signature []byte) bool
}

var algorithms = map[string]algorithm{
	"ed25519":           {"ed25519", verifyEd25519},
	"ecdsa-p256-sha256": {"ecdsa-p256-sha256", verifyP256},
	"ecdsa-p384-sha384": {"ecdsa-p384-sha384", verifyP384},
	"rsa-pss-sha512":    {"rsa-pss-sha512", verifyPSS},
	"rsa-v1_5-sha256":   {"rsa-v1_5-sha256", verifyV15},
	"hmac-sha256":       {"hmac-sha256", verifyHMAC},
}

// fitting returns the algorithm called name, if it is one for the key. The key
// decides, never the request.
func fitting(name string, key any) (algorithm, error) {
	usual, others := "", ""
	switch k := key.(type) {
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize {
			usual = "ed25519"
		}
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			usual = "ecdsa-p256-sha256"
		case elliptic.P384():
			usual = "ecdsa-p384-sha384"
		}
	case *rsa.PublicKey:
		if k.N.BitLen() < 2048 || k.N.BitLen() > 8192 {
			return algorithm{}, errors.New("is an RSA key of less than 2048 bits, or more than 8192")
		}
		usual, others = "rsa-pss-sha512", "rsa-v1_5-sha256"
	case []byte:
		if len(k) < 32 {
			return algorithm{}, errors.New("is a secret of less than 32 bytes")
		}
		others = "hmac-sha256" // by explicit choice: whoever verifies could sign
	}
	if name == "" {
		name = usual
	}
	if name == "" || name != usual && name != others {
		return algorithm{}, errors.New("is not one for its algorithm")
	}
	return algorithms[name], nil
}

func verifyEd25519(key any, base, signature []byte) bool {
	return ed25519.Verify(key.(ed25519.PublicKey), base, signature)
}

func verifyP256(key any, base, signature []byte) bool {
	sum := sha256.Sum256(base)
	return verifyECDSA(key, sum[:], signature, 32)
}

func verifyP384(key any, base, signature []byte) bool {
	sum := sha512.Sum384(base)
	return verifyECDSA(key, sum[:], signature, 48)
}

func verifyECDSA(key any, sum, signature []byte, size int) bool {
	if len(signature) != 2*size {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
	return ecdsa.Verify(key.(*ecdsa.PublicKey), sum, r, s)
}

func verifyPSS(key any, base, signature []byte) bool {
	sum := sha512.Sum512(base)
	return rsa.VerifyPSS(key.(*rsa.PublicKey), crypto.SHA512, sum[:], signature, &rsa.PSSOptions{SaltLength: 64}) == nil
}

func verifyV15(key any, base, signature []byte) bool {
	sum := sha256.Sum256(base)
	return rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), crypto.SHA256, sum[:], signature) == nil
}

func verifyHMAC(key any, base, signature []byte) bool {
	mac := hmac.New(sha256.New, key.([]byte))
	mac.Write(base)
	return hmac.Equal(mac.Sum(nil), signature)
}

// ReadKey reads a public key: a PEM file with one, or with a certificate, or a
// JWK Set (RFC 7517) that has one with the id. Private keys are refused: they do
// not belong here.
func ReadKey(text []byte, id string) (any, error) {
	if jsontext.Value(text).Kind() == '{' {
		return readJWK(text, id)
	}
	block, _ := pem.Decode(text)
	switch {
	case block == nil:
		return nil, errors.New("the file is no PEM and no JWK Set")
	case block.Type == "CERTIFICATE":
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, errors.New("the certificate cannot be read")
		}
		return c.PublicKey, nil
	case block.Type == "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, errors.New("the public key cannot be read")
		}
		return key, nil
	}
	return nil, errors.New("the file holds neither a public key nor a certificate")
}

func readJWK(text []byte, id string) (found any, err error) {
	var set struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if json.Unmarshal(text, &set) != nil {
		return nil, errors.New("the JWK Set is no strict JSON")
	}
	for _, one := range set.Keys {
		var k jose.JSONWebKey
		if k.UnmarshalJSON(one) != nil || k.KeyID != id {
			continue
		}
		if !k.IsPublic() || found != nil {
			return nil, errors.New("the JWK Set has two keys of the id, or one that is not public")
		}
		found = k.Key
	}
	if found == nil {
		return nil, errors.New("the JWK Set has no key of the id")
	}
	return found, nil
}
