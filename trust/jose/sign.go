package jose

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Signer makes tokens, for tests and for what the gate says itself. It holds a
// private key or a secret, which it does not print.
type Signer struct {
	id        string
	algorithm Algorithm
	key       any
	public    *Key // of a secret, the secret
}

// NewSigner returns a signer with a private key or a secret; "" for the
// algorithm takes the usual one of its kind. Keys that could not verify are no
// good for signing.
func NewSigner(id string, algorithm Algorithm, key any) (*Signer, error) {
	public := key
	if private, ok := key.(crypto.Signer); ok {
		public = private.Public()
	}
	if algorithm == "" {
		algorithm = usual(public)
	}
	if err := algorithm.known(); err != nil {
		return nil, err
	}
	k, err := newKey(id, "", public)
	if err != nil {
		return nil, fmt.Errorf("the key cannot be used: %w", err)
	}
	if !k.fits(algorithm) {
		return nil, fmt.Errorf("the key is no key of %s: it is of kind %s", algorithm, k.Kind())
	}
	return &Signer{id: id, algorithm: algorithm, key: key, public: k}, nil
}

// usual is the algorithm of a key that nobody chose one for.
func usual(public any) Algorithm {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		for _, a := range []Algorithm{"ES256", "ES384", "ES512"} {
			if suites[a].curve == key.Curve {
				return a
			}
		}
	case ed25519.PublicKey:
		return "EdDSA"
	case *rsa.PublicKey:
		return "PS256"
	case []byte:
		return "HS256"
	}
	return ""
}

// GenerateKey makes a private key for an algorithm.
func GenerateKey(algorithm Algorithm) (crypto.Signer, error) {
	if err := algorithm.known(); err != nil {
		return nil, err
	}
	switch s := suites[algorithm]; s.family {
	case ecFamily:
		return ecdsa.GenerateKey(s.curve, rand.Reader)
	case edFamily:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case rsaFamily:
		return rsa.GenerateKey(rand.Reader, 3072)
	}
	return nil, errors.New("a secret is no key pair: make one with openssl rand -base64 48")
}

// ReadPrivate reads a private key: PEM (PKCS#8, SEC 1 or PKCS#1), or a JWK,
// which may be a secret. It returns the id and the algorithm that the key says
// it has. The error holds nothing of text.
func ReadPrivate(text []byte) (id string, algorithm Algorithm, key any, err error) {
	if !bytes.Contains(text, []byte("-----BEGIN")) {
		return readPrivateJWK(text)
	}
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return "", "", nil, errors.New("there is no private key in the file")
		}
		switch block.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		default:
			continue
		}
		if err != nil {
			err = errors.New("the private key cannot be read")
		}
		return "", "", key, err
	}
}

func readPrivateJWK(text []byte) (id string, algorithm Algorithm, key any, err error) {
	if len(text) > MaxSetBytes {
		return "", "", nil, errors.New("the file is too large for a key")
	}
	object, err := ReadObject(text)
	if err != nil {
		return "", "", nil, fmt.Errorf("the file is neither PEM nor a JWK: %w", err)
	}
	var jwk jose.JSONWebKey
	none := errors.New("there is no private key in the file")
	if jwk.UnmarshalJSON(text) != nil {
		return "", "", nil, none
	}
	switch jwk.Key.(type) {
	case crypto.Signer, []byte:
	default:
		return "", "", nil, none
	}
	id, _ = object["kid"].(string)
	alg, _ := object["alg"].(string)
	return id, Algorithm(alg), jwk.Key, nil
}

// Algorithm returns what s signs with.
func (s *Signer) Algorithm() Algorithm { return s.algorithm }

// ID returns the id of the key.
func (s *Signer) ID() string { return s.id }

// Sign returns a token with claims, which are JSON. typ is the type in its
// header, Absent for none.
func (s *Signer) Sign(typ string, claims []byte) (string, error) {
	if _, err := ReadObject(claims); err != nil {
		return "", fmt.Errorf("the claims cannot be signed: %w", err)
	}
	o := new(jose.SignerOptions)
	if typ != Absent {
		o.WithType(jose.ContentType(typ))
	}
	key := s.key
	if edwards, ok := key.(ed25519.PrivateKey); ok && s.algorithm == "Ed25519" {
		key = &newerName{edwards, s.id}
	} else if s.id != "" {
		key = jose.JSONWebKey{Key: s.key, KeyID: s.id}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(s.algorithm), Key: key}, o)
	if err != nil {
		return "", errors.New("the key cannot sign")
	}
	jws, err := signer.Sign(claims)
	if err != nil {
		return "", errors.New("the key cannot sign")
	}
	return jws.CompactSerialize()
}

// newerName signs as EdDSA does, under the name Ed25519 (RFC 9864 section 2.2),
// which the library does not know. It implements jose.OpaqueSigner.
type newerName struct {
	key ed25519.PrivateKey
	id  string
}

func (n *newerName) Public() *jose.JSONWebKey {
	return &jose.JSONWebKey{Key: n.key.Public(), KeyID: n.id}
}

func (*newerName) Algs() []jose.SignatureAlgorithm { return []jose.SignatureAlgorithm{"Ed25519"} }

func (n *newerName) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	return ed25519.Sign(n.key, payload), nil
}

// Public writes the public keys of signers as a JWK Set. A secret has none.
func Public(signers ...*Signer) ([]byte, error) {
	var set struct {
		Keys []jsontext.Value `json:"keys"`
	}
	for _, s := range signers {
		if s.public.family == macFamily {
			return nil, errors.New("a secret has no public part")
		}
		text, err := (&jose.JSONWebKey{Key: s.public.key, KeyID: s.id, Algorithm: string(s.algorithm), Use: "sig"}).MarshalJSON()
		if err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, text)
	}
	return json.Marshal(set)
}

// Thumbprint is that of the key of s; see Key.Thumbprint.
func (s *Signer) Thumbprint() string { return s.public.Thumbprint() }
