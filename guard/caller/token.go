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
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Lifetime is how long a token is good. It is signed anew after half of it.
const Lifetime = time.Minute

// Token is how the gate signs who calls.
type Token struct {
	Field    string // in which it is sent
	Issuer   string
	Audience string // the API
	signer   crypto.Signer
	head     string // encoded
}

// NewToken returns how tokens for an API are signed: by a key of ECDSA on P-256
// or of Ed25519.
func NewToken(field, issuer, audience string, key crypto.Signer) (*Token, error) {
	t := &Token{Field: field, Issuer: issuer, Audience: audience, signer: key}
	var alg, print string
	switch k := key.Public().(type) {
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return nil, errKey
		}
		point, err := k.Bytes()
		if err != nil {
			return nil, errKey
		}
		// RFC 7638 section 3.2: the members in the order of their names.
		alg, print = "ES256", `{"crv":"P-256","kty":"EC","x":"`+encode(point[1:33])+`","y":"`+encode(point[33:])+`"}`
	case ed25519.PublicKey:
		alg, print = "EdDSA", `{"crv":"Ed25519","kty":"OKP","x":"`+encode(k)+`"}` // RFC 8037 section 2
	default:
		return nil, errKey
	}
	sum := sha256.Sum256([]byte(print))
	t.head = encode([]byte(`{"alg":"` + alg + `","kid":"` + encode(sum[:]) + `","typ":"JWT"}`))
	return t, nil
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
	text := []byte(t.head + "." + encode(body))
	signature, err := t.signature(text)
	if err != nil {
		return nil, err
	}
	return append(append(text, '.'), encode(signature)...), nil
}

func (t *Token) signature(text []byte) ([]byte, error) {
	key, ok := t.signer.(*ecdsa.PrivateKey)
	if !ok {
		return t.signer.Sign(rand.Reader, text, crypto.Hash(0)) // RFC 8032 section 5.1
	}
	sum := sha256.Sum256(text)
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return nil, err
	}
	both := make([]byte, 64) // RFC 7518 section 3.4
	r.FillBytes(both[:32])
	s.FillBytes(both[32:])
	return both, nil
}
