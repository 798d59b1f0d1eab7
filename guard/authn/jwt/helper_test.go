package jwt

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

var received = time.Unix(1_800_000_000, 0)

type object = map[string]any

// issuer signs tokens with one key.
type issuer struct {
	id  string
	key *ecdsa.PrivateKey
}

func newIssuer(id string, seed byte) *issuer {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		panic(err)
	}
	return &issuer{id, key}
}

func (i *issuer) set(t testing.TB) *jose.Set {
	t.Helper()
	set, err := jose.PublicSet(i.id, "", &i.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// token signs good claims with changes; nil removes one.
func (i *issuer) token(changes object) string {
	claims := object{"iss": "https://id.example.com", "sub": "alice", "aud": "shop", "client_id": "web", "jti": "1", "iat": 1_799_999_990, "exp": 1_800_000_600}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	b64 := base64.RawURLEncoding.EncodeToString
	header, _ := json.Marshal(object{"alg": "ES256", "typ": "at+jwt", "kid": i.id})
	body, _ := json.Marshal(claims)
	input := b64(header) + "." + b64(body)
	hash := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, i.key, hash[:])
	if err != nil {
		panic(err)
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return input + "." + b64(sig)
}

// ring is a source of keys of a test.
type ring struct {
	set, newer atomic.Pointer[jose.Set]
	failing    atomic.Bool
	asked      atomic.Int32
	wait       atomic.Int64 // time.Duration
	id         atomic.Value // that was asked for last
}

func ringOf(set *jose.Set) *ring {
	r := new(ring)
	r.set.Store(set)
	return r
}

func (r *ring) Keys() *jose.Set { return r.set.Load() }

func (r *ring) Newer(_ context.Context, than *jose.Set, id string) (*jose.Set, time.Duration) {
	r.asked.Add(1)
	r.id.Store(id)
	if n := r.newer.Load(); n != nil {
		r.set.Store(n)
	}
	return r.set.Load(), time.Duration(r.wait.Load())
}

func (r *ring) Failing() bool       { return r.failing.Load() }
func (r *ring) Retry(time.Time) int { return 7 }

func verifier(t testing.TB, keys Keys, change func(*Options)) *Verifier {
	t.Helper()
	judge, err := jose.New(jose.Rules{Issuer: "https://id.example.com", Audience: []string{"shop"}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := binding.New(binding.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Name: "staff", Judge: judge, Keys: keys, Binding: b}
	if change != nil {
		change(&o)
	}
	return New(o)
}

func exchange() *gate.Exchange {
	return &gate.Exchange{Context: context.Background(), Received: received}
}

var use = &gate.Use{Place: gate.InAuthorization, Name: "Authorization", Auth: "bearer"}

// ask has v judge a token at a time behind received.
func ask(v *Verifier, token string, later time.Duration) (*gate.Principal, gate.Code) {
	x := exchange()
	x.Received = received.Add(later)
	p, r := v.Verify(x, use, []byte(token))
	if (p == nil) == (r == nil) {
		panic("neither or both")
	}
	if r != nil {
		return nil, r.Code
	}
	return p, 0
}
