// Package jose reads signed tokens (JWS compact form, RFC 7515; JWT, RFC 7519)
// and the keys that they are verified with (JWK, RFC 7517), as RFC 8725 says:
// what is accepted is decided by configuration and key, never by the token. Each
// thing that is asked of a token is a named check, so that the gate and the
// command line judge and explain with the same code. Verifiers, sources of keys
// and the command line import it; it knows neither exchanges nor where keys
// come from, and it reads no clock.
package jose

import (
	"crypto/elliptic"
	"fmt"
	"slices"
	"strings"
)

// Algorithm is the name of a signature algorithm (RFC 7518 section 3.1, RFC
// 8037, RFC 9864). The zero Algorithm is none and verifies nothing.
type Algorithm string

// family is the kind of key that an algorithm needs.
type family uint8

const (
	noFamily family = iota
	rsaFamily
	ecFamily
	edFamily
	macFamily
)

// suite is what an algorithm asks of its key.
type suite struct {
	family family
	curve  elliptic.Curve // of ecFamily
	secret int            // of macFamily: the least bytes of a secret (RFC 7518 section 3.2)
}

// suites are all algorithms. "none" is not one.
var suites = map[Algorithm]suite{
	"RS256": {family: rsaFamily}, "RS384": {family: rsaFamily}, "RS512": {family: rsaFamily},
	"PS256": {family: rsaFamily}, "PS384": {family: rsaFamily}, "PS512": {family: rsaFamily},
	"ES256":   {family: ecFamily, curve: elliptic.P256()},
	"ES384":   {family: ecFamily, curve: elliptic.P384()},
	"ES512":   {family: ecFamily, curve: elliptic.P521()},
	"EdDSA":   {family: edFamily}, // RFC 8037 section 3.1, of Ed25519 alone
	"Ed25519": {family: edFamily}, // RFC 9864 section 2.2
	"HS256":   {family: macFamily, secret: 32},
	"HS384":   {family: macFamily, secret: 48},
	"HS512":   {family: macFamily, secret: 64},
}

// Algorithms returns the names of all algorithms, sorted.
func Algorithms() []Algorithm {
	var all []Algorithm
	for a := range suites {
		all = append(all, a)
	}
	slices.Sort(all)
	return all
}

// DefaultAlgorithms are those that a verifier accepts when nothing else is said.
func DefaultAlgorithms() []Algorithm {
	return []Algorithm{"RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"}
}

// Symmetric reports whether whoever verifies a could sign as well.
func (a Algorithm) Symmetric() bool { return suites[a].family == macFamily }

// known says why a is no algorithm.
func (a Algorithm) known() error {
	if _, ok := suites[a]; ok {
		return nil
	}
	names := make([]string, 0, len(suites))
	for _, name := range Algorithms() {
		names = append(names, string(name))
	}
	if strings.EqualFold(string(a), "none") {
		return fmt.Errorf("the algorithm none is no signature: choose of %s", strings.Join(names, ", "))
	}
	return fmt.Errorf("%q is no algorithm of signatures: choose of %s", string(a), strings.Join(names, ", "))
}
