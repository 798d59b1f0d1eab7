// Package party makes principals of the callers that gatehouse.yaml names one by
// one, with the key, the secret or the password that each proves itself by, tells
// whether one whose call takes long is still who it was, and has what a caller
// signed be good once. Verifiers below guard/authn import it; it knows the words
// of gate and nothing of how anything is verified.
package party

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/replay"
)

// Party is a caller, and what it may.
type Party struct {
	ID            string
	Partner       string // the tenant
	Scopes, Roles []string
}

// Principal is who calls when p has proven itself to the credential of that
// name by what provenBy holds: a key, a secret, or the hash of a password.
func (p *Party) Principal(credential string, kind gate.PrincipalKind, provenBy []byte) *gate.Principal {
	who := &gate.Principal{
		ID: credential + "|" + p.ID, Credential: credential, Kind: kind, Issuer: credential, Subject: p.ID, Serial: p.ID,
		Tenant: p.Partner, Scopes: Sorted(p.Scopes), Roles: Sorted(p.Roles), Proven: print(provenBy),
	}
	if kind == gate.Program {
		who.Client = p.ID
	}
	return who
}

// Sorted returns words as principals have them: sorted, and each once.
func Sorted(words []string) []string {
	words = slices.Clone(words)
	slices.Sort(words)
	return slices.Compact(words)
}

// printKey makes prints worthless outside this process.
var printKey = func() (key [32]byte) {
	rand.Read(key[:]) // never fails
	return key
}()

func print(provenBy []byte) (sum [16]byte) {
	mac := hmac.New(sha256.New, printKey[:])
	mac.Write(provenBy)
	copy(sum[:], mac.Sum(nil))
	return sum
}

// Same reports whether a caller that was known before is one that is known now:
// proven by the same, and with the same rights. One whose rights have changed
// calls anew.
func Same(was, now *gate.Principal) bool {
	return was == now || was.ID == now.ID && was.Proven == now.Proven && was.Tenant == now.Tenant &&
		slices.Equal(was.Scopes, now.Scopes) && slices.Equal(was.Roles, now.Roles)
}

// The refusals that verifiers share.
var (
	// Missing says that the request has no such credential.
	Missing = &gate.Refusal{Code: gate.CredentialMissing}
	// Gone is what RecheckVerifiers say of a caller that is not known any more, or
	// not as it was.
	Gone = Invalid("the caller is not known any more, or proves itself by something else, or may something else")

	usedBefore = Invalid("the signature was used before")
	isFull     = &gate.Refusal{Code: gate.CredentialUnverified, Retry: 5, Cause: errors.New("as many signatures are remembered as there is room for")}
)

// Invalid returns a refusal of a credential that is not good. It is made once and
// shared: why holds nothing of a request.
func Invalid(why string) *gate.Refusal {
	return &gate.Refusal{Code: gate.CredentialInvalid, Cause: errors.New(why)}
}

// Once returns p for a signature by it whose nonce was not used before, and says
// why not for others.
func Once(used *replay.Set, p *gate.Principal, nonce string, now time.Time) (*gate.Principal, *gate.Refusal) {
	switch used.Use(p.Subject, nonce, now) {
	case replay.Fresh:
		return p, nil
	case replay.Seen:
		return nil, usedBefore
	}
	return nil, isFull
}
