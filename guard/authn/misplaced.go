package authn

import (
	"bytes"
	"slices"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/ownkey"
)

// leak is the refusal of credentials in the URL, where logs, histories and
// Referer fields keep them (RFC 6750 section 5.3).
var (
	leak       = gate.Refusal{Code: gate.CredentialMisplaced, In: "query", Detail: "must carry credentials in header fields"}
	leakInPath = gate.Refusal{Code: gate.CredentialMisplaced, In: "path", Detail: "must carry credentials in header fields"}
)

// Names of query parameters that hold credentials: RFC 6750 section 2.3, and
// what keys are mostly called.
var leaky = []string{"access_token", "api_key", "apikey"}

var (
	tokenPrefix = []byte("eyJ") // of {" in base64url
)

// misplaced reports whether the query holds a credential: a key of this gate, a
// signed token, or a parameter of a name for them. Parameters that the
// operation declares may hold tokens, such as one that confirms an address of
// mail, but no key.
func (g *Guard) misplaced(x *gate.Exchange) bool {
	for rest := x.Query; len(rest) > 0; {
		pair := rest
		if i := bytes.IndexByte(rest, '&'); i >= 0 {
			pair, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		name, value := pair, []byte(nil)
		if i := bytes.IndexByte(pair, '='); i >= 0 {
			name, value = pair[:i], pair[i+1:]
		}
		if g.hasKey(pair) {
			return true
		}
		if slices.ContainsFunc(g.may, func(may string) bool { return string(name) == may }) {
			continue
		}
		if signed(value) || len(value) > 0 && slices.ContainsFunc(leaky, func(l string) bool { return gate.EqualFold(name, l) }) {
			return true
		}
	}
	return false
}

// hasKey reports whether a part of the URL holds a key of this gate, and tells of
// the first one.
func (g *Guard) hasKey(b []byte) bool {
	id, ok := ownkey.Find(b)
	if ok && g.leaked != nil {
		g.leaked(string(id))
	}
	return ok
}

func isDigitOrLetter(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// signed reports whether b looks like a signed or an encrypted token in its
// compact form (RFC 7515 section 3.1, RFC 7516 section 3.1).
func signed(b []byte) bool {
	if !bytes.HasPrefix(b, tokenPrefix) {
		return false
	}
	dots := 0
	for _, c := range b {
		switch {
		case c == '.':
			dots++
		case !isDigitOrLetter(c) && c != '-' && c != '_':
			return false
		}
	}
	return dots == 2 || dots == 4
}
