package config

import (
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
)

// HMACCredential are requests that callers sign with a secret which they share with the gate, under the scheme HMAC-SHA256 of Authorization.
type HMACCredential struct {
	Place
	// Keys are the callers.
	Keys []HMACKey `key:"keys,required,min=1,max=10000,example=[{id: acme, secret: \"${env:ACME_SECRET}\"}]"`
	// Headers are fields that signatures must cover, where a request has them.
	Headers []string `key:"headers,form=token,example=[Content-Type]"`
	// Window is by how much the time of a signature may differ from the gate's.
	Window time.Duration `key:"window,default=5m,min=1s,max=1h"`
	// Nonces is how many nonces are remembered, so that no signature is used twice. Where there is no room for more, calls are answered 503 until the oldest have ended.
	Nonces int `key:"nonces,default=262144,min=1000,max=16777216"`
}

// HMACKey is one caller.
type HMACKey struct {
	Place
	// ID is what the caller is called: keyId of its signatures.
	ID string `key:"id,required,form=key-id,example=acme"`
	// Secret is what it signs with. It has at least 32 bytes.
	Secret trust.Secret `key:"secret,required,example=${env:ACME_SECRET}"`
	// FormerSecret is one that is still good, while the caller changes to the new one.
	FormerSecret trust.Secret `key:"former_secret,example=${env:ACME_FORMER_SECRET}"`
	Grantee      `key:",inline"`
}

// Grantee is what a caller has whom a credential names by itself.
type Grantee struct {
	// Partner is the customer that the caller belongs to: its tenant in rules.
	Partner string `key:"partner,form=name,example=acme"`
	// Scopes are those that the caller has.
	Scopes []string `key:"scopes,form=scope,example=[orders:read]"`
	// Roles are those that the caller has.
	Roles []string `key:"roles,form=role,example=[clerk]"`
}

// SignatureCredential are requests that callers sign with a key of their own (HTTP Message Signatures, RFC 9421). A signature covers the method, the whole target, the digest of a body (RFC 9530) and the field Authorization where there is one.
type SignatureCredential struct {
	Place
	// Keys are the callers.
	Keys []SignatureKey `key:"keys,required,min=1,max=10000,example=[{id: acme, file: acme.pem}]"`
	// Fields are further fields that signatures must cover, where a request has them.
	Fields []string `key:"fields,form=token,example=[Content-Type]"`
	// Tag is the application that signatures are for: the one with this tag is judged. Without it a request has one signature.
	Tag string `key:"tag,form=name,example=orders"`
	// MaxAge is how old a signature may be.
	MaxAge time.Duration `key:"max_age,default=5m,min=1s,max=1h"`
	// Skew is by how much the clock of a caller may be ahead.
	Skew time.Duration `key:"skew,default=10s,min=1s,max=5m"`
	// Nonce says whether signatures must hold a nonce. One that has none can be used again for as long as max_age lasts.
	Nonce HasNonce `key:"nonce,default=required"`
	// Nonces is how many nonces are remembered. Where there is no room for more, calls are answered 503 until the oldest have ended.
	Nonces int `key:"nonces,default=262144,min=1000,max=16777216"`
}

// SignatureKey is one caller. It has a file, or a secret with the algorithm hmac-sha256.
type SignatureKey struct {
	Place
	// ID is what the caller is called: keyid of its signatures.
	ID string `key:"id,required,form=name,example=acme"`
	// File holds its public key: as PEM, alone or in a certificate, or in a JWK Set under the id.
	File File `key:"file,example=acme.pem"`
	// Secret is what the caller and the gate share. It has at least 32 bytes.
	Secret trust.Secret `key:"secret,example=${env:ACME_SECRET}"`
	// Algorithm is the one that the key is for. Without it, the usual one of its kind: ed25519, ecdsa-p256-sha256, ecdsa-p384-sha384 or rsa-pss-sha512.
	Algorithm SignatureAlgorithm `key:"algorithm,absent=usual,example=ed25519"`
	Grantee   `key:",inline"`
}

// HasNonce is whether signatures must hold a nonce.
type HasNonce string

// Whether they must.
const (
	NonceRequired HasNonce = "required"
	NonceOptional HasNonce = "optional"
)

