package certificate_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/certificate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

var clientAuth = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}

// exchange comes on a connection with the chain.
func exchange(chain ...*x509.Certificate) *gate.Exchange {
	return &gate.Exchange{
		TLS: &tls.ConnectionState{PeerCertificates: chain[:1], VerifiedChains: [][]*x509.Certificate{chain}}, Received: time.Now(),
		Peer: netip.MustParseAddrPort("192.0.2.7:5000"), Client: netip.MustParseAddr("192.0.2.7"),
	}
}

func uris(list ...string) (all []*url.URL) {
	for _, text := range list {
		u, err := url.Parse(text)
		if err != nil {
			panic(err)
		}
		all = append(all, u)
	}
	return all
}

func verifier(t testing.TB, o certificate.Options) *certificate.Verifier {
	t.Helper()
	if o.Name == "" {
		o.Name = "partners"
	}
	v, err := certificate.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNames(t *testing.T) {
	ca := testdata.NewAuthority(t, "ca")
	full := &x509.Certificate{
		Subject: pkix.Name{CommonName: "acme", Organization: []string{"Acme"}}, ExtKeyUsage: clientAuth,
		URIs: uris("spiffe://example.org/ns/shop/sa/orders"), DNSNames: []string{"Client.Acme.example"}, EmailAddresses: []string{"ops@acme.example"},
	}
	x := exchange(ca.Issue(0xabc, full).Leaf, ca.Cert)
	for _, row := range []struct {
		name             string
		identity         certificate.Identity
		id, subject, iss string
		kind             gate.PrincipalKind
	}{
		{"spiffe", certificate.SPIFFE, "spiffe://example.org|spiffe://example.org/ns/shop/sa/orders", "spiffe://example.org/ns/shop/sa/orders", "spiffe://example.org", gate.Workload},
		{"uri", certificate.URI, "partners|spiffe://example.org/ns/shop/sa/orders", "spiffe://example.org/ns/shop/sa/orders", "CN=ca", gate.Workload},
		{"dns", certificate.DNS, "partners|client.acme.example", "client.acme.example", "CN=ca", gate.Program},
		{"email", certificate.Email, "partners|ops@acme.example", "ops@acme.example", "CN=ca", gate.Person},
		{"subject", certificate.Subject, "partners|CN=acme,O=Acme", "CN=acme,O=Acme", "CN=ca", gate.Program},
		{"common-name", certificate.CommonName, "partners|acme", "acme", "CN=ca", gate.Program},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := verifier(t, certificate.Options{Identity: row.identity, TrustDomains: []string{"example.org"}, Authorities: []*x509.Certificate{ca.Cert}})
			p, r := v.Verify(x, &gate.Use{}, nil)
			if r != nil {
				t.Fatal(r.Code, r.Cause)
			}
			if p.ID != row.id || p.Subject != row.subject || p.Issuer != row.iss || p.Kind != row.kind || p.Serial != "abc" || p.Credential != "partners" || len(p.CertificateHash) != 43 || p.Expires.IsZero() {
				t.Errorf("%s %s %s %s %s %s", p.ID, p.Subject, p.Issuer, p.Kind, p.Serial, p.CertificateHash)
			}
			if again, _ := v.Verify(x, &gate.Use{}, nil); again != p {
				t.Error("it was judged twice")
			}
		})
	}
}

