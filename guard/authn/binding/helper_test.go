package binding_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/netip"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
)

const token = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// exchange is a GET of https://api.example.com/pets/7 by a client that the gate
// speaks with itself.
func exchange(fields ...string) *gate.Exchange {
	x := &gate.Exchange{
		Method: []byte("GET"), Target: []byte("/pets/7?q=1"), Path: []byte("/pets/7"), Query: []byte("q=1"), Host: []byte("api.example.com"),
		Secure: true, ClientSecure: true, Received: now,
		Peer: netip.MustParseAddrPort("192.0.2.7:5000"), Client: netip.MustParseAddr("192.0.2.7"),
	}
	for i := 0; i < len(fields); i += 2 {
		x.Fields = append(x.Fields, gate.Field{Name: []byte(fields[i]), Value: []byte(fields[i+1])})
	}
	return x
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func ath(token string) string { sum := sha256.Sum256([]byte(token)); return b64(sum[:]) }

// signer makes proofs: by rights, or not at all.
type signer struct {
	t    testing.TB
	alg  string
	key  crypto.Signer
	jwk  map[string]any
	hash string // jkt
}

func newSigner(t testing.TB, alg string, key crypto.Signer) *signer {
	t.Helper()
	public := jose.JSONWebKey{Key: key.Public()}
	text, err := public.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	s := &signer{t: t, alg: alg, key: key}
	json.Unmarshal(text, &s.jwk)
	sum, _ := public.Thumbprint(crypto.SHA256)
	s.hash = b64(sum)
	return s
}

func es256(t testing.TB) *signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newSigner(t, "ES256", key)
}

func (s *signer) header() map[string]any {
	return map[string]any{"typ": "dpop+jwt", "alg": s.alg, "jwk": maps.Clone(s.jwk)}
}

func claims() map[string]any {
	return map[string]any{"jti": rand.Text(), "htm": "GET", "htu": "https://api.example.com/pets/7", "iat": now.Unix(), "ath": ath(token)}
}

// proof is a good one but for the changes; a nil value removes a member.
func (s *signer) proof(header, changes map[string]any) string {
	h, c := s.header(), claims()
	for _, m := range []struct{ to, from map[string]any }{{h, header}, {c, changes}} {
		for name, value := range m.from {
			if m.to[name] = value; value == nil {
				delete(m.to, name)
			}
		}
	}
	return s.compact(text(s.t, h), text(s.t, c))
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// compact signs whatever texts it is given.
func (s *signer) compact(header, claims string) string {
	s.t.Helper()
	input := b64([]byte(header)) + "." + b64([]byte(claims))
	return input + "." + b64(s.sign([]byte(input)))
}

func (s *signer) sign(input []byte) []byte {
	s.t.Helper()
	sum := sha256.Sum256(input)
	var sig []byte
	var err error
	switch key := s.key.(type) {
	case *ecdsa.PrivateKey:
		digest := sum[:]
		if key.Curve == elliptic.P384() {
			long := sha512.Sum384(input)
			digest = long[:]
		}
		r, v, e := ecdsa.Sign(rand.Reader, key, digest)
		n := (key.Curve.Params().BitSize + 7) / 8
		sig, err = append(r.FillBytes(make([]byte, n)), v.FillBytes(make([]byte, n))...), e
	case *salted:
		sig, err = rsa.SignPSS(rand.Reader, key.PrivateKey, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: key.length})
	case ed25519.PrivateKey:
		sig = ed25519.Sign(key, input)
	case *rsa.PrivateKey:
		if s.alg == "RS256" {
			sig, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		} else {
			sig, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return sig
}

func hs256(key, input []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(input)
	return mac.Sum(nil)
}

func binder(t testing.TB, o binding.Options) *binding.Binder {
	t.Helper()
	b, err := binding.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func code(r *gate.Refusal) gate.Code {
	if r == nil {
		return gate.Undecided
	}
	return r.Code
}
