// Package signature verifies requests that are signed by RFC 9421, HTTP Message
// Signatures, and the digest of their bodies (RFC 9530). The assembly makes its
// verifiers from gatehouse.yaml; it knows the words of gate and nothing of where
// keys come from.
package signature

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
	"github.com/gatehouse-api/gatehouse/guard/authn/replay"
)

// Options are which callers are known, and what their signatures must cover.
type Options struct {
	Name string // of the entry of gatehouse.yaml
	Keys []Key
	// Fields are fields that each signature must cover, where the request has
	// them, beside those that all must: see required.
	Fields []string
	// Tag is the application that a signature is for; "" for a request with one
	// signature alone, whatever its tag.
	Tag string
	// MaxAge is how old a signature may be; 0 for DefaultMaxAge.
	MaxAge time.Duration
	// Skew is by how much the clock of a caller may be ahead; 0 for DefaultSkew.
	Skew time.Duration
	// NonceOptional takes signatures without a nonce, which can be used again
	// for as long as MaxAge lasts.
	NonceOptional bool
	// Capacity is how many nonces are remembered; 0 for replay.DefaultCapacity.
	Capacity int
}

// Defaults of Options.
const (
	DefaultMaxAge = 5 * time.Minute
	DefaultSkew   = 10 * time.Second
)

// Key is one caller.
type Key struct {
	party.Party // its ID is the keyid
	// Key verifies: an ed25519.PublicKey, *ecdsa.PublicKey, *rsa.PublicKey, or
	// the []byte of a secret.
	Key any
	// Algorithm is the one that the key is for, as RFC 9421 calls it; "" for the
	// usual one of its kind.
	Algorithm string
}

// Verifier verifies signatures. Many goroutines use it at once.
type Verifier struct {
	options Options
	keys    map[string]*key
	used    *replay.Set
}

// key is one caller, ready for use.
type key struct {
	principal *gate.Principal
	key       any
	algorithm algorithm
}

var (
	_ gate.BodyVerifier    = (*Verifier)(nil)
	_ gate.FindingVerifier = (*Verifier)(nil)
	_ gate.RecheckVerifier = (*Verifier)(nil)
)

// New returns a verifier.
func New(o Options) (*Verifier, error) {
	if o.MaxAge <= 0 {
		o.MaxAge = DefaultMaxAge
	}
	if o.Skew <= 0 {
		o.Skew = DefaultSkew
	}
	if len(o.Keys) == 0 {
		return nil, errors.New("there is no key")
	}
	v := &Verifier{options: o, keys: map[string]*key{}, used: replay.New(o.MaxAge+o.Skew, o.Capacity)}
	for _, k := range o.Keys {
		if k.ID == "" || v.keys[k.ID] != nil {
			return nil, fmt.Errorf("a key has no name, or two are called %q", k.ID)
		}
		a, err := fitting(k.Algorithm, k.Key)
		if err != nil {
			return nil, fmt.Errorf("the key %q %w", k.ID, err)
		}
		text, err := bytesOf(k.Key)
		if err != nil {
			return nil, fmt.Errorf("the key %q %w", k.ID, err)
		}
		v.keys[k.ID] = &key{key: k.Key, algorithm: a, principal: k.Principal(o.Name, gate.Program, text)}
	}
	return v, nil
}

// bytesOf is a key by which it is known again.
func bytesOf(key any) ([]byte, error) {
	if secret, ok := key.([]byte); ok {
		return secret, nil
	}
	return x509.MarshalPKIXPublicKey(key)
}

// Recheck implements gate.RecheckVerifier: a call that takes long ends when the
// key that it was signed with is taken away, or its caller may something else.
func (v *Verifier) Recheck(_ *gate.Exchange, _ *gate.Use, p *gate.Principal) *gate.Refusal {
	if k := v.keys[p.Subject]; k != nil && party.Same(p, k.principal) {
		return nil
	}
	return party.Gone
}

// Finds implements gate.FindingVerifier.
func (v *Verifier) Finds(*gate.Use) (gate.CredentialPlace, string) {
	return gate.InSignature, "a signature of the request in Signature-Input and Signature"
}

// The refusals; all are shared.
var (
	badForm     = party.Invalid("Signature-Input and Signature are not of the form of RFC 9421")
	ambiguous   = party.Invalid("the request has not exactly one signature that it may mean")
	noKey       = party.Invalid("nobody who is known has signed this request")
	badParams   = party.Invalid("the signature lacks created, keyid or nonce, or has a parameter that is none")
	otherAlg    = party.Invalid("the signature is of another algorithm than its key")
	badTime     = &gate.Refusal{Code: gate.CredentialExpired, Cause: errors.New("the signature has expired, is too old, or not of now")}
	uncovered   = party.Invalid("the signature does not cover all that it must")
	unknownPart = party.Invalid("the signature covers a part that the request has not, or not once, or that is not known")
	badSig      = party.Invalid("the signature is not that of its key")
	badBody     = party.Invalid("the body is not the one that Content-Digest says")
)

// Verify implements gate.Verifier: RFC 9421 section 3.2, what is cheap first.
func (v *Verifier) Verify(x *gate.Exchange, _ *gate.Use, _ []byte) (*gate.Principal, *gate.Refusal) {
	s, r := v.find(x)
	if r != nil {
		return nil, r
	}
	k := v.keys[s.keyID]
	if k == nil {
		return nil, noKey
	}
	if s.algorithm != "" && s.algorithm != k.algorithm.name {
		return nil, otherAlg
	}
	if r := v.timely(s, x.Received); r != nil {
		return nil, r
	}
	if !v.covers(s, x) {
		return nil, uncovered
	}
	base, ok := s.base(x)
	if !ok {
		return nil, unknownPart
	}
	if !k.algorithm.verify(k.key, base, s.signature) {
		return nil, badSig
	}
	if s.nonce == "" { // NonceOptional
		return k.principal, nil
	}
	return party.Once(v.used, k.principal, s.nonce, x.Received)
}

// timely is RFC 9421 section 2.3, created and expires.
func (v *Verifier) timely(s *signed, now time.Time) *gate.Refusal {
	created := time.Unix(s.created, 0)
	if created.Before(now.Add(-v.options.MaxAge)) || created.After(now.Add(v.options.Skew)) || s.expires != 0 && !now.Before(time.Unix(s.expires, 0)) {
		return badTime
	}
	return nil
}

// VerifyBody implements gate.BodyVerifier. A digest that is there must hold,
// and one must be there for a body, which Verify has seen to for those whose
// length is stated.
func (v *Verifier) VerifyBody(x *gate.Exchange, _ *gate.Use) *gate.Refusal {
	value, n := x.Field("Content-Digest")
	switch {
	case n == 0 && len(x.Body) == 0:
		return nil
	case n != 1 || !Digested(string(value), x.Body):
		return badBody
	}
	return nil
}
