package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"

	jose "github.com/go-jose/go-jose/v4"
)

// Bounds of keys.
const (
	minRSA      = 2048  // bits (RFC 7518 section 3.3)
	maxRSA      = 8192  // bits: the work of one verification grows with the square
	minExponent = 65537 // NIST SP 800-56B section 6.2
	maxKeyID    = 256   // bytes
)

// Key verifies signatures. It is immutable.
type Key struct {
	ID        string    // kid; "" for none
	Algorithm Algorithm // the only one that it is for; "" for all that fit its kind

	family family
	key    any // *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey, []byte
	print  [sha256.Size]byte
}

// newKey makes a Key of what verifies signatures.
func newKey(id string, algorithm Algorithm, key any) (*Key, error) {
	k := &Key{ID: id, Algorithm: algorithm, key: key}
	switch key := key.(type) {
	case *rsa.PublicKey:
		k.family = rsaFamily
		if err := soundRSA(key); err != nil {
			return nil, err
		}
	case *ecdsa.PublicKey:
		k.family = ecFamily
		// Who made the key may have left out that the point is on the curve.
		if _, err := key.ECDH(); err != nil {
			return nil, errors.New("its point is not on its curve")
		}
	case ed25519.PublicKey:
		k.family = edFamily
		if len(key) != ed25519.PublicKeySize {
			return nil, errors.New("it has not the length of an Ed25519 key")
		}
	case []byte:
		k.family = macFamily
		if len(key) < suites["HS256"].secret {
			return nil, fmt.Errorf("a secret has at least %d bytes", suites["HS256"].secret)
		}
		k.print = sha256.Sum256(key)
	default:
		return nil, errors.New("its kind is not known")
	}
	if len(id) > maxKeyID {
		return nil, fmt.Errorf("its id is longer than %d bytes", maxKeyID)
	}
	if algorithm != "" && !k.fits(algorithm) {
		return nil, errors.New("its kind is not that of its algorithm")
	}
	if k.family != macFamily {
		print, err := (&jose.JSONWebKey{Key: key}).Thumbprint(crypto.SHA256)
		if err != nil {
			return nil, errors.New("it has no thumbprint")
		}
		copy(k.print[:], print)
	}
	return k, nil
}

// soundRSA says why an RSA key is too weak or too much work.
func soundRSA(key *rsa.PublicKey) error {
	switch bits := key.N.BitLen(); {
	case bits < minRSA:
		return fmt.Errorf("it is an RSA key of less than %d bits", minRSA)
	case bits > maxRSA:
		return fmt.Errorf("it is an RSA key of more than %d bits", maxRSA)
	case key.E < minExponent || key.E%2 == 0:
		return errors.New("its RSA exponent is even or too small")
	case key.N.Bit(0) == 0:
		return errors.New("its RSA modulus is even")
	case roca(key.N):
		return errors.New("it was made by hardware whose RSA keys can be factored (ROCA, CVE-2017-15361)")
	}
	return nil
}

// fits reports whether k may verify signatures of a: its kind, its curve, its
// length and what it says itself must agree (RFC 8725 section 3.1).
func (k *Key) fits(a Algorithm) bool {
	s, ok := suites[a]
	if !ok || s.family != k.family || k.Algorithm != "" && k.Algorithm != a {
		return false
	}
	switch key := k.key.(type) {
	case *ecdsa.PublicKey:
		return key.Curve == s.curve
	case []byte:
		return len(key) >= s.secret
	}
	return true
}

// Kind says what kind of key k is, for people: "RSA 2048", "EC P-256".
func (k *Key) Kind() string {
	switch key := k.key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "EC " + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "secret"
}

// same reports whether k and other are one key under one name.
func (k *Key) same(other *Key) bool {
	return k.ID == other.ID && k.Algorithm == other.Algorithm && k.family == other.family && k.print == other.print
}

// Thumbprint is the SHA-256 thumbprint of k (RFC 7638) in base64url; "" of a
// secret, which is not to be found out by guessing.
func (k *Key) Thumbprint() string {
	if k.family == macFamily {
		return ""
	}
	return encoding.EncodeToString(k.print[:])
}
