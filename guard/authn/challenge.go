package authn

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/gate"
)

// challenge is what a client is told in WWW-Authenticate.
type challenge struct {
	realm  string
	scopes []string
	code   gate.Code // 0 for a request that had no credential
	steps  []StepUp

	metadata string
}

// errorWords are the error codes of tokens: RFC 6750 section 3.1, RFC 9470
// section 3, RFC 9449 sections 7.1 and 9.
var errorWords = map[gate.Code]string{
	gate.CredentialInvalid: "invalid_token", gate.CredentialExpired: "invalid_token", gate.CredentialRevoked: "invalid_token",
	gate.ScopeMissing: "insufficient_scope", gate.StepUp: "insufficient_user_authentication",
	gate.ProofInvalid: "invalid_dpop_proof", gate.ProofNonce: "use_dpop_nonce",
}

// tokens reports whether a scheme of Authorization has the error codes of
// tokens.
func tokens(tag string) bool { return tag == "Bearer" || tag == "DPoP" }

// challenges writes WWW-Authenticate, one field for each scheme that u takes
// (RFC 9110 section 11.6.1). API keys and certificates have no registered
// scheme; theirs are private names, so that the field is never missing.
func (u *use) challenges(c challenge) (fields []gate.Field) {
	list := u.auths
	if len(list) == 0 {
		list = u.kind.auths
	}
	proof := c.code == gate.ProofInvalid || c.code == gate.ProofNonce
	for _, a := range list {
		if proof && len(list) > 1 && a.tag == "Bearer" {
			continue // RFC 9449 section 7.1: the error is of the scheme DPoP
		}
		fields = append(fields, gate.Field{Name: []byte("WWW-Authenticate"), Value: []byte(a.challenge(c))})
	}
	return fields
}

// challenge writes one value. A request without a credential gets no error (RFC
// 6750 section 3).
func (a *auth) challenge(c challenge) string {
	value := a.tag + ` realm="` + quotable(c.realm) + `"`
	if a.extra != "" {
		value += ", " + a.extra
	}
	if !tokens(a.tag) {
		return value
	}
	if word := errorWords[c.code]; word != "" {
		value += `, error="` + word + `", error_description="` + quotable(c.code.Title()) + `"`
	}
	if len(c.scopes) > 0 {
		value += `, scope="` + quotable(strings.Join(c.scopes, " ")) + `"`
	}
	if c.metadata != "" { // RFC 9728 section 5.1
		value += `, resource_metadata="` + quotable(c.metadata) + `"`
	}
	return value + stepWords(c.steps)
}

// lack is the refusal of callers without the scopes or roles that are asked
// for.
func (u *use) lack(c challenge, scoped bool) denial {
	words := strings.Join(c.scopes, ", ")
	if !scoped { // RFC 9110 section 15.5.4
		return denial{Refusal: gate.Refusal{Code: gate.RoleMissing, Detail: "must have the roles " + words}}
	}
	return denial{gate.Refusal{Code: gate.ScopeMissing, Detail: "must have the scopes " + words}, u.challenges(c)}
}

// quotable leaves out what may not stand in a quoted string as it is (RFC 9110
// section 5.6.4).
func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, s)
}
