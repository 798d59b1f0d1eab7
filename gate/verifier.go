package gate

import (
	"net/netip"
	"time"
)

// AuthScheme is a scheme of the field Authorization (RFC 9110 section 11.1).
type AuthScheme struct {
	Name string // as challenges write it: "DPoP"
	// Parameters of its challenges beside the realm, as `algs="ES256 EdDSA"`.
	Parameters string
}

// SchemeVerifier is a Verifier that takes what stands in Authorization under
// other schemes than the contract writes, such as DPoP beside or in place of
// Bearer. Under which one a credential came it reads from the field.
type SchemeVerifier interface {
	Verifier
	// AuthSchemes are all that it takes where use says InAuthorization, in the
	// order of their challenges. The engine asks once, when it compiles.
	AuthSchemes(use *Use) []AuthScheme
}

// FindingVerifier is a Verifier that finds its credential itself: a signature
// over the request, whatever the contract calls it. The engine asks it of every
// exchange, with raw nil.
type FindingVerifier interface {
	Verifier
	// Finds says where the credential stands, and, for clients, what it is, as
	// "a signature of the request".
	Finds(use *Use) (place CredentialPlace, words string)
}

// UserVerifier is a Verifier whose principals may tell how and when somebody
// was authenticated: ACR, AMR and AuthTime. Others cannot fulfil a step-up.
type UserVerifier interface {
	Verifier
	TellsAuthentication()
}

// NamingVerifier is a Verifier of credentials that name a subject before they
// are verified, as a user name stands beside its password.
type NamingVerifier interface {
	Verifier
	// Names returns the subject that raw names, a view, or nil. It is for
	// counting failures alone: nothing of it is true yet.
	Names(x *Exchange, use *Use, raw []byte) []byte
}

// Revocations know which credentials were taken back. Many goroutines ask at
// once, for every exchange.
type Revocations interface {
	// Known reports whether they know it at that time: not before they have
	// heard of it first, nor when they have not for long. Then nobody does, and
	// nothing that could have been taken back is good.
	Known(now time.Time) bool
	// Revoked reports whether p was, by now.
	Revoked(p *Principal, now time.Time) bool
}

// Locks count failed attempts and lock out those from whom too many came. Many
// goroutines use them at once.
type Locks interface {
	// Active reports whether anything is locked, so that Locked must be asked.
	Active(now time.Time) bool
	// Locked returns how long an attempt must wait; 0 for not at all.
	Locked(a Attempt, now time.Time) time.Duration
	// Failed counts an attempt that failed.
	Failed(a Attempt, what Failure, now time.Time)
	// Succeeded forgives what the attempt's subject failed from its network.
	Succeeded(a Attempt, now time.Time)
}

// Failure is against whom a failed attempt counts.
type Failure uint8

// Those against whom it counts.
const (
	OfCredential Failure = 1 << iota // it is not valid, and will not be
	OfCaller                         // who came with it, and whom it names
)

// Attempt is one use of a credential. What it holds are views.
type Attempt struct {
	Client     netip.Addr
	Scheme     string
	Subject    []byte // whom the credential names before it is verified; nil for nobody
	Credential []byte // nil where it has no text
}
