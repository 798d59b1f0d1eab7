package authn

import "github.com/gatehouse-api/gatehouse/gate"

// attempt describes what x tries with a credential of u.
func attempt(x *gate.Exchange, u *use, raw []byte) gate.Attempt {
	a := gate.Attempt{Client: x.Client, Scheme: u.Scheme, Credential: raw}
	if !a.Client.IsValid() {
		a.Client = x.Peer.Addr()
	}
	if v, ok := u.verifier.(gate.NamingVerifier); ok {
		a.Subject = v.Names(x, &u.Use, raw)
	}
	return a
}

// count tells the locks how an attempt ended. What could not be verified does
// not count, and neither does what is not the caller's fault. The first success
// of a principal is told, and each of one that names a subject: passwords are
// guessed.
func (g *Guard) count(x *gate.Exchange, u *use, raw []byte, s *slot) {
	if s.state == good {
		_, naming := u.verifier.(gate.NamingVerifier)
		if first := s.principal.Note(); first || naming {
			g.locks.Succeeded(attempt(x, u, raw), x.Received)
		}
		return
	}
	what := gate.Failure(0)
	switch s.refusal.Code {
	case gate.CredentialInvalid:
		what = gate.OfCredential | gate.OfCaller
	case gate.CredentialExpired, gate.CredentialRevoked: // it was the caller's own
		what = gate.OfCredential
	case gate.ProofInvalid, gate.CredentialRestricted: // who has stolen a credential must not lock it
		what = gate.OfCaller
	default:
		return
	}
	g.locks.Failed(attempt(x, u, raw), what, x.Received)
}
