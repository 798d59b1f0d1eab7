package jose

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Bounds and defaults of Rules.
const (
	DefaultBytes    = 8 << 10
	MaxBytes        = 64 << 10
	DefaultSkew     = 30 * time.Second
	MaxSkew         = 5 * time.Minute
	DefaultLifetime = 24 * time.Hour
)

// Absent stands in Rules.Types for a token that does not say its type.
const Absent = "absent"

// AccessToken is the type of access tokens (RFC 9068 section 2.1).
const AccessToken = "at+jwt"

// Rules are what one verifier demands of tokens.
type Rules struct {
	// Issuer is what iss must be, character for character.
	Issuer string
	// Audience are the names of which aud must hold one, where whoever asks
	// does not say others. Empty leaves it to them.
	Audience []string
	// Algorithms are accepted; empty for DefaultAlgorithms. All are of public
	// keys or all of secrets: a public key is never taken for a secret.
	Algorithms []Algorithm
	// Types are what typ may be, "application/" left out; empty for AccessToken.
	Types []string
	// Require are claims, by their paths as Token.Find reads them, and the values
	// of which each must have one.
	Require map[string][]string
	// TrustDomain is the SPIFFE trust domain that sub must be a SPIFFE ID of;
	// "" asks for none.
	TrustDomain string
	Skew        time.Duration // between clocks; 0 for DefaultSkew, negative for none
	MaxLifetime time.Duration // from iat to exp; 0 for DefaultLifetime
	MaxBytes    int           // of a token; 0 for DefaultBytes
	// Statement is for tokens that say something and let nobody in: such a token
	// need not have a subject. It is never true of what guards requests.
	Statement bool
	// Endless takes statements without exp (RFC 8417 section 2.2), which must have
	// iat and are good for MaxLifetime from then.
	Endless bool
}

// Verifier judges tokens by Rules. It is immutable.
type Verifier struct {
	rules    Rules
	skew     int64 // seconds
	lifetime int64 // seconds
}

// New returns the verifier of rules, or everything that is wrong with them.
func New(rules Rules) (*Verifier, error) {
	r := rules
	r.Audience, r.Types, r.Require = slices.Clone(r.Audience), slices.Clone(r.Types), maps.Clone(r.Require)
	r.Algorithms = slices.Clone(r.Algorithms)
	if len(r.Algorithms) == 0 {
		r.Algorithms = DefaultAlgorithms()
	}
	if len(r.Types) == 0 {
		r.Types = []string{AccessToken}
	}
	for i, t := range r.Types {
		r.Types[i] = mediaType(t)
	}
	if r.MaxBytes == 0 {
		r.MaxBytes = DefaultBytes
	}
	if r.Skew == 0 {
		r.Skew = DefaultSkew
	}
	if r.MaxLifetime == 0 {
		r.MaxLifetime = DefaultLifetime
	}
	if err := r.wrong(); err != nil {
		return nil, err
	}
	return &Verifier{rules: r, skew: max(0, int64(r.Skew/time.Second)), lifetime: int64(r.MaxLifetime / time.Second)}, nil
}

// wrong says what is wrong with rules that have their defaults.
func (r *Rules) wrong() error {
	var all []error
	secret := r.Algorithms[0].Symmetric()
	for _, a := range r.Algorithms {
		if err := a.known(); err != nil {
			all = append(all, err)
		} else if a.Symmetric() != secret { // RFC 8725 section 3.1: no key confusion
			all = append(all, errors.New("algorithms of secrets and of public keys are not accepted together"))
			break
		}
	}
	if r.Endless && !r.Statement {
		all = append(all, errors.New("only statements may have no exp"))
	}
	if r.Issuer == "" {
		all = append(all, errors.New("the issuer is missing"))
	}
	if slices.Contains(r.Audience, "") {
		all = append(all, errors.New("an audience is empty"))
	}
	if slices.Contains(r.Types, "") {
		all = append(all, fmt.Errorf("a type is empty: %q stands for tokens without", Absent))
	}
	for claim, values := range r.Require {
		if claim == "" || len(values) == 0 {
			all = append(all, fmt.Errorf("a required claim %q has no value", claim))
		}
	}
	if r.Skew > MaxSkew {
		all = append(all, fmt.Errorf("clocks differ by at most %v", MaxSkew))
	}
	if r.MaxLifetime < time.Second {
		all = append(all, errors.New("tokens live at least a second"))
	}
	if r.MaxBytes < 0 || r.MaxBytes > MaxBytes {
		all = append(all, fmt.Errorf("tokens are at most %d KiB", MaxBytes>>10))
	}
	return errors.Join(all...)
}

// Symmetric reports whether the keys of v are secrets.
func (v *Verifier) Symmetric() bool { return v.rules.Algorithms[0].Symmetric() }

// Skew is for how long a token is good behind its exp.
func (v *Verifier) Skew() time.Duration { return time.Duration(v.skew) * time.Second }

// mediaType is a type as it is compared: without case, and without the
// "application/" that may be left out (RFC 7515 section 4.1.9).
func mediaType(s string) string {
	s = strings.ToLower(s)
	if rest, ok := strings.CutPrefix(s, "application/"); ok && !strings.Contains(rest, "/") {
		return rest
	}
	return s
}

// Issuer is whose tokens v verifies.
func (v *Verifier) Issuer() string { return v.rules.Issuer }
