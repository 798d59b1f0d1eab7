// Package mac verifies requests that are signed with a secret which the caller
// shares with the gate: the scheme HMAC-SHA256 of the field Authorization, as
// docs/guide/authentication.md describes it. The assembly makes its verifiers
// from gatehouse.yaml; it knows the words of gate and nothing of where secrets
// come from.
package mac

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
	"github.com/gatehouse-api/gatehouse/guard/authn/replay"
)

// Options are which callers are known, and what their signatures must cover.
type Options struct {
	Name string // of the entry of gatehouse.yaml
	Keys []Key
	// Headers are fields that each signature must cover, where the request has
	// them.
	Headers []string
	// Window is by how much the time of a signature may differ from the gate's;
	// 0 for DefaultWindow.
	Window time.Duration
	// Capacity is how many nonces are remembered; 0 for replay.DefaultCapacity.
	Capacity int
}

// Key is one caller.
type Key struct {
	party.Party
	// Secrets are those that the caller may sign with: one, or the next beside
	// the one before.
	Secrets [][]byte
}

// DefaultWindow is Options.Window where nobody says.
const DefaultWindow = 5 * time.Minute

// leastSecret is the length of a secret that nobody guesses, in bytes.
const leastSecret = 32

// Verifier verifies signatures. Many goroutines use it at once.
type Verifier struct {
	options Options
	keys    map[string]*key
	nobody  *key // in place of those that are not known
	used    *replay.Set
}

// key is one caller with its states of HMAC, ready for use.
type key struct {
	secrets []secret
}

// secret is one that the caller may sign with.
type secret struct {
	principal *gate.Principal
	macs      *sync.Pool // of hash.Hash
}

var (
	_ gate.BodyVerifier    = (*Verifier)(nil)
	_ gate.RecheckVerifier = (*Verifier)(nil)
)

// New returns a verifier.
func New(o Options) (*Verifier, error) {
	if o.Window <= 0 {
		o.Window = DefaultWindow
	}
	// A signature is good from Window before its time until Window behind it.
	v := &Verifier{options: o, keys: map[string]*key{}, used: replay.New(2*o.Window, o.Capacity)}
	if len(o.Keys) == 0 {
		return nil, errors.New("there is no key")
	}
	most := 1
	for _, k := range o.Keys {
		if v.keys[k.ID] != nil {
			return nil, fmt.Errorf("two keys are called %q", k.ID)
		}
		if !isWord([]byte(k.ID)) || len(k.Secrets) == 0 {
			return nil, fmt.Errorf("the key %q has no secret, or another name than letters, digits and - . _ ~", k.ID)
		}
		one := new(key)
		for _, s := range k.Secrets {
			if len(s) < leastSecret {
				return nil, fmt.Errorf("the secret of the key %q has %d bytes, and must have %d", k.ID, len(s), leastSecret)
			}
			one.secrets = append(one.secrets, secret{k.Principal(o.Name, gate.Program, s), macs(s)})
		}
		most = max(most, len(one.secrets))
		v.keys[k.ID] = one
	}
	v.nobody = &key{}
	for range most {
		random := make([]byte, leastSecret)
		rand.Read(random) // never fails
		v.nobody.secrets = append(v.nobody.secrets, secret{macs: macs(random)})
	}
	return v, nil
}

func macs(secret []byte) *sync.Pool {
	secret = slices.Clone(secret)
	return &sync.Pool{New: func() any { return hmac.New(sha256.New, secret) }}
}

// The refusals; all are shared. Which of key and signature is wrong is told to
// nobody.
var (
	badForm   = party.Invalid("Authorization is not of the form of HMAC-SHA256")
	badTime   = &gate.Refusal{Code: gate.CredentialExpired, Cause: errors.New("the time of the signature is not of now")}
	badMAC    = party.Invalid("nobody who is known has signed this request")
	uncovered = party.Invalid("the signature does not cover a field that it must")
	badField  = party.Invalid("the signature covers a field that is not there once")
	badBody   = party.Invalid("the body is not the one that was signed")
)

// Verify implements gate.Verifier.
func (v *Verifier) Verify(x *gate.Exchange, _ *gate.Use, _ []byte) (*gate.Principal, *gate.Refusal) {
	var c credential
	if r := c.find(x); r != nil {
		return nil, r
	}
	now := x.Received
	if d := now.Sub(time.Unix(c.seconds, 0)); d > v.options.Window || d < -v.options.Window {
		return nil, badTime
	}
	for _, name := range v.options.Headers {
		if _, n := x.Field(name); n > 0 && !c.covers(name) {
			return nil, uncovered
		}
	}
	k := v.keys[string(c.keyID)]
	if k == nil {
		k = v.nobody
	}
	p, r := k.verify(x, &c)
	if r != nil {
		return nil, r
	}
	return party.Once(v.used, p, string(c.nonce), now)
}

// verify looks for a secret of k that the request was signed with. The work is
// the same for a caller who is not known.
func (k *key) verify(x *gate.Exchange, c *credential) (*gate.Principal, *gate.Refusal) {
	var found *gate.Principal
	for i := range k.secrets {
		s := &k.secrets[i]
		mac := s.macs.Get().(hash.Hash)
		mac.Reset()
		ok := c.write(mac, x)
		var sum [sha256.Size]byte
		if mac.Sum(sum[:0]); ok && hmac.Equal(sum[:], c.signature[:]) {
			found = s.principal
		}
		s.macs.Put(mac)
		if !ok {
			return nil, badField
		}
	}
	if found == nil {
		return nil, badMAC
	}
	return found, nil
}

// Recheck implements gate.RecheckVerifier: a call that takes long ends when the
// secret that it was signed with is taken away, or its caller may something else.
func (v *Verifier) Recheck(_ *gate.Exchange, _ *gate.Use, p *gate.Principal) *gate.Refusal {
	if k := v.keys[p.Subject]; k != nil {
		for i := range k.secrets {
			if party.Same(p, k.secrets[i].principal) {
				return nil
			}
		}
	}
	return party.Gone
}

// VerifyBody implements gate.BodyVerifier.
func (v *Verifier) VerifyBody(x *gate.Exchange, _ *gate.Use) *gate.Refusal {
	var c credential
	if r := c.find(x); r != nil {
		return r
	}
	if sum := sha256.Sum256(x.Body); !hmac.Equal(sum[:], c.digest[:]) {
		return badBody
	}
	return nil
}

// decode reads base64 of 32 bytes, written in the one way there is.
func decode(to *[32]byte, text []byte) bool {
	if len(text) != base64.StdEncoding.EncodedLen(len(to)) {
		return false
	}
	var room [33]byte
	n, err := base64.StdEncoding.Strict().Decode(room[:], text)
	copy(to[:], room[:])
	return err == nil && n == len(to)
}
