package certificate_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/certificate"
)

func leaf() *x509.Certificate {
	spiffe, _ := url.Parse("spiffe://example.com/orders")
	return &x509.Certificate{
		Raw: []byte("a certificate"), Subject: pkix.Name{CommonName: "orders", Organization: []string{"Example"}}, Issuer: pkix.Name{CommonName: "CA"},
		URIs: []*url.URL{spiffe}, DNSNames: []string{"a.example.com", "b.example.com"}, EmailAddresses: []string{"ann@example.com"}, SerialNumber: big.NewInt(255),
	}
}

func exchange(c *x509.Certificate) *gate.Exchange {
	x := &gate.Exchange{TLS: &tls.ConnectionState{PeerCertificates: []*x509.Certificate{c}}}
	x.TLS.VerifiedChains = [][]*x509.Certificate{{c}}
	return x
}

func TestIdentities(t *testing.T) {
	rows := []struct {
		name     string
		identity certificate.Identity
		id       string // "" for refused
		kind     gate.PrincipalKind
	}{
		{"subject", certificate.Subject, "CN=CA|CN=orders,O=Example", gate.Program},
		{"uri", certificate.URI, "CN=CA|spiffe://example.com/orders", gate.Workload},
		{"email", certificate.Email, "CN=CA|ann@example.com", gate.Person},
		{"one-of-two-hosts-is-nobody", certificate.DNS, "", 0},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			v := certificate.New(certificate.Options{Name: "partners", Identity: r.identity})
			x := exchange(leaf())
			p, refusal := v.Verify(x, &gate.Use{}, nil)
			if r.id == "" {
				if p != nil || refusal.Code != gate.CredentialInvalid {
					t.Errorf("got %v, %v", p, refusal)
				}
				return
			}
			if refusal != nil || p.ID != r.id || p.Kind != r.kind || p.Serial != "ff" || p.Credential != "partners" || len(p.CertificateHash) != 43 {
				t.Errorf("got %+v, %v", p, refusal)
			}
			if again, _ := v.Verify(x, &gate.Use{}, nil); again != p {
				t.Error("it was read twice")
			}
			if n := testing.AllocsPerRun(100, func() { v.Verify(x, &gate.Use{}, nil) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func TestNoCertificate(t *testing.T) {
	v := certificate.New(certificate.Options{Name: "partners"})
	unverified := exchange(leaf())
	unverified.TLS.VerifiedChains = nil
	for name, x := range map[string]*gate.Exchange{"no-tls": {}, "none-shown": {TLS: &tls.ConnectionState{}}, "not-verified": unverified} {
		t.Run(name, func(t *testing.T) {
			if p, refusal := v.Verify(x, &gate.Use{}, nil); p != nil || refusal.Code != gate.CredentialMissing {
				t.Errorf("got %v, %v", p, refusal)
			}
		})
	}
}

// TestAnotherCertificateInTheSamePlace must not be taken for the one that was
// read before.
func TestAnotherCertificateInTheSamePlace(t *testing.T) {
	v := certificate.New(certificate.Options{Name: "partners"})
	first, second := leaf(), leaf()
	second.Subject.CommonName = "stock"
	v.Verify(exchange(first), &gate.Use{}, nil)
	if p, _ := v.Verify(exchange(second), &gate.Use{}, nil); p == nil || p.Subject != "CN=stock,O=Example" {
		t.Errorf("got %+v", p)
	}
}
