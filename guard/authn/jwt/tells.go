package jwt

import "github.com/gatehouse-api/gatehouse/gate"

var _ gate.UserVerifier = (*Verifier)(nil)

// TellsAuthentication implements gate.UserVerifier: tokens have acr, amr and
// auth_time.
func (*Verifier) TellsAuthentication() {}
