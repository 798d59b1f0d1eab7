package binding

import (
	"encoding/base64"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/gatehouse-api/gatehouse/gate"
)

// ErrConfirmation is what ReadConfirmation returns of a cnf that says nothing
// that the gate can check: a token that has one is not accepted.
var ErrConfirmation = errors.New("the token is bound to what cannot be checked")

// confirmation is the claim cnf (RFC 7800 section 3.1). Members that are not
// known are not read; at least one must be known.
type confirmation struct {
	Certificate *string `json:"x5t#S256"` // RFC 8705 section 3.1
	Key         *string `json:"jkt"`      // RFC 9449 section 6.1
}

// ReadConfirmation puts what a token is bound to, by its claim cnf, into p.
// raw is the claim's JSON value; nil for a token without it.
func ReadConfirmation(raw []byte, p *gate.Principal) error {
	if raw == nil {
		return nil
	}
	if jsontext.Value(raw).Kind() != '{' {
		return ErrConfirmation
	}
	var c confirmation
	if err := json.Unmarshal(raw, &c); err != nil || c.Certificate == nil && c.Key == nil {
		return ErrConfirmation
	}
	for _, hash := range []struct{ from, to *string }{{c.Certificate, &p.CertificateHash}, {c.Key, &p.KeyHash}} {
		if hash.from == nil {
			continue
		}
		if !isHash(*hash.from) {
			return ErrConfirmation
		}
		*hash.to = *hash.from
	}
	return nil
}

// isHash knows SHA-256 sums as base64url without padding, written in the one
// way in which they are compared.
func isHash(text string) bool {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(sum) == 32
}
