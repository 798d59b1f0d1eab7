// Package certificate knows callers by the client certificate of their
// connection. The listener has verified its chain and asks for its revocation
// at every call; this package says whose it is. The assembly makes its
// verifiers from gatehouse.yaml; it knows the words of gate and nothing of
// listeners or of where authorities come from.
package certificate

import (
	"crypto/x509"
	"encoding/binary"
	"errors"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
)

// Identity is the part of a certificate that names the caller. The zero
// Identity is none.
type Identity uint8

// The identities. A certificate that has not exactly one of its kind names
// nobody.
const (
	Nobody     Identity = iota
	SPIFFE              // the SPIFFE ID (X.509-SVID, section 2)
	URI                 // the one URI of the subject's alternative names
	DNS                 // the one DNS name there
	Email               // the one e-mail address there
	Subject             // the subject's distinguished name, as RFC 4514 writes it
	CommonName          // the one common name of the subject
)

// Options are what a verifier accepts.
type Options struct {
	Name string // of the entry of gatehouse.yaml
	// Authorities vouch for the callers: one of them is in the chain that the
	// listener verified. Empty takes all whom the listener trusts.
	Authorities []*x509.Certificate
	Identity    Identity
	// TrustDomains are those of SPIFFE IDs, as "example.org"; SPIFFE asks for
	// at least one.
	TrustDomains []string
	// Clients are who is let in and what they may. Empty lets everybody in for
	// whom an authority vouches, with no right.
	Clients []Client
}

// Client is what callers may whose identity matches; the first that matches
// counts.
type Client struct {
	Match         string // see pattern
	Partner       string // the tenant
	Scopes, Roles []string
}

// Verifier knows callers by their certificates. It is immutable but for what it
// remembers.
type Verifier struct {
	options Options
	clients []client
	known   [1024]atomic.Pointer[verdict]
}

type client struct {
	Client
	match pattern
}

// verdict is what was found out of one certificate.
type verdict struct {
	of        *x509.Certificate
	principal *gate.Principal
	refusal   *gate.Refusal
}

var _ gate.RecheckVerifier = (*Verifier)(nil)

// New returns a verifier.
func New(o Options) (*Verifier, error) {
	v := &Verifier{options: o}
	switch {
	case o.Identity == Nobody || o.Identity > CommonName:
		return nil, errors.New("nothing of a certificate is said to name the caller")
	case o.Identity == SPIFFE && len(o.TrustDomains) == 0:
		return nil, errors.New("SPIFFE IDs are trusted of named trust domains only")
	}
	for _, domain := range o.TrustDomains {
		if !isTrustDomain(domain) {
			return nil, errors.New(domain + " is no trust domain of SPIFFE")
		}
	}
	for _, c := range o.Clients {
		match, err := compile(c.Match, separators[o.Identity])
		if err != nil {
			return nil, err
		}
		c.Scopes, c.Roles = party.Sorted(c.Scopes), party.Sorted(c.Roles)
		v.clients = append(v.clients, client{c, match})
	}
	return v, nil
}

// The refusals; all are shared.
var (
	stranger   = party.Invalid("no authority of this credential is in the certificate's chain")
	notClient  = party.Invalid("the certificate is not one for clients: it lacks the extended key usage clientAuth")
	authority  = party.Invalid("the certificate is an authority's, and an authority is no caller")
	nameless   = party.Invalid("the certificate has not exactly one name of the kind that is asked for")
	notSPIFFE  = party.Invalid("the certificate has no SPIFFE ID of a trust domain that is trusted")
	unlisted   = party.Invalid("nobody of the list has the name of the certificate")
	tooMany    = party.Invalid("the certificate has more names than are looked at")
	notSigning = party.Invalid("the certificate's key is not for signatures")
	expired    = &gate.Refusal{Code: gate.CredentialExpired}
)

