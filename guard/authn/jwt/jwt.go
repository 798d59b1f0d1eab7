// Package jwt verifies signed tokens of an issuer (RFC 7519, RFC 9068) for the
// guard of credentials, and remembers those that were good, so that a token that
// was seen before costs a look-up and not a signature. The assembly makes its
// verifiers; it imports the words of gate, trust/jose and its sibling binding,
// and knows nothing of the guard, of configuration or of where keys come from.
package jwt

import (
	"bytes"
	"context"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// Keys gives the keys that tokens are verified with. Many goroutines use it at
// once. trust/jwks has the one that fetches them.
type Keys interface {
	// Keys returns the set; nil when there is none. It does not block.
	Keys() *jose.Set
	// Newer asks for a newer set than one that has no key for a token, which names
	// a key by its id, and waits a bounded time for it. It returns the same when
	// there is none; with wait, nobody knows yet, and will behind that.
	Newer(ctx context.Context, than *jose.Set, id string) (set *jose.Set, wait time.Duration)
	// Failing reports whether keys cannot be fetched for now.
	Failing() bool
	// Retry is in how many seconds it is worth while to ask again.
	Retry(now time.Time) int
}

// DefaultCapacity is how many tokens are remembered when nothing else is said.
const DefaultCapacity = 100_000

// Options are what a Verifier is made of.
type Options struct {
	Name   string         // of the credential
	Judge  *jose.Verifier // what is asked of tokens
	Keys   Keys
	Claims Claims
	// Binding sees that a token is used by whom it was issued to; with nil, a
	// token that is bound to anybody is refused.
	Binding *binding.Binder
	// Capacity is how many tokens are remembered, about; 0 for DefaultCapacity,
	// negative for none.
	Capacity int
}

// Verifier judges the tokens of one issuer. It outlives plans; many goroutines
// use it at once.
type Verifier struct {
	name    string
	judge   *jose.Verifier
	keys    Keys
	claims  Claims
	binding *binding.Binder
	seen    *cache // nil remembers nothing
	denials denials
	words   words
}

var (
	_ gate.Verifier       = (*Verifier)(nil)
	_ gate.SchemeVerifier = (*Verifier)(nil)
)

// New returns a verifier.
func New(o Options) *Verifier {
	v := &Verifier{name: o.Name, judge: o.Judge, keys: o.Keys, claims: o.Claims, binding: o.Binding}
	if o.Capacity == 0 {
		o.Capacity = DefaultCapacity
	}
	if o.Capacity > 0 {
		v.seen = newCache(o.Capacity)
	}
	return v
}

// AuthSchemes implements gate.SchemeVerifier: tokens come as bearer tokens, or
// with a proof.
func (v *Verifier) AuthSchemes(*gate.Use) []gate.AuthScheme {
	if v.binding == nil {
		return []gate.AuthScheme{{Name: "Bearer"}}
	}
	return v.binding.AuthSchemes()
}

// Verify implements gate.Verifier.
func (v *Verifier) Verify(x *gate.Exchange, use *gate.Use, raw []byte) (*gate.Principal, *gate.Refusal) {
	received := x.Received
	if received.IsZero() {
		received = time.Now()
	}
	now, set := received.Unix(), v.keys.Keys()
	e, hash := v.seen.find(raw, now)
	if e == nil || !e.current(set) {
		var r *gate.Refusal
		if e, r = v.verify(x, raw, set, received, hash); r != nil {
			return nil, r
		}
	}
	// What changes with time and with whom the token is shown to is asked of
	// every exchange.
	if why := v.judge.Holds(&e.token, now, use.Audience); why != nil {
		return nil, v.denials.of(why)
	}
	if r := v.bound(x, raw, &e.principal); r != nil {
		return nil, r
	}
	return &e.principal, nil
}

// verify judges a token that is not remembered, and remembers one that is good.
func (v *Verifier) verify(x *gate.Exchange, raw []byte, set *jose.Set, received time.Time, hash uint64) (*entry, *gate.Refusal) {
	t, why := v.judge.Verify(raw, set, received.Unix())
	if why != nil && why.Newer {
		ctx := x.Context
		if ctx == nil {
			ctx = context.Background()
		}
		var wait time.Duration
		for range 2 { // another one may have come meanwhile, and not be new enough
			var newer *jose.Set
			if newer, wait = v.keys.Newer(ctx, set, jose.KeyID(raw)); newer == set {
				break
			}
			set = newer
			if t, why = v.judge.Verify(raw, set, received.Unix()); why == nil || !why.Newer {
				break
			}
		}
		if why != nil && why.Newer && wait > 0 {
			// A fetch that may bring the key is still to come: no 401.
			return nil, &gate.Refusal{Code: gate.CredentialUnverified, Retry: int((wait + time.Second - 1) / time.Second), Cause: why}
		}
		if why != nil && why.Newer && (set == nil || v.keys.Failing()) {
			// The key may exist where it cannot be fetched from: no 401.
			return nil, &gate.Refusal{Code: gate.CredentialUnverified, Retry: v.keys.Retry(time.Now()), Cause: why}
		}
	}
	if why != nil {
		return nil, v.denials.of(why)
	}
	e := &entry{hash: hash, raw: bytes.Clone(raw)}
	if err := v.principal(&e.principal, t); err != nil {
		return nil, unboundable
	}
	e.token, e.until = *t, e.principal.Expires.Unix()
	e.token.Claims = nil // the principal has what counts of them
	e.token.Audience = v.words.list(t.Audience)
	e.set.Store(set)
	if why := v.judge.Holds(t, received.Unix(), t.Audience); why == nil { // the audience is asked of each API
		v.seen.keep(e, received.Unix())
	}
	return e, nil
}

// bound sees that a token is used by whom it was issued to.
func (v *Verifier) bound(x *gate.Exchange, raw []byte, p *gate.Principal) *gate.Refusal {
	if v.binding != nil {
		return v.binding.Check(x, raw, p)
	}
	if p.CertificateHash != "" || p.KeyHash != "" {
		return unboundable
	}
	return nil
}
