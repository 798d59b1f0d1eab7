package caller

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Lifetime is how long a token is good. It is signed anew after half of it.
const Lifetime = time.Minute

// Token is how the gate signs who calls.
type Token struct {
	Field    string // in which it is sent
	Issuer   string
	Audience string                            // the API
	signing  func(time.Time) *ecdsa.PrivateKey // nil for always the same
	now      atomic.Pointer[signer]            // that signed last
}

// signer is a key that signs, with the encoded head of its tokens.
type signer struct {
	key  crypto.Signer
	head string
}

// NewToken returns how tokens for an API are signed: by a key of ECDSA on P-256
// or of Ed25519.
func NewToken(field, issuer, audience string, key crypto.Signer) (*Token, error) {
	s, err := newSigner(key)
	if err != nil {
		return nil, err
	}
	t := &Token{Field: field, Issuer: issuer, Audience: audience}
	t.now.Store(s)
	return t, nil
}

// NewRotatedToken is NewToken with keys that change, of ECDSA on P-256: signing
// returns the one that signs at a time. Many goroutines call it at once.
func NewRotatedToken(field, issuer, audience string, signing func(time.Time) *ecdsa.PrivateKey) *Token {
	return &Token{Field: field, Issuer: issuer, Audience: audience, signing: signing}
}

// signer returns the key that signs at a time.
func (t *Token) signer(now time.Time) (*signer, error) {
	last := t.now.Load()
	if t.signing == nil {
		return last, nil
	}
	key := t.signing(now)
	if key == nil {
		return nil, errKey
	}
	if last != nil && last.key == crypto.Signer(key) {
		return last, nil
	}
	s, err := newSigner(key)
	if err == nil {
		t.now.Store(s)
	}
	return s, err
}

func newSigner(key crypto.Signer) (*signer, error) {
	alg, members, err := jwk(key.Public())
	if err != nil {
		return nil, err
	}
	return &signer{key, encode([]byte(`{"alg":"` + alg + `","kid":"` + keyID(members) + `","typ":"JWT"}`))}, nil
}

// Set writes public keys as the JWK Set (RFC 7517 section 5) by which APIs
// verify the tokens that they signed.
func Set(keys ...crypto.PublicKey) ([]byte, error) {
	text := []byte(`{"keys":[`)
	for i, key := range keys {
		alg, members, err := jwk(key)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, strings.TrimSuffix(members, "}")+`,"alg":"`+alg+`","kid":"`+keyID(members)+`","use":"sig"}`...)
	}
	return append(text, "]}"...), nil
}

// jwk is a key as RFC 7638 section 3.2 wants it: the members that make its
// value, in the order of their names.
func jwk(key crypto.PublicKey) (alg, members string, err error) {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return "", "", errKey
		}
		point, err := k.Bytes()
		if err != nil {
			return "", "", errKey
		}
		return "ES256", `{"crv":"P-256","kty":"EC","x":"` + encode(point[1:33]) + `","y":"` + encode(point[33:]) + `"}`, nil
	case ed25519.PublicKey:
		return "EdDSA", `{"crv":"Ed25519","kty":"OKP","x":"` + encode(k) + `"}`, nil // RFC 8037 section 2
	}
	return "", "", errKey
}

// keyID is the thumbprint of a key (RFC 7638).
func keyID(members string) string {
	sum := sha256.Sum256([]byte(members))
	return encode(sum[:])
}

var errKey = errors.New("the key is neither of ECDSA on P-256 nor of Ed25519")

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// claims are what a token says (RFC 7519 section 4.1, RFC 9068 section 2.2).
type claims struct {
	Issuer     string   `json:"iss"`
	Audience   string   `json:"aud"`
	Subject    string   `json:"sub"`
	Issued     int64    `json:"iat"`
	Expires    int64    `json:"exp"`
	ID         string   `json:"caller"`
	Credential string   `json:"credential"`
	Kind       string   `json:"kind"`
	Authority  string   `json:"idp,omitempty"`
	Client     string   `json:"client_id,omitempty"`
	Tenant     string   `json:"tenant,omitempty"`
	Session    string   `json:"sid,omitempty"`
	Scope      string   `json:"scope,omitempty"`
	Roles      []string `json:"roles,omitempty"`
	ACR        string   `json:"acr,omitempty"`
	AMR        []string `json:"amr,omitempty"`
	AuthTime   int64    `json:"auth_time,omitempty"`
}

// sign writes a token for p in the compact form (RFC 7515 section 3.1).
func (t *Token) sign(p *gate.Principal, now time.Time) ([]byte, error) {
	c := claims{
		Issuer: t.Issuer, Audience: t.Audience, Subject: p.Subject, Issued: now.Unix(), Expires: now.Add(Lifetime).Unix(),
		ID: p.ID, Credential: p.Credential, Kind: p.Kind.String(), Authority: p.Issuer, Client: p.Client, Tenant: p.Tenant, Session: p.Session,
		Roles: p.Roles, ACR: p.ACR, AMR: p.AMR,
	}
	if c.Subject == "" {
		c.Subject = p.ID
	}
	if !p.Expires.IsZero() {
		c.Expires = min(c.Expires, p.Expires.Unix())
	}
	if !p.AuthTime.IsZero() {
		c.AuthTime = p.AuthTime.Unix()
	}
	for i, s := range p.Scopes {
		if i > 0 {
			c.Scope += " "
		}
		c.Scope += s
	}
	body, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	by, err := t.signer(now)
	if err != nil {
		return nil, err
	}
	text := []byte(by.head + "." + encode(body))
	signature, err := by.sign(text)
	if err != nil {
		return nil, err
	}
	return append(append(text, '.'), encode(signature)...), nil
}

func (s *signer) sign(text []byte) ([]byte, error) {
	key, ok := s.key.(*ecdsa.PrivateKey)
	if !ok {
		return s.key.Sign(rand.Reader, text, crypto.Hash(0)) // RFC 8032 section 5.1
	}
	sum := sha256.Sum256(text)
	first, second, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return nil, err
	}
	both := make([]byte, 64) // RFC 7518 section 3.4
	first.FillBytes(both[:32])
	second.FillBytes(both[32:])
	return both, nil
}
