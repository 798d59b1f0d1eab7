package serve

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/wire/edge"
)

const guardedDoor = `version: 1
listeners:
  - address: 127.0.0.1:0
    tls:
      certificate: tls.pem
      key: tls.key
      certificates: [{certificate: other.pem, key: other.key}]
      client_certificates:
        - {hosts: [partners.test], authorities: ca.pem, crl: ca.crl}
        - {authorities: ca.pem, optional: true}
apis:
  - name: Partners
    contract: certified.yaml
    hosts: [partners.test]
    upstreams: [{url: "$API"}]
  - name: Mixed
    contract: certified.yaml
    hosts: [mixed.test]
    authentication: upstream
    upstreams: [{url: "$API"}]
record: {events: none}
`

const certified = `openapi: 3.1.0
info: {title: Certified, version: 1.0.0}
security: [{certificate: []}]
paths:
  /a: {get: {responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /open: {get: {security: [], responses: {"200": {description: OK, content: {text/plain: {}}}}}}
components: {securitySchemes: {certificate: {type: mutualTLS}}}
`

// guardedHouse serves guardedDoor to clients of an authority.
func guardedHouse(t *testing.T, text string, a *testdata.Authority) *house {
	t.Helper()
	api, _ := upstreamOf(t)
	h := openHouse(t, strings.ReplaceAll(text, "$API", api), func(c *Config) {
		before := &house{t: t, dir: filepath.Dir(c.File)}
		for _, name := range []string{"tls", "other"} {
			cert, key := a.Server(5, name+".test", "partners.test", "mixed.test")
			before.write(name+".pem", string(cert))
			before.write(name+".key", string(key))
		}
		before.write("certified.yaml", certified)
		before.write("ca.pem", string(a.PEM))
		before.write("ca.crl", string(a.List(time.Now().Add(time.Hour))))
	})
	t.Cleanup(func() { h.Stop() })
	return h
}

// guest is a client that keeps its connections, made for one name.
type guest struct {
	*http.Client
	t   *testing.T
	url string
}

func (h *house) guest(name string, certificates ...tls.Certificate) *guest {
	transport := &http.Transport{TLSClientConfig: &tls.Config{ServerName: name, InsecureSkipVerify: true, Certificates: certificates}}
	h.t.Cleanup(transport.CloseIdleConnections)
	return &guest{&http.Client{Timeout: 10 * time.Second, Transport: transport}, h.t, h.URL()}
}