// Verify implements gate.Verifier. Behind a trusted proxy the certificate of
// the connection is the proxy's, and the caller has none.
func (v *Verifier) Verify(x *gate.Exchange, _ *gate.Use, _ []byte) (*gate.Principal, *gate.Refusal) {
	if x.TLS == nil || len(x.TLS.VerifiedChains) == 0 || len(x.TLS.VerifiedChains[0]) == 0 || x.Proxied() {
		return nil, party.Missing
	}
	leaf := x.TLS.VerifiedChains[0][0]
	slot := &v.known[place(leaf, len(v.known))]
	found := slot.Load()
	if found == nil || found.of != leaf {
		found = &verdict{of: leaf}
		found.principal, found.refusal = v.judge(x.TLS.VerifiedChains)
		slot.Store(found)
	}
	if found.principal != nil && !x.Received.Before(found.principal.Expires) {
		return nil, expired
	}
	return found.principal, found.refusal
}

// Recheck implements gate.RecheckVerifier: a call that takes long ends when
// nobody vouches for its certificate any more, or its caller may something else.
func (v *Verifier) Recheck(x *gate.Exchange, use *gate.Use, p *gate.Principal) *gate.Refusal {
	now, r := v.Verify(x, use, nil)
	if r == nil && !party.Same(p, now) {
		r = party.Gone
	}
	return r
}

// place chooses by the signature, which is as good as random. Connections whose
// certificates meet in a place drive each other out.
func place(c *x509.Certificate, places int) uint64 {
	if n := len(c.Signature); n >= 8 {
		return binary.LittleEndian.Uint64(c.Signature[n-8:]) % uint64(places)
	}
	return 0
}

// judge finds out whose certificate the chains end in.
func (v *Verifier) judge(chains [][]*x509.Certificate) (*gate.Principal, *gate.Refusal) {
	chain := v.chain(chains)
	if chain == nil {
		return nil, stranger
	}
	leaf := chain[0]
	if r := leafRules(leaf); r != nil {
		return nil, r
	}
	name, r := v.name(leaf)
	if r != nil {
		return nil, r
	}
	p := &gate.Principal{
		ID: v.options.Name + "|" + name, Credential: v.options.Name, Kind: kinds[v.options.Identity],
		Issuer: chain[len(chain)-1].Subject.String(), Subject: name, Serial: leaf.SerialNumber.Text(16),
		Issued: leaf.NotBefore, Expires: leaf.NotAfter, CertificateHash: binding.Thumbprint(leaf),
	}
	for _, c := range chain {
		if c.NotAfter.Before(p.Expires) {
			p.Expires = c.NotAfter
		}
	}
	if v.options.Identity == SPIFFE { // the same caller as by a JWT-SVID
		p.Issuer = trustDomain(name)
		p.ID = p.Issuer + "|" + name
	}
	for i := range v.clients {
		if c := &v.clients[i]; c.match.matches(name) {
			p.Tenant, p.Scopes, p.Roles = c.Partner, c.Scopes, c.Roles
			return p, nil
		}
	}
	if len(v.clients) > 0 {
		return nil, unlisted
	}
	return p, nil
}

// chain returns the first chain that an authority of v vouches for; it may
// stand below one that the listener trusts.
func (v *Verifier) chain(chains [][]*x509.Certificate) []*x509.Certificate {
	for _, chain := range chains {
		if len(chain) < 2 { // a certificate that vouches for itself
			continue
		}
		if len(v.options.Authorities) == 0 {
			return chain
		}
		for _, above := range chain[1:] {
			for _, a := range v.options.Authorities {
				if above.Equal(a) {
					return chain
				}
			}
		}
	}
	return nil
}

// leafRules are what every certificate of a caller keeps: RFC 5280 section
// 4.2.1.12, said and not only left open, and X.509-SVID section 4.
func leafRules(c *x509.Certificate) *gate.Refusal {
	if c.IsCA || c.KeyUsage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0 {
		return authority
	}
	if c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return notSigning
	}
	for _, use := range c.ExtKeyUsage {
		if use == x509.ExtKeyUsageClientAuth {
			return nil
		}
	}
	return notClient
}
