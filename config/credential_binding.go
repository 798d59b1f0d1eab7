package config

import (
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
)

// Binding is how the gate sees that a token is used by whom it was issued to: by the client certificate of the connection (RFC 8705), or by a proof of a key (DPoP, RFC 9449). Tokens that are bound are held to it whether or not anything is said here.
type Binding struct {
	Place
	// Required refuses tokens that are bound to nothing, which are good for whoever has them.
	Required bool `key:"required"`
	// Algorithms are those that may sign proofs.
	Algorithms []string `key:"algorithms,min=1,words=ES256|ES384|ES512|EdDSA|Ed25519|PS256|PS384|PS512|RS256|RS384|RS512,absent=ES256 ES384 EdDSA Ed25519 PS256,example=[ES256]"`
	// MaxAge is how old a proof may be.
	MaxAge time.Duration `key:"max_age,default=1m,min=1s,max=10m"`
	// Skew is by how much the clock of a client may be ahead.
	Skew time.Duration `key:"skew,default=10s,min=1s,max=5m"`
	// Nonce says whether proofs must hold a nonce that the gate gave out in DPoP-Nonce, so that none can be made ahead of its use. It is asked for "always" or "never".
	Nonce AskNonce `key:"nonce,default=never"`
	// NonceKey is a secret that nonces are made of: all gates of one API have the same, so that each knows the nonces of the others. It has at least 32 bytes. Without it, it is made of the gate's own keys where trust has a keys_file, whose rotation the next call sees while nonces that were given out stay good for as long as they were to, and otherwise anew at each start.
	NonceKey trust.Secret `key:"nonce_key,example=${env:NONCE_KEY}"`
	// Proofs is how many proofs are remembered, so that none is used twice. Where there is no room for more, calls are answered 503 until the oldest have ended.
	Proofs int `key:"proofs,default=262144,min=1000,max=16777216"`
}

// AskNonce is when proofs must hold a nonce.
type AskNonce string

// When they must.
const (
	NonceNever  AskNonce = "never"
	NonceAlways AskNonce = "always"
)

// Words returns when they must.
func (AskNonce) Words() []string { return []string{string(NonceNever), string(NonceAlways)} }