// TestHostileCertificates refuses each of these.
func TestHostileCertificates(t *testing.T) {
	ca, strange := testdata.NewAuthority(t, "ca"), testdata.NewAuthority(t, "ca")
	below := ca.Below("below", 5)
	client := func(change func(*x509.Certificate)) *x509.Certificate {
		c := &x509.Certificate{Subject: pkix.Name{CommonName: "acme"}, ExtKeyUsage: clientAuth, URIs: uris("spiffe://example.org/orders"), DNSNames: []string{"acme.example"}}
		if change != nil {
			change(c)
		}
		return ca.Issue(7, c).Leaf
	}
	uri := func(list ...string) *x509.Certificate {
		return client(func(c *x509.Certificate) { c.URIs = uris(list...) })
	}
	good := client(nil)
	proxied := exchange(good, ca.Cert)
	proxied.Client = netip.MustParseAddr("198.51.100.1")
	late := exchange(good, ca.Cert)
	late.Received = good.NotAfter
	unverified := exchange(good, ca.Cert)
	unverified.TLS.VerifiedChains = nil

	spiffe := certificate.Options{Identity: certificate.SPIFFE, TrustDomains: []string{"example.org"}, Authorities: []*x509.Certificate{ca.Cert}}
	with := func(i certificate.Identity) certificate.Options {
		return certificate.Options{Identity: i, Authorities: []*x509.Certificate{ca.Cert}}
	}
	for _, row := range []struct {
		name string
		x    *gate.Exchange
		by   certificate.Options
		want gate.Code
	}{
		{"good", exchange(good, ca.Cert), spiffe, gate.Undecided},
		{"without-tls", &gate.Exchange{}, spiffe, gate.CredentialMissing},
		{"not-verified", unverified, spiffe, gate.CredentialMissing},
		{"of-a-proxy", proxied, spiffe, gate.CredentialMissing},
		{"expired", late, spiffe, gate.CredentialExpired},
		{"other-authority-of-one-name", exchange(strange.Client(1, time.Now().Add(time.Hour)).Leaf, strange.Cert), spiffe, gate.CredentialInvalid},
		{"vouches-for-itself", exchange(ca.Cert), spiffe, gate.CredentialInvalid},
		{"authority-itself", exchange(below.Cert, ca.Cert), spiffe, gate.CredentialInvalid},
		{"usage-of-servers", exchange(client(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), ca.Cert), spiffe, gate.CredentialInvalid},
		{"usage-not-said", exchange(client(func(c *x509.Certificate) { c.ExtKeyUsage = nil }), ca.Cert), spiffe, gate.CredentialInvalid},
		{"usage-any", exchange(client(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }), ca.Cert), spiffe, gate.CredentialInvalid},
		{"usage-of-mail", exchange(client(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }), ca.Cert), spiffe, gate.CredentialInvalid},
		{"key-for-signing-certificates", exchange(client(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign }), ca.Cert), spiffe, gate.CredentialInvalid},
		{"key-for-encryption", exchange(client(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), ca.Cert), spiffe, gate.CredentialInvalid},
		{"no-uri", exchange(uri(), ca.Cert), spiffe, gate.CredentialInvalid},
		{"two-uris", exchange(uri("spiffe://example.org/orders", "spiffe://example.org/admin"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"uri-beside-spiffe", exchange(uri("spiffe://example.org/orders", "https://example.org"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"other-trust-domain", exchange(uri("spiffe://evil.example/orders"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"longer-trust-domain", exchange(uri("spiffe://example.org.evil.example/orders"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"trust-domain-in-capitals", exchange(uri("spiffe://EXAMPLE.org/orders"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"scheme-other", exchange(uri("https://example.org/orders"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"with-port", exchange(uri("spiffe://example.org:443/orders"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"with-user", exchange(uri("spiffe://a@example.org/orders"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"with-query", exchange(uri("spiffe://example.org/orders?a=b"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"with-fragment", exchange(uri("spiffe://example.org/orders#a"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"without-path", exchange(uri("spiffe://example.org"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"with-empty-path", exchange(uri("spiffe://example.org/"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"with-slash-at-end", exchange(uri("spiffe://example.org/orders/"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"with-dots", exchange(uri("spiffe://example.org/orders/../admin"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"with-escape", exchange(uri("spiffe://example.org/%6frders"), ca.Cert), spiffe, gate.CredentialInvalid},
		{"common-name-where-dns-is-asked", exchange(client(func(c *x509.Certificate) { c.DNSNames = nil }), ca.Cert), with(certificate.DNS), gate.CredentialInvalid},
		{"two-dns-names", exchange(client(func(c *x509.Certificate) { c.DNSNames = []string{"a.example", "b.example"} }), ca.Cert), with(certificate.DNS), gate.CredentialInvalid},
		{"dns-pattern", exchange(client(func(c *x509.Certificate) { c.DNSNames = []string{"*.example"} }), ca.Cert), with(certificate.DNS), gate.CredentialInvalid},
		{"no-email", exchange(good, ca.Cert), with(certificate.Email), gate.CredentialInvalid},
		{"no-common-name", exchange(client(func(c *x509.Certificate) { c.Subject = pkix.Name{Organization: []string{"acme"}} }), ca.Cert), with(certificate.CommonName), gate.CredentialInvalid},
		{"two-common-names", exchange(client(func(c *x509.Certificate) {
			c.Subject = pkix.Name{CommonName: "acme", ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "admin"}, {Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "acme"}}}
		}), ca.Cert), with(certificate.CommonName), gate.CredentialInvalid},
		{"common-name-with-zero", exchange(client(func(c *x509.Certificate) { c.Subject.CommonName = "admin\x00.example" }), ca.Cert), with(certificate.CommonName), gate.CredentialInvalid},
		{"many-names", exchange(client(func(c *x509.Certificate) { c.DNSNames = slices.Repeat([]string{"a.example"}, 200) }), ca.Cert), spiffe, gate.CredentialInvalid},
		{"not-listed", exchange(good, ca.Cert), certificate.Options{Identity: certificate.DNS, Clients: []certificate.Client{{Match: "other.example"}}}, gate.CredentialInvalid},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, r := verifier(t, row.by).Verify(row.x, &gate.Use{}, nil)
			if (p == nil) == (r == nil) {
				t.Fatal("not exactly one of caller and refusal")
			}
			if r != nil && r.Code != row.want || r == nil && row.want != gate.Undecided {
				t.Errorf("%+v, want %s", r, row.want)
			}
		})
	}
}

// TestAuthorities takes one that stands below what the listener trusts.
func TestAuthorities(t *testing.T) {
	root := testdata.NewAuthority(t, "root")
	ours, theirs := root.Below("ours", 2), root.Below("theirs", 3)
	issue := func(a *testdata.Authority) *gate.Exchange {
		return exchange(a.Issue(9, &x509.Certificate{ExtKeyUsage: clientAuth, DNSNames: []string{"a.example"}}).Leaf, a.Cert, root.Cert)
	}
	v := verifier(t, certificate.Options{Identity: certificate.DNS, Authorities: []*x509.Certificate{ours.Cert}})
	if _, r := v.Verify(issue(ours), &gate.Use{}, nil); r != nil {
		t.Error(r.Code)
	}
	if _, r := v.Verify(issue(theirs), &gate.Use{}, nil); r == nil {
		t.Error("another authority vouches for it")
	}
	short := issue(ours)
	short.TLS.VerifiedChains[0][1] = &x509.Certificate{Raw: ours.Cert.Raw, NotAfter: time.Now().Add(time.Minute)}
	if p, _ := v.Verify(short, &gate.Use{}, nil); p == nil || p.Expires.After(time.Now().Add(time.Minute)) {
		t.Error("it outlives its authority")
	}
}

// TestRecheck ends long calls for whose certificate nobody vouches any more, by
// the verifier of now.
func TestRecheck(t *testing.T) {
	ca, other := testdata.NewAuthority(t, "ca"), testdata.NewAuthority(t, "other")
	x := exchange(ca.Issue(1, &x509.Certificate{ExtKeyUsage: clientAuth, DNSNames: []string{"acme.example"}}).Leaf, ca.Cert)
	with := func(match string, scopes []string, list ...*x509.Certificate) *certificate.Verifier {
		return verifier(t, certificate.Options{Identity: certificate.DNS, Authorities: list, Clients: []certificate.Client{{Match: match, Scopes: scopes}}})
	}
	was, r := with("acme.example", []string{"a"}, ca.Cert).Verify(x, nil, nil)
	if r != nil {
		t.Fatal(r.Cause)
	}
	for name, row := range map[string]struct {
		v    *certificate.Verifier
		ends bool
	}{
		"the-same":         {with("acme.example", []string{"a", "a"}, ca.Cert), false},
		"one-more":         {with("acme.example", []string{"a"}, other.Cert, ca.Cert), false},
		"authority-gone":   {with("acme.example", []string{"a"}, other.Cert), true},
		"client-gone":      {with("other.example", []string{"a"}, ca.Cert), true},
		"fewer-rights":     {with("acme.example", nil, ca.Cert), true},
		"another-identity": {verifier(t, certificate.Options{Identity: certificate.CommonName, Authorities: []*x509.Certificate{ca.Cert}}), true},
	} {
		if r := row.v.Recheck(x, nil, was); (r != nil) != row.ends {
			t.Errorf("%s: %v", name, r)
		}
	}
}

func TestClients(t *testing.T) {
	ca := testdata.NewAuthority(t, "ca")
	v := verifier(t, certificate.Options{Identity: certificate.SPIFFE, TrustDomains: []string{"example.org"}, Clients: []certificate.Client{
		{Match: "spiffe://example.org/ns/*/sa/orders", Roles: []string{"writer", "reader", "writer"}, Scopes: []string{"b", "a"}, Partner: "acme"},
		{Match: "spiffe://example.org/jobs/**", Roles: []string{"job"}},
		{Match: "spiffe://example.org/one", Roles: []string{"one"}},
	}})
	for _, row := range []struct{ name, id, roles string }{
		{"piece", "spiffe://example.org/ns/shop/sa/orders", "reader writer"},
		{"pieces-too-many", "spiffe://example.org/ns/a/b/sa/orders", ""},
		{"rest", "spiffe://example.org/jobs/a/b/c", "job"},
		{"rest-of-nothing", "spiffe://example.org/jobs", ""},
		{"exact", "spiffe://example.org/one", "one"},
		{"longer", "spiffe://example.org/one/two", ""},
		{"prefix", "spiffe://example.org/on", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := exchange(ca.Issue(3, &x509.Certificate{ExtKeyUsage: clientAuth, URIs: uris(row.id)}).Leaf, ca.Cert)
			p, r := v.Verify(x, &gate.Use{}, nil)
			if (r == nil) != (row.roles != "") {
				t.Fatal(r)
			}
			if p != nil && strings.Join(p.Roles, " ") != row.roles {
				t.Errorf("roles %s", p.Roles)
			}
			if row.name == "piece" && (p.Tenant != "acme" || strings.Join(p.Scopes, " ") != "a b") {
				t.Errorf("%q %q", p.Tenant, p.Scopes)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]certificate.Options{
		"zero":               {},
		"no-trust-domain":    {Identity: certificate.SPIFFE},
		"odd-trust-domain":   {Identity: certificate.SPIFFE, TrustDomains: []string{"Example.org"}},
		"client-of-no-name":  {Identity: certificate.DNS, Clients: []certificate.Client{{}}},
		"star-in-a-piece":    {Identity: certificate.DNS, Clients: []certificate.Client{{Match: "a*.example"}}},
		"stars-in-the-midst": {Identity: certificate.URI, Clients: []certificate.Client{{Match: "a/**/b"}}},
	} {
		if v, err := certificate.New(o); v != nil || err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	ca := testdata.NewAuthority(t, "ca")
	v := verifier(t, certificate.Options{Identity: certificate.CommonName})
	x := exchange(ca.Client(3, time.Now().Add(time.Hour)).Leaf, ca.Cert)
	if n := testing.AllocsPerRun(100, func() { v.Verify(x, nil, nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkVerify(b *testing.B) {
	ca := testdata.NewAuthority(b, "ca")
	v := verifier(b, certificate.Options{Identity: certificate.CommonName})
	x := exchange(ca.Client(3, time.Now().Add(time.Hour)).Leaf, ca.Cert)
	b.ReportAllocs()
	for b.Loop() {
		v.Verify(x, nil, nil)
	}
}

func FuzzNames(f *testing.F) {
	f.Add("spiffe://example.org/orders")
	f.Add("spiffe://example.org/a/../b")
	ca := testdata.NewAuthority(f, "ca")
	v := verifier(f, certificate.Options{Identity: certificate.SPIFFE, TrustDomains: []string{"example.org"}})
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil {
			return
		}
		leaf := &x509.Certificate{URIs: []*url.URL{u}, ExtKeyUsage: clientAuth, NotAfter: time.Now().Add(time.Hour), SerialNumber: ca.Cert.SerialNumber}
		p, _ := v.Verify(exchange(leaf, ca.Cert), nil, nil)
		if p != nil && (!strings.HasPrefix(p.Subject, "spiffe://example.org/") || strings.ContainsAny(p.Subject, "?#%@ ") || strings.Contains(p.Subject, "//example.org//")) {
			t.Errorf("%q is taken", p.Subject)
		}
	})
}
