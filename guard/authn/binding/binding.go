// Package binding sees that a token is used by whom it was issued to: by the
// certificate of the connection (RFC 8705) or by a proof of possession of a
// key (DPoP, RFC 9449). Verifiers of tokens below guard/authn ask it for every
// call, also when the token itself was seen before. It imports the words of
// gate and knows nothing of how tokens are verified or where keys come from.
package binding

import (
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/replay"
)

// Options are what a Binder asks of proofs.
type Options struct {
	// Algorithms may sign proofs: of ES256, ES384, ES512, EdDSA, Ed25519, PS256,
	// PS384, PS512, RS256, RS384, RS512. Empty is DefaultAlgorithms.
	Algorithms []string
	// MaxAge is how old a proof may be; 0 for a minute.
	MaxAge time.Duration
	// Skew is by how much the clock of a client may be ahead; 0 for 10 seconds.
	Skew time.Duration
	// Nonce demands that each proof holds a nonce which the gate gave out
	// (RFC 9449 section 9).
	Nonce bool
	// NonceKey is what nonces are made of: all nodes of one service have the
	// same. Empty is NonceMAC.
	NonceKey []byte
	// NonceMAC makes nonces with a key that may be rotated at any time. Nil is a
	// random key.
	NonceMAC NonceMAC
	// Required refuses tokens that are bound to nothing.
	Required bool
	// Capacity is how many proofs are remembered; 0 for replay.DefaultCapacity.
	Capacity int
}

// DefaultAlgorithms sign proofs where nobody says which may.
var DefaultAlgorithms = []string{"ES256", "ES384", "EdDSA", "Ed25519", "PS256"}

// Defaults of Options.
const (
	DefaultMaxAge = time.Minute
	DefaultSkew   = 10 * time.Second
)

// Binder judges whether a token is used by whom it is bound to. It outlives
// plans; many goroutines use it at once.
type Binder struct {
	allowed  []algorithm
	maxAge   time.Duration
	skew     time.Duration
	required bool
	nonces   *nonces // nil asks for none
	used     *replay.Set
	schemes  []gate.AuthScheme
	prints   prints
}

// New returns a binder. An algorithm that it does not know is an error.
func New(o Options) (*Binder, error) {
	b := &Binder{maxAge: o.MaxAge, skew: o.Skew, required: o.Required}
	if b.maxAge <= 0 {
		b.maxAge = DefaultMaxAge
	}
	if b.skew <= 0 {
		b.skew = DefaultSkew
	}
	names := o.Algorithms
	if len(names) == 0 {
		names = DefaultAlgorithms
	}
	for _, name := range names {
		a, ok := algorithms[name]
		if !ok {
			return nil, errors.New("proofs cannot be signed by " + name)
		}
		b.allowed = append(b.allowed, a)
	}
	if o.Nonce {
		b.nonces = &nonces{mac: o.nonceMAC()}
	}
	b.schemes = []gate.AuthScheme{{Name: "Bearer"}, {Name: scheme, Parameters: `algs="` + strings.Join(names, " ") + `"`}}
	// A proof can be accepted from skew before its iat until maxAge after it.
	b.used = replay.New(b.maxAge+b.skew, o.Capacity)
	return b, nil
}

func (o *Options) nonceMAC() NonceMAC {
	switch {
	case len(o.NonceKey) > 0:
		return fixed(o.NonceKey)
	case o.NonceMAC != nil:
		return o.NonceMAC
	}
	key := make(fixed, 32)
	rand.Read(key) // never fails
	return key
}

// AuthSchemes are the schemes of Authorization that tokens may stand behind (RFC
// 6750 section 2.1, RFC 9449 section 7.1), for verifiers that are
// gate.SchemeVerifier.
func (b *Binder) AuthSchemes() []gate.AuthScheme { return b.schemes }

// Check judges whether the caller of x is whom token is bound to, as p says in
// CertificateHash and KeyHash. It returns nil when that is so, or when the
// token is bound to nothing and need not be. A refusal is shared.
func (b *Binder) Check(x *gate.Exchange, token []byte, p *gate.Principal) *gate.Refusal {
	if p.CertificateHash != "" {
		if r := b.certificate(x, p.CertificateHash); r != nil {
			return r
		}
	}
	switch proven := byProof(x); {
	case p.KeyHash == "" && proven: // RFC 9449 section 7.1
		return unbound
	case p.KeyHash == "":
		if b.required && p.CertificateHash == "" {
			return demanded
		}
		return nil
	case !proven: // RFC 9449 section 7.2: never as a bearer token
		return asBearer
	}
	return b.prove(x, token, p.KeyHash)
}

// certificate is RFC 8705 section 3. Behind a trusted proxy the connection's
// certificate is the proxy's, not the client's.
func (b *Binder) certificate(x *gate.Exchange, hash string) *gate.Refusal {
	if x.TLS == nil || len(x.TLS.PeerCertificates) == 0 || x.Proxied() {
		return noCertificate
	}
	if b.prints.of(x.TLS.PeerCertificates[0]) != hash {
		return otherCertificate
	}
	return nil
}

// scheme is the authentication scheme of RFC 9449 section 7.1.
const scheme = "DPoP"

// byProof reports whether the token came under the scheme DPoP.
func byProof(x *gate.Exchange) bool {
	value, _ := x.Field("Authorization")
	return len(value) > len(scheme) && value[len(scheme)] == ' ' && gate.EqualFold(value[:len(scheme)], scheme)
}

func refuse(cause string) *gate.Refusal {
	return &gate.Refusal{Code: gate.ProofInvalid, In: "header", Cause: errors.New(cause)}
}

// invalid is what RFC 8705 section 3 says of tokens of other certificates.
func invalid(cause string) *gate.Refusal {
	return &gate.Refusal{Code: gate.CredentialInvalid, Cause: errors.New(cause)}
}
