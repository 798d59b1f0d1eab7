package gatehouse

import (
	"context"

	"github.com/gatehouse-api/gatehouse/gate"
)

// VerifierFunc is a Verifier of credentials that are known by their text: a key,
// a token, the text behind "Basic". It returns whose the credential is, or nil
// when it is not valid. An error says that this cannot be found out for now: the
// client gets 503 and keeps its credential. The principal must have an ID, and
// is not changed any more. Many goroutines call the function at once. A function
// of other code that comes into its place ends calls that take long.
type VerifierFunc func(ctx context.Context, credential string) (*Principal, error)

var _ Verifier = VerifierFunc(nil)

// Verify implements Verifier. It has no credential to ask about where the
// contract wants a certificate.
func (f VerifierFunc) Verify(x *gate.Exchange, _ *gate.Use, raw []byte) (*Principal, *gate.Refusal) {
	if len(raw) == 0 {
		return nil, &gate.Refusal{Code: gate.CredentialMissing}
	}
	p, err := f(x.Context, string(raw))
	switch {
	case err != nil:
		return nil, &gate.Refusal{Code: gate.CredentialUnverified, Cause: err}
	case p == nil || p.ID == "":
		return nil, &gate.Refusal{Code: gate.CredentialInvalid}
	}
	return p, nil
}