// code calls a path of a host and returns the code of the refusal, the status
// as text when there is none, "handshake" when there was no answer.
func (c *guest) code(host, path string) string {
	c.t.Helper()
	r, err := http.NewRequest("GET", c.url+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Host = host
	answer, err := c.Do(r)
	if err != nil {
		return "handshake"
	}
	defer answer.Body.Close()
	var problem struct{ Code string }
	if json.NewDecoder(answer.Body).Decode(&problem); problem.Code != "" {
		return problem.Code
	}
	return answer.Status
}

func TestClientCertificatesOfAnAPI(t *testing.T) {
	a := testdata.NewAuthority(t, "clients")
	h := guardedHouse(t, guardedDoor, a)
	h.said("2, public: 1; the others need a client certificate")
	mine := a.Client(77, time.Now().Add(time.Hour))
	for _, row := range []struct {
		name, sni, host, path string
		certificates          []tls.Certificate
		want                  string
	}{
		{"with", "partners.test", "partners.test", "/a", []tls.Certificate{mine}, "200 OK"},
		{"without", "partners.test", "partners.test", "/a", nil, "handshake"},
		{"without-at-an-open-operation", "partners.test", "partners.test", "/open", nil, "handshake"},
		{"optional-with", "mixed.test", "mixed.test", "/a", []tls.Certificate{mine}, "200 OK"},
		{"optional-without", "mixed.test", "mixed.test", "/a", nil, "credential-missing"},
		{"optional-without-at-an-open-operation", "mixed.test", "mixed.test", "/open", nil, "200 OK"},
		{"host-unlike-the-name", "mixed.test", "partners.test", "/a", []tls.Certificate{mine}, "misdirected"},
		{"host-unlike-the-name-in-other-words", "mixed.test", "PARTNERS.test:443", "/open", nil, "misdirected"},
		{"host-unlike-the-name-back", "partners.test", "mixed.test", "/open", []tls.Certificate{mine}, "misdirected"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := h.guest(row.sni, row.certificates...).code(row.host, row.path); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

// TestRevokedOnAKeptConnection takes a certificate back while its client is
// connected.
func TestRevokedOnAKeptConnection(t *testing.T) {
	a := testdata.NewAuthority(t, "clients")
	h := guardedHouse(t, guardedDoor, a)
	c, other := h.guest("partners.test", a.Client(77, time.Now().Add(time.Hour))), h.guest("partners.test", a.Client(78, time.Now().Add(time.Hour)))
	for _, k := range []*guest{c, other} {
		if got := k.code("partners.test", "/a"); got != "200 OK" {
			t.Fatal(got)
		}
	}
	h.write("ca.crl", string(a.List(time.Now().Add(time.Hour), 77)))
	h.reload("the test says so", false)
	if got := c.code("partners.test", "/a"); got != "certificate-invalid" {
		t.Errorf("a revoked certificate on a kept connection: %s", got)
	}
	if got := c.code("partners.test", "/a"); got != "handshake" {
		t.Errorf("a revoked certificate on a new connection: %s", got)
	}
	if got := other.code("partners.test", "/a"); got != "200 OK" {
		t.Errorf("another certificate: %s", got)
	}
	h.said("the revocation list was changed")
}

// TestFilesOfTLSHaveTheirPlaces breaks one file at a time.
func TestFilesOfTLSHaveTheirPlaces(t *testing.T) {
	a := testdata.NewAuthority(t, "clients")
	h := guardedHouse(t, guardedDoor, a)
	for _, row := range []struct{ file, text, place string }{
		{"tls.pem", "x", " #/listeners/0/tls: "},
		{"other.key", "x", ":7:22: #/listeners/0/tls/certificates/0: "},
		{"ca.crl", "x", ":9:11: #/listeners/0/tls/client_certificates/0: "},
	} {
		before, err := os.ReadFile(filepath.Join(h.dir, row.file))
		if err != nil {
			t.Fatal(err)
		}
		h.write(row.file, row.text)
		problems := Check(filepath.Join(h.dir, "gatehouse.yaml")).Problems
		if len(problems) != 1 || !strings.Contains(problems.Error(), row.place) {
			t.Errorf("check of %s: %v", row.file, problems)
		}
		if _, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml")}); err == nil || !strings.Contains(err.Error(), row.place) {
			t.Errorf("start with %s: %v", row.file, err)
		}
		h.write(row.file, string(before))
	}
	if problems := Check(filepath.Join(h.dir, "gatehouse.yaml")).Problems; problems.Err() != nil {
		t.Error(problems)
	}
}

func TestWhoIsAsked(t *testing.T) {
	policies := func(hosts ...[]string) []config.Listener {
		l := config.Listener{TLS: &config.TLS{}}
		for _, h := range hosts {
			l.TLS.ClientCertificates = append(l.TLS.ClientCertificates, config.ClientCertificates{Hosts: h})
		}
		return []config.Listener{{}, l}
	}
	for _, row := range []struct {
		name      string
		listeners []config.Listener
		hosts     []string
		want      bool
	}{
		{"nobody", policies(), nil, false},
		{"everybody", policies(nil), []string{"a.test"}, true},
		{"its-host", policies([]string{"a.test"}), []string{"b.test", "a.test"}, true},
		{"other-hosts", policies([]string{"a.test"}), []string{"b.test"}, false},
		{"wildcard", policies([]string{"*.test"}), []string{"a.test"}, true},
		{"wildcard-of-another-level", policies([]string{"*.test"}), []string{"a.b.test"}, false},
		{"every-host", policies([]string{"a.test"}), nil, true},
	} {
		api := &config.API{}
		api.Hosts = row.hosts
		if got := asksCertificates(row.listeners, api); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}

// TestWaysAroundCertificates finds settings by which a client does without one.
func TestWaysAroundCertificates(t *testing.T) {
	const head, tls = "version: 1\nlisteners:\n", "tls: {certificate: tls.pem, key: tls.key"
	const tail = "apis: [{contract: a.yaml, upstreams: [{url: \"$API\"}]}]\nrecord: {events: none}\n"
	a := testdata.NewAuthority(t, "clients")
	for _, row := range []struct {
		name, listeners string
		want            []string
	}{
		{"one-listener", "  - {address: \"127.0.0.1:0\", " + tls + ", client_certificates: [{authorities: ca.pem}]}}\n", nil},
		{"plain-beside", "  - {address: \"127.0.0.1:0\", " + tls + ", client_certificates: [{authorities: ca.pem, hosts: [p.test]}]}}\n  - {address: \"127.0.0.1:0\"}\n",
			[]string{":4:5: warning: #/listeners/1: NO CERTIFICATE: clients that come for p.test by 127.0.0.1:0 need one"}},
		{"redirect-beside", "  - {address: \"127.0.0.1:0\", " + tls + ", client_certificates: [{authorities: ca.pem}]}}\n  - {address: \"127.0.0.1:0\", redirect_to_https: true}\n", nil},
		{"asked-there-too", "  - {address: \"127.0.0.1:0\", " + tls + ", client_certificates: [{authorities: ca.pem, hosts: [p.test]}]}}\n  - {address: \"127.0.0.1:0\", " + tls + ", client_certificates: [{authorities: ca.pem}]}}\n",
			[]string{":3:5: warning: #/listeners/0: NO CERTIFICATE: clients that come for hosts that no policy names"}},
		{"optional-there", "  - {address: \"127.0.0.1:0\", " + tls + ", client_certificates: [{authorities: ca.pem, hosts: [\"*.p.test\"]}]}}\n  - {address: \"127.0.0.1:0\", " + tls + ", client_certificates: [{authorities: ca.pem, optional: true}]}}\n",
			[]string{"#/listeners/1: NO CERTIFICATE: clients that come for *.p.test"}},
		{"open-ocsp", "  - {address: \"127.0.0.1:0\", " + tls + ", client_certificates: [{authorities: ca.pem, ocsp: {on_failure: open}}]}}\n", []string{"on_failure: OPEN when nobody can be asked"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := guardedHouse(t, head+row.listeners+tail, a)
			var got []string
			for _, w := range Check(filepath.Join(h.dir, "gatehouse.yaml")).Loose {
				if strings.Contains(w.Text, "CERTIFICATE") || strings.Contains(w.Text, "OPEN") {
					got = append(got, source.Problems{w}.Error())
				}
			}
			if len(got) != len(row.want) {
				t.Fatalf("%q, want %q", got, row.want)
			}
			for i := range got {
				if !strings.Contains(got[i], row.want[i]) {
					t.Errorf("%q, want %q", got[i], row.want[i])
				}
			}
		})
	}
}

// TestSharedConnectionsOfHTTP2 has a client call several hosts on one
// connection, as browsers do where one certificate has all names (RFC 9113
// section 9.1.1): hosts under another policy are misdirected, each call by
// itself.
func TestSharedConnectionsOfHTTP2(t *testing.T) {
	a := testdata.NewAuthority(t, "clients")
	h := guardedHouse(t, guardedDoor, a)
	mine := a.Client(77, time.Now().Add(time.Hour))
	c := h.guest("mixed.test", mine)
	transport := c.Transport.(*http.Transport)
	transport.ForceAttemptHTTP2 = true
	var opened atomic.Int64
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		opened.Add(1)
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	for _, row := range []struct{ host, want string }{
		{"mixed.test", "200 OK"}, {"partners.test", "misdirected"}, {"mixed.test", "200 OK"}, {"PARTNERS.TEST:443", "misdirected"}, {"mixed.test:443", "200 OK"},
	} {
		if got := c.code(row.host, "/a"); got != row.want {
			t.Errorf("%s: %s, want %s", row.host, got, row.want)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	r, err := http.NewRequest("GET", h.URL()+"/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "mixed.test"
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.ProtoMajor != 2 {
		t.Errorf("it was %s", answer.Proto)
	}
}

// TestStandingsAreRefusals lets a call pass for one standing alone.
func TestStandingsAreRefusals(t *testing.T) {
	for s, want := range map[edge.Standing]gate.Code{
		edge.InOrder: gate.Undecided, edge.Invalid: gate.CertificateInvalid, edge.Unchecked: gate.CertificateUnchecked, edge.Misdirected: gate.Misdirected,
	} {
		if got := standings[s]; got != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
	if len(standings) != 4 {
		t.Errorf("%d standings", len(standings))
	}
}
