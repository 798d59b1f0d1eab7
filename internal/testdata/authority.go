package testdata

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// Authority is a certificate authority of a test.
type Authority struct {
	Cert *x509.Certificate
	Key  *ecdsa.PrivateKey
	PEM  []byte // of Cert
	t    testing.TB
}

// NewAuthority makes an authority that vouches for itself.
func NewAuthority(t testing.TB, name string) *Authority {
	t.Helper()
	return (&Authority{t: t}).Below(name, 1)
}

// Below makes an authority that a vouches for.
func (a *Authority) Below(name string, serial int64) *Authority {
	a.t.Helper()
	c := a.issue(serial, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(240 * time.Hour),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true,
	})
	return &Authority{Cert: c.Leaf, Key: c.PrivateKey.(*ecdsa.PrivateKey), PEM: encode(c.Leaf), t: a.t}
}

// Client makes the certificate of a client that is valid until end.
func (a *Authority) Client(serial int64, end time.Time) tls.Certificate {
	a.t.Helper()
	return a.issue(serial, &x509.Certificate{Subject: pkix.Name{CommonName: "client"}, NotAfter: end, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
}

// Server makes the certificate of a server with names, and its key, as PEM.
func (a *Authority) Server(serial int64, names ...string) (cert, key []byte) {
	a.t.Helper()
	c := a.issue(serial, &x509.Certificate{Subject: pkix.Name{CommonName: "server"}, NotAfter: time.Now().Add(240 * time.Hour), DNSNames: names,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	private, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		a.t.Fatal(err)
	}
	return encode(c.Leaf), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

// Issue makes a certificate from a template, of which the names and the uses of
// the key count.
func (a *Authority) Issue(serial int64, template *x509.Certificate) tls.Certificate {
	a.t.Helper()
	return a.issue(serial, template)
}

func (a *Authority) issue(serial int64, template *x509.Certificate) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(serial)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	template.NotBefore = template.NotAfter.Add(-480 * time.Hour)
	if template.KeyUsage == 0 {
		template.KeyUsage = x509.KeyUsageDigitalSignature
	}
	parent, signer := template, key
	if a.Cert != nil {
		parent, signer = a.Cert, a.Key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// List makes a revocation list of a that was made an hour ago and ends at
// until, as PEM.
func (a *Authority) List(until time.Time, serials ...int64) []byte {
	a.t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: until}
	if until.Before(list.ThisUpdate) {
		list.ThisUpdate = until.Add(-time.Hour)
	}
	for _, s := range serials {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(s), RevocationTime: list.ThisUpdate})
	}
	return a.Sign(list)
}

// Sign makes a revocation list from a template, as PEM.
func (a *Authority) Sign(list *x509.RevocationList) []byte {
	a.t.Helper()
	der, err := x509.CreateRevocationList(rand.Reader, list, a.Cert, a.Key)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})
}

// KeyPEM is the key of a as PEM.
func (a *Authority) KeyPEM() []byte {
	a.t.Helper()
	private, err := x509.MarshalPKCS8PrivateKey(a.Key)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

func encode(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}
