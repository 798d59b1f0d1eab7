package config

// CertificateCredential is how a client certificate names who calls. Which certificates are let in is said under client_certificates of the listener; here may be said whose they are. Each must be one for clients (extended key usage clientAuth).
type CertificateCredential struct {
	Place
	// Identity is the name in the certificate by which the caller is known. A certificate that does not have exactly one such name is refused.
	Identity CertificateIdentity `key:"identity,default=subject"`
	// Authorities is a PEM file with the authorities that vouch for callers of this credential: one of them stands in the chain that the listener verified. Without it, all whom the listener trusts do.
	Authorities File `key:"authorities,example=partners-ca.pem"`
	// TrustDomains are the trust domains of SPIFFE IDs.
	TrustDomains []string `key:"trust_domains,min=1,form=domain,example=[example.org]"`
	// Clients are who is let in, by their names, and what they have. The first that matches counts; whoever matches none is refused. Without it, whoever has a certificate of the authorities is let in.
	Clients []CertificateClient `key:"clients,min=1,example=[{match: orders.example.com, partner: acme}]"`
}

// CertificateClient is one client, or several whose names are alike.
type CertificateClient struct {
	Place
	// Match is the name. Between the separators of its kind ("/" of URIs, "." of host names, "@" of addresses of mail) "*" is any one piece; "**" at the end is one or more.
	Match string `key:"match,required,example=spiffe://example.org/ns/*/sa/orders"`
	// Partner is the customer that the client belongs to: its tenant in rules.
	Partner string `key:"partner,form=name,example=acme"`
	// Scopes are those that the client has.
	Scopes []string `key:"scopes,form=scope,example=[orders:read]"`
	// Roles are those that the client has.
	Roles []string `key:"roles,form=role,example=[clerk]"`
}

// CertificateIdentity is a name in a certificate.
type CertificateIdentity string

// The names.
const (
	IdentitySubject    CertificateIdentity = "subject"     // its whole subject, as in CN=orders,O=Example
	IdentitySPIFFE     CertificateIdentity = "spiffe"      // its SPIFFE ID, of one of trust_domains
	IdentityURI        CertificateIdentity = "uri"         // its URI
	IdentityDNS        CertificateIdentity = "dns"         // its host name
	IdentityEmail      CertificateIdentity = "email"       // its address of mail
	IdentityCommonName CertificateIdentity = "common_name" // the common name of its subject, which authorities give out twice more easily than the others
)

// Words returns the names.
func (CertificateIdentity) Words() []string {
	return []string{string(IdentitySubject), string(IdentitySPIFFE), string(IdentityURI), string(IdentityDNS), string(IdentityEmail), string(IdentityCommonName)}
}

// certificateRules holds trust domains to the identity that has them.
func certificateRules(c *collector, k *Credential, at Place) {
	switch s := k.Certificate; {
	case s.Identity == IdentitySPIFFE && !s.has("trust_domains"):
		c.add("certificate-spiffe", at.node, "add trust_domains: [example.org]", "SPIFFE IDs are trusted of named trust domains only")
	case s.Identity != IdentitySPIFFE && s.has("trust_domains"):
		c.add("certificate-spiffe", s.At("trust_domains").node, "write identity: spiffe, or remove them", "only SPIFFE IDs have trust domains")
	}
}
