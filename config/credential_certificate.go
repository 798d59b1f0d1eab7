package config

// CertificateCredential is how a client certificate names who calls. Which certificates are good is said under client_certificates of the listener.
type CertificateCredential struct {
	Place
	// Identity is the name in the certificate by which the caller is known. A certificate that does not have exactly one such name is refused.
	Identity CertificateIdentity `key:"identity,default=subject"`
}

// CertificateIdentity is a name in a certificate.
type CertificateIdentity string

// The names.
const (
	IdentitySubject CertificateIdentity = "subject" // its whole subject, as in CN=orders,O=Example
	IdentityURI     CertificateIdentity = "uri"     // its URI, as workloads have it (SPIFFE)
	IdentityDNS     CertificateIdentity = "dns"     // its host name
	IdentityEmail   CertificateIdentity = "email"   // its address of mail
)

// Words returns the names.
func (CertificateIdentity) Words() []string {
	return []string{string(IdentitySubject), string(IdentityURI), string(IdentityDNS), string(IdentityEmail)}
}