// Words returns whether they must.
func (HasNonce) Words() []string { return []string{string(NonceRequired), string(NonceOptional)} }

// SignatureAlgorithm is an algorithm of RFC 9421, section 3.3.
type SignatureAlgorithm string

// Words returns the algorithms.
func (SignatureAlgorithm) Words() []string {
	return []string{"ed25519", "ecdsa-p256-sha256", "ecdsa-p384-sha384", "rsa-pss-sha512", "rsa-v1_5-sha256", "hmac-sha256"}
}

// BasicCredential are user names and passwords (RFC 7617), for single operations that cannot do without.
type BasicCredential struct {
	Place
	// Users is a file with a user a line, as NAME:HASH, where the hash is one of Argon2id: $argon2id$v=19$m=19456,t=2,p=1$SALT$SUM.
	Users File `key:"users,required,example=users.txt"`
	// Operations are those that take passwords, by operationId or as in "GET /export"; all others refuse them.
	Operations []string `key:"operations,required,min=1,example=[export]"`
	// Parallel bounds the passwords that are hashed at once. Each takes the memory that its hash says; calls that wait for more than a second are answered 503.
	Parallel int `key:"parallel,default=2,min=1,max=64"`
	// Remember is how long a password that was good is not hashed again.
	Remember time.Duration `key:"remember,default=5m,min=0s,max=1h"`
}

// leastShared is the length of a secret of callers, in bytes.
const leastShared = 32

func hmacRules(c *collector, k *Credential, at Place) {
	seen := map[string]bool{}
	for i := range k.HMAC.Keys {
		one := &k.HMAC.Keys[i]
		c.callerKey(seen, one.ID, one.Place)
		c.shared(one.Secret, one.At("secret"))
		c.shared(one.FormerSecret, one.At("former_secret"))
	}
}

func signatureRules(c *collector, k *Credential, at Place) {
	seen := map[string]bool{}
	for i := range k.Signature.Keys {
		one := &k.Signature.Keys[i]
		c.callerKey(seen, one.ID, one.Place)
		c.shared(one.Secret, one.At("secret"))
		if one.node != nil && one.has("file") == one.has("secret") {
			c.add("signature-key", one.node, "write file for a public key, or secret with algorithm: hmac-sha256", "a caller has one of file and secret")
		} else if one.has("secret") != (one.Algorithm == "hmac-sha256") {
			c.add("signature-key", one.node, "write algorithm: hmac-sha256 beside secret, and only there", "secrets are for the algorithm hmac-sha256, which is chosen by name")
		}
	}
}

// granted finds roles that a credential gives and the top of the file does not
// know, and keys of nonces that are too short.
func (c *collector) granted(known []string, k *Credential) {
	if k.Certificate != nil {
		for i := range k.Certificate.Clients {
			one := &k.Certificate.Clients[i]
			c.known(known, one.Roles, one.At("roles"))
		}
	}
	if k.HMAC != nil {
		for i := range k.HMAC.Keys {
			one := &k.HMAC.Keys[i]
			c.known(known, one.Roles, one.At("roles"))
		}
	}
	if k.Signature != nil {
		for i := range k.Signature.Keys {
			one := &k.Signature.Keys[i]
			c.known(known, one.Roles, one.At("roles"))
		}
	}
	if k.JWT != nil {
		c.shared(k.JWT.Binding.NonceKey, k.JWT.Binding.At("nonce_key"))
	}
	if k.Introspection != nil {
		c.shared(k.Introspection.Binding.NonceKey, k.Introspection.Binding.At("nonce_key"))
	}
}

// callerKey demands that callers of one credential have names of their own.
func (c *collector) callerKey(seen map[string]bool, id string, at Place) {
	if id != "" && seen[id] {
		c.add("caller-key-twice", at.At("id").node, "give each its own", "another key is called %s", quote(id))
	}
	seen[id] = true
}

// shared demands secrets that nobody guesses.
func (c *collector) shared(s trust.Secret, at Place) {
	if n := len(s.Reveal()); n > 0 && n < leastShared {
		c.add("secret-short", at.node, "make one with: openssl rand -base64 32", "the secret has %d bytes, and must have %d", n, leastShared)
	}
}
