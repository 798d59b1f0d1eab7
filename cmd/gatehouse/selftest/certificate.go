package selftest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/gatehouse-api/gatehouse/config"
)

// policy is which clients a listener asks for certificates.
type policy struct {
	listener int
	*config.ClientCertificates
}

// policies are those of all listeners, in order.
func policies(c *config.Config) (list []policy) {
	for i := range c.Listeners {
		if s := c.Listeners[i].TLS; s != nil {
			for j := range s.ClientCertificates {
				list = append(list, policy{i, &s.ClientCertificates[j]})
			}
		}
	}
	return list
}

// listen has the copy listen on loopback: in plain text, or as the policy asks
// that is tried, with certificates that are made up.
func (c *copied) listen(s *config.Config, f *fault) {
	one, secure := s.Listeners[0], (*config.TLS)(nil)
	if f != nil && (f.part == partCRL || f.part == partOCSP) {
		p := policies(s)[f.at]
		one = s.Listeners[p.listener]
		var err error
		if secure, err = c.secure(f, &p, one.TLS.Min); err != nil {
			c.err = errors.Join(c.err, err)
		}
	}
	one.Address, one.TLS, one.PlainHTTP, one.RedirectToHTTPS, one.ProxyProtocol, one.Authorizer = "127.0.0.1:0", secure, false, false, nil, nil
	s.Listeners = []config.Listener{one}
}

func (c *copied) secure(f *fault, p *policy, min config.TLSVersion) (*config.TLS, error) {
	a, err := newAuthority()
	if err != nil {
		return nil, err
	}
	server, err := a.issue(x509.ExtKeyUsageServerAuth)
	if err != nil {
		return nil, err
	}
	client, err := a.issue(x509.ExtKeyUsageClientAuth)
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(server.PrivateKey)
	if err != nil {
		return nil, err
	}
	s := &config.TLS{UnknownNames: config.FirstCertificate, Min: min}
	s.Certificate = c.file(well, "tls.crt", pemOf("CERTIFICATE", server.Certificate[0]))
	s.Key = c.file(well, "tls.key", pemOf("PRIVATE KEY", key))
	asked := config.ClientCertificates{Place: p.Place, Optional: p.Optional, Authorities: c.file(well, "clients.crt", pemOf("CERTIFICATE", a.cert.Raw))}
	ends := time.Now().Add(time.Hour)
	if f.way == stale {
		ends = time.Now().Add(answered)
	}
	if f.part == partCRL {
		list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: ends}, a.cert, a.key)
		if err != nil {
			return nil, err
		}
		asked.CRL = c.file(f.way, "clients.crl", pemOf("X509 CRL", list))
	} else {
		asked.OCSP = &config.OCSP{Place: p.OCSP.Place, OnFailure: p.OCSP.OnFailure, Responder: c.lever(f.way, a.responder(client.Leaf.SerialNumber, ends)).url("/")}
	}
	s.ClientCertificates = []config.ClientCertificates{asked}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	c.transport = &http.Transport{DisableKeepAlives: f.way != stale, DisableCompression: true, TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{client}}}
	return s, nil
}

// authority vouches for the certificates of one copy.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	made int64
}

func newAuthority() (*authority, error) {
	a := new(authority)
	c, err := a.make(&x509.Certificate{KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature, BasicConstraintsValid: true, IsCA: true})
	if err != nil {
		return nil, err
	}
	a.cert, a.key = c.Leaf, c.PrivateKey.(*ecdsa.PrivateKey)
	return a, nil
}

func (a *authority) issue(use x509.ExtKeyUsage) (tls.Certificate, error) {
	return a.make(&x509.Certificate{KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{use}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
}

func (a *authority) make(c *x509.Certificate) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	a.made++
	c.SerialNumber, c.Subject = big.NewInt(a.made), pkix.Name{CommonName: "selftest"}
	c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(2*time.Hour)
	parent, signer := c, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
		c.Subject.CommonName = "selftest client and server"
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

// responder says that a certificate is good until a time (RFC 6960).
func (a *authority) responder(serial *big.Int, ends time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		answer, err := ocsp.CreateResponse(a.cert, a.cert, ocsp.Response{Status: ocsp.Good, SerialNumber: serial, ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: ends}, a.key)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/ocsp-response")
		w.Write(answer)
	})
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// noHandshake is what becomes of a client that is not let in.
const noHandshake = "the handshake fails"

// handshake tells a client that was not let in from a gate that is not there. In
// TLS 1.3 the client hears of it when it reads (RFC 8446 section 4.4.2.4).
func handshake(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op != "dial" || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
