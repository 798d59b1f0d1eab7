// Package certificate takes the client certificate of a connection for who
// calls. A listener has asked for the certificate and verified its chain; this
// package reads who it names. Package serve makes its verifiers; it imports
// gate, and knows nothing of the engine that asks it or of other verifiers.
package certificate

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Identity is the name in a certificate by which its holder is known.
type Identity uint8

// The names.
const (
	Subject Identity = iota // the whole subject
	URI
	DNS
	Email
)

// Options are one entry of the configuration.
type Options struct {
	Name     string // of the entry
	Identity Identity
}

// Verifier is a gate.Verifier of client certificates.
type Verifier struct {
	options Options
	// known are the certificates that were read last. Connections have many
	// requests each, and one certificate.
	known [kept]atomic.Pointer[holder]
}

// kept is how many certificates stay read.
const kept = 1024

type holder struct {
	leaf      *x509.Certificate
	principal *gate.Principal
}

// New returns a verifier.
func New(o Options) *Verifier { return &Verifier{options: o} }

var _ gate.Verifier = (*Verifier)(nil)

var (
	missing  = &gate.Refusal{Code: gate.CredentialMissing}
	nameless = &gate.Refusal{Code: gate.CredentialInvalid, Detail: "must have a certificate with exactly one name of the kind that is asked for",
		Cause: errors.New("the certificate does not have exactly one name of the kind that identity says")}
)

// Verify implements gate.Verifier.
func (v *Verifier) Verify(x *gate.Exchange, _ *gate.Use, _ []byte) (*gate.Principal, *gate.Refusal) {
	if x.TLS == nil || len(x.TLS.VerifiedChains) == 0 || len(x.TLS.VerifiedChains[0]) == 0 {
		return nil, missing
	}
	leaf := x.TLS.VerifiedChains[0][0]
	at := &v.known[slot(leaf)]
	if h := at.Load(); h != nil && h.leaf == leaf {
		return h.principal, nil
	}
	p := v.principal(leaf)
	if p == nil {
		return nil, nameless
	}
	at.Store(&holder{leaf, p})
	return p, nil
}

// slot spreads certificates by the end of their signatures, which nobody
// chooses.
func slot(leaf *x509.Certificate) uint64 {
	if n := len(leaf.Raw); n >= 8 {
		return binary.LittleEndian.Uint64(leaf.Raw[n-8:]) % kept
	}
	return 0
}

// principal reads who a certificate names; nil for nobody, or for several.
func (v *Verifier) principal(leaf *x509.Certificate) *gate.Principal {
	name := ""
	switch v.options.Identity {
	case Subject:
		name = leaf.Subject.String() // RFC 2253
	case URI:
		if len(leaf.URIs) == 1 {
			name = leaf.URIs[0].String()
		}
	case DNS:
		name = only(leaf.DNSNames)
	case Email:
		name = only(leaf.EmailAddresses)
	}
	if name == "" {
		return nil
	}
	issuer, kind := leaf.Issuer.String(), gate.Program
	switch v.options.Identity {
	case Email:
		kind = gate.Person
	case URI:
		kind = gate.Workload
	}
	sum := sha256.Sum256(leaf.Raw)
	return &gate.Principal{
		ID: issuer + "|" + name, Credential: v.options.Name, Kind: kind, Issuer: issuer, Subject: name,
		Serial: leaf.SerialNumber.Text(16), Issued: leaf.NotBefore, Expires: leaf.NotAfter,
		CertificateHash: base64.RawURLEncoding.EncodeToString(sum[:]), // RFC 8705 section 3.1
	}
}

func only(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return ""
}
