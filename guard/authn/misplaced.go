package authn

import (
	"bytes"
	"slices"

	"github.com/gatehouse-api/gatehouse/gate"
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
	keyPrefix   = []byte("ghk_")
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
	for i := bytes.Index(b, keyPrefix); i >= 0; i = bytes.Index(b, keyPrefix) {
		b = b[i:]
		if id, ok := keyID(b); ok {
			if g.leaked != nil {
				g.leaked(string(id))
			}
			return true
		}
		b = b[len(keyPrefix):]
	}
	return false
}

// keyID returns the public part of what looks like a key of this gate:
// ghk_<env>_<id>_<secret>_<checksum>.
func keyID(b []byte) (id []byte, ok bool) {
	var parts [5][]byte
	n := 0
	for start, i := 0, 0; i <= len(b); i++ {
		if i < len(b) && (isDigitOrLetter(b[i])) {
			continue
		}
		if n == len(parts) {
			break
		}
		parts[n] = b[start:i]
		n, start = n+1, i+1
		if i == len(b) || b[i] != '_' {
			break
		}
	}
	if n < 4 || len(parts[2]) == 0 || len(parts[2]) > 64 || len(parts[3]) < 16 {
		return nil, false
	}
	return parts[2], true
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
