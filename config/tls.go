package config

// TLS is how TLS is spoken, and with which certificates. All files are read again when they change.
type TLS struct {
	Place
	Pair `key:",inline"`
	// ACME obtains certificates from an authority and renews them, beside or in place of those in files.
	ACME *ACME `key:"acme"`
	// Certificates are further ones. A client gets the one that has the name it asks for (by SNI); names in full come before *.example.com.
	Certificates []Certificate `key:"certificates,example=[{certificate: other.crt, key: other.key}]"`
	// UnknownNames is what a client gets that asks for a name which no certificate has, or for none: the first certificate, or a handshake that fails.
	UnknownNames UnknownNames `key:"unknown_names,default=first"`
	// Min is the oldest version that is spoken. With "1.2", version 1.2 is spoken with ephemeral keys (ECDHE) and authenticated encryption (AES-GCM, ChaCha20-Poly1305) only.
	Min TLSVersion `key:"min,default=1.3"`
	// ClientCertificates say which clients are asked for a certificate, and whose. Each is for hosts of its own; one may be for all others.
	ClientCertificates []ClientCertificates `key:"client_certificates,example=[{authorities: clients-ca.pem}]"`
}

// ACME is how certificates are obtained (RFC 8555). The authority finds its proof on this listener (TLS-ALPN-01), which it must reach at port 443, and on a listener that redirects to https (HTTP-01), which it must reach at port 80.
type ACME struct {
	Place
	// Domains are the names to obtain certificates for, one each.
	Domains []string `key:"domains,required,min=1,form=domain,example=[shop.example.com]"`
	// Storage is a folder for keys, certificates and the account with the authority. It is made where it is missing, readable for the user of the gate alone.
	Storage File `key:"storage,required,example=/var/lib/gatehouse/acme"`
	// Email is where the authority may write to.
	Email string `key:"email,form=email,example=ops@example.com"`
	// Directory is the URL of the authority, whose terms of service are accepted by using it.
	Directory string `key:"directory,default=https://acme-v02.api.letsencrypt.org/directory,form=directory"`
	// CA is a PEM file with the authorities that may vouch for the directory's connection, instead of the system's.
	CA File `key:"ca,example=acme-ca.pem"`
}

// Pair is a certificate and its key.
type Pair struct {
	// Certificate is a PEM file with the certificate chain, the listener's own certificate first.
	Certificate File `key:"certificate,example=tls.crt"`
	// Key is a PEM file with the private key.
	Key File `key:"key,example=tls.key"`
	// BackupKey is a PEM file with the key that the next certificate will have, or its public half; the private half is better kept elsewhere. It is only named, to clients that pin keys: see gatehouse pins.
	BackupKey File `key:"backup_key,example=backup.pem"`
}

// Certificate is a further certificate of a listener.
type Certificate struct {
	Place
	Pair `key:",inline"`
}

// ClientCertificates is a policy: which clients are asked for a certificate, and whose.
type ClientCertificates struct {
	Place
	// Hosts are the names that clients connect to under this policy; *.example.com is every name with one label more. Without it, every name that no other policy has. Calls for a host with another policy than the name that the connection was made for are answered 421.
	Hosts []string `key:"hosts,form=server-name,example=[partners.example.com]"`
	// Authorities is a PEM file with the authorities that may vouch for clients; those that stand below others, too, when they have revocation lists.
	Authorities File `key:"authorities,required,example=clients-ca.pem"`
	// Optional lets clients without a certificate in, such as for APIs whose contracts ask for one in some operations only. One that is shown must be valid all the same.
	Optional bool `key:"optional"`
	// CRL is a file with the revocation lists of the authorities, PEM or DER. A client is let in only while a current list of its authority vouches for it.
	CRL File `key:"crl,example=clients.crl"`
	// OCSP has the gate ask responders whether a client's certificate was revoked: in the background, so that no call waits; a handshake waits for a first answer at most 3 seconds. An empty group, {}, asks the responder that each certificate names.
	OCSP *OCSP `key:"ocsp"`
}

// OCSP is whom to ask what became of certificates, and what to do without an answer.
type OCSP struct {
	Place
	// Responder is the URL to ask in place of the one that each certificate names.
	Responder string `key:"responder,form=responder,example=http://ocsp.example.com/"`
	// OnFailure is what becomes of clients of whom no responder says anything that holds.
	OnFailure OnFailure `key:"on_failure,default=closed"`
}

// OnFailure is what a check does that cannot be made.
type OnFailure string

// What it does.
const (
	FailClosed OnFailure = "closed" // they are refused
	FailOpen   OnFailure = "open"   // they are let in
)

// UnknownNames is what becomes of clients that ask for an unknown name.
type UnknownNames string

// What becomes of them.
const (
	FirstCertificate UnknownNames = "first"  // they get the first certificate
	RefuseNames      UnknownNames = "refuse" // the handshake fails
)

// TLSVersion is a version of TLS.
type TLSVersion string

// The versions.
const (
	TLS13 TLSVersion = "1.3" // 1.3 alone
	TLS12 TLSVersion = "1.2" // 1.2 as well
)
