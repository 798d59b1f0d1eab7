package introspection

import "github.com/gatehouse-api/gatehouse/gate"

var _ gate.UserVerifier = (*Verifier)(nil)

// TellsAuthentication implements gate.UserVerifier: answers have acr, amr and
// auth_time (RFC 9470 section 6.2).
func (*Verifier) TellsAuthentication() {}
