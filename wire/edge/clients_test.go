package edge

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// yard is what tests of client certificates need.
type yard struct {
	t                 testing.TB
	servers, partners *testdata.Authority
	pair              Pair
	ca, lists         string
}

func newYard(t testing.TB) *yard {
	t.Helper()
	y := &yard{t: t, servers: testdata.NewAuthority(t, "servers"), partners: testdata.NewAuthority(t, "partners")}
	y.pair = server(t, y.servers, 11, "first.test", "*.test")
	dir := t.TempDir()
	y.ca, y.lists = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca.crl")
	write(t, y.ca, y.partners.PEM)
	write(t, y.lists, y.partners.List(tomorrow(), 66))
	return y
}

func (y *yard) stand(clients ...Clients) *stand {
	y.t.Helper()
	return newStand(y.t, &TLS{Pairs: []Pair{y.pair}, Clients: clients}, y.servers)
}

// as shows a certificate, whatever the server asks for.
func as(c ...tls.Certificate) *tls.Config {
	conf := &tls.Config{ServerName: "first.test"}
	if len(c) > 0 {
		conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &c[0], nil }
	}
	return conf
}

func old(c *tls.Config) *tls.Config {
	c.MaxVersion = tls.VersionTLS12
	return c
}

func TestClientCertificates(t *testing.T) {
	y := newYard(t)
	others := testdata.NewAuthority(t, "partners") // of the same name
	below := y.partners.Below("below", 5)
	deep := below.Client(1, tomorrow())
	deep.Certificate = append(deep.Certificate, below.Cert.Raw)
	revoked := y.partners.Below("taken back", 66)
	fallen := revoked.Client(1, tomorrow())
	fallen.Certificate = append(fallen.Certificate, revoked.Cert.Raw)
	self := others.Client(2, tomorrow())
	forServers := y.partners.Issue(3, &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	stolen := y.partners.Client(4, tomorrow())
	stolen.PrivateKey = self.PrivateKey

	for _, row := range []struct {
		name         string
		conf         *tls.Config
		plain, lists bool // let in without and with revocation lists
		optional     bool // let in where certificates are optional
	}{
		{"none", as(), false, false, true},
		{"good", as(y.partners.Client(2, tomorrow())), true, true, true},
		{"expired", as(y.partners.Client(2, time.Now().Add(-time.Minute))), false, false, false},
		{"not-yet", as(y.partners.Client(2, time.Now().Add(800*time.Hour))), false, false, false},
		{"revoked", as(y.partners.Client(66, tomorrow())), true, false, false},
		{"of-others", as(self), false, false, false},
		{"not-for-clients", as(forServers), false, false, false},
		{"by-an-authority-below", as(deep), true, false, false}, // of which there is no list
		{"by-a-revoked-authority", as(fallen), true, false, false},
		{"old-version", old(as(y.partners.Client(2, tomorrow()))), false, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, set := range []struct {
				clients Clients
				want    bool
			}{
				{Clients{Authorities: y.ca}, row.plain},
				{Clients{Authorities: y.ca, Lists: y.lists}, row.lists},
				{Clients{Authorities: y.ca, Lists: y.lists, Optional: true}, row.optional},
			} {
				c, err := y.stand(set.clients).dial(row.conf.Clone())
				if (err == nil) != set.want {
					t.Errorf("%+v: %v, want it to work: %v", set.clients, err, set.want)
				}
				if err == nil {
					if got, err := c.ask("first.test"); got != InOrder || err != nil {
						t.Errorf("%+v: a call is %v, %v", set.clients, got, err)
					}
				}
			}
		})
	}
	if c, err := y.stand(Clients{Authorities: y.ca}).dial(as(stolen)); err == nil {
		t.Error("a certificate without its key was let in", c.ConnectionState())
	}
}

// TestListsBelow gives the authority below a list of its own.
func TestListsBelow(t *testing.T) {
	y := newYard(t)
	below := y.partners.Below("below", 5)
	write(t, y.ca, append(y.partners.PEM, below.PEM...))
	write(t, y.lists, append(y.partners.List(tomorrow(), 66), below.List(tomorrow(), 7)...))
	s := y.stand(Clients{Authorities: y.ca, Lists: y.lists})
	for serial, ok := range map[int64]bool{66: true, 7: false} {
		if _, err := s.dial(as(below.Client(serial, tomorrow()))); (err == nil) != ok {
			t.Errorf("client %d: %v", serial, err)
		}
	}
	// The authority above takes the one below back.
	write(t, y.lists, append(y.partners.List(tomorrow(), 5), below.List(tomorrow())...))
	s.Reread()
	c := below.Client(66, tomorrow())
	c.Certificate = append(c.Certificate, below.Cert.Raw)
	if _, err := s.dial(as(c)); err == nil {
		t.Error("a client of an authority that was taken back was let in")
	}
}

// TestKeptConnections changes what is known of a client while its connection
// is kept.
func TestKeptConnections(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(y *yard, s *stand)
		at     time.Duration // from now
		want   Standing
	}{
		{"nothing", func(*yard, *stand) {}, 0, InOrder},
		{"revoked", func(y *yard, s *stand) { write(y.t, y.lists, y.partners.List(tomorrow(), 2)); s.Reread() }, 0, Invalid},
		{"another-one-revoked", func(y *yard, s *stand) { write(y.t, y.lists, y.partners.List(tomorrow(), 3)); s.Reread() }, 0, InOrder},
		{"nonsense-for-a-list", func(y *yard, s *stand) { write(y.t, y.lists, []byte("nonsense")); s.Reread() }, 0, InOrder},
		{"no-list", func(y *yard, s *stand) { write(y.t, y.lists, nil); s.Reread() }, 0, InOrder},
		{"list-has-ended", func(*yard, *stand) {}, 30 * time.Hour, Unchecked},
		{"certificate-has-ended", func(*yard, *stand) {}, 60 * time.Hour, Invalid},
		{"revoked-and-the-list-has-ended", func(y *yard, s *stand) { write(y.t, y.lists, y.partners.List(tomorrow(), 2)); s.Reread() }, 30 * time.Hour, Invalid},
		{"authority-trusted-no-more", func(y *yard, s *stand) {
			write(y.t, y.ca, y.servers.PEM)
			write(y.t, y.lists, y.servers.List(tomorrow()))
			s.Reread()
		}, 0, Invalid},
		{"authority-beside-another", func(y *yard, s *stand) {
			write(y.t, y.ca, append(y.servers.PEM, y.partners.PEM...))
			s.Reread()
		}, 0, InOrder},
	} {
		t.Run(row.name, func(t *testing.T) {
			y := newYard(t)
			s := y.stand(Clients{Authorities: y.ca, Lists: y.lists})
			mine := y.partners.Client(2, time.Now().Add(48*time.Hour))
			c := s.mustDial(as(mine))
			row.change(y, s)
			if row.at == 0 {
				if got, err := c.ask("first.test"); got != row.want || err != nil {
					t.Errorf("%v, %v, want %v", got, err, row.want)
				}
			}
			state := tls.ConnectionState{ServerName: "first.test", PeerCertificates: []*x509.Certificate{mine.Leaf}, VerifiedChains: [][]*x509.Certificate{{mine.Leaf, y.partners.Cert}}}
			if got := s.secure.verify(&state, []byte("first.test"), time.Now().Add(row.at)); got != row.want {
				t.Errorf("%v, want %v", got, row.want)
			}
		})
	}
}

// TestEndOfAListIsSaid wants it said once.
func TestEndOfAListIsSaid(t *testing.T) {
	y := newYard(t)
	s := y.stand(Clients{Authorities: y.ca, Lists: y.lists})
	for range 2 {
		s.secure.warn(time.Now())
		s.secure.warn(time.Now().Add(30 * time.Hour))
		s.secure.warn(time.Now().Add(31 * time.Hour))
	}
	if n := s.log.count("has ended"); n != 2 {
		t.Errorf("said %d times", n)
	}
}

// TestBadClientFiles finds the mistakes before anybody listens.
func TestBadClientFiles(t *testing.T) {
	y := newYard(t)
	leaf := filepath.Join(t.TempDir(), "leaf.pem")
	cert, _ := y.partners.Server(4, "x.test")
	write(t, leaf, cert)
	others := testdata.NewAuthority(t, "partners")
	for _, row := range []struct {
		name, want string
		set        Clients
		lists      []byte
	}{
		{"no-file", "no such file", Clients{Authorities: y.ca + "x"}, nil},
		{"no-authority", "none of an authority", Clients{Authorities: leaf}, nil},
		{"nothing-in-it", "no certificate", Clients{Authorities: y.lists}, nil},
		{"no-list", "no revocation list", Clients{Authorities: y.ca, Lists: y.ca}, nil},
		{"ended", "ended on", Clients{Authorities: y.ca, Lists: y.lists}, y.partners.List(time.Now().Add(-time.Hour))},
		{"of-others", "signed by none", Clients{Authorities: y.ca, Lists: y.lists}, others.List(tomorrow())},
	} {
		if row.lists != nil {
			write(t, y.lists, row.lists)
		}
		o := &TLS{Pairs: []Pair{y.pair}, Clients: []Clients{row.set}}
		if err := o.CheckFiles(); len(err) != 1 || !err[0].Clients || !strings.Contains(err[0].Error(), row.want) {
			t.Errorf("%s: CheckFiles says %v", row.name, err)
		}
		if _, err := Listen(Options{Address: "127.0.0.1:0", TLS: o}); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: Listen says %v", row.name, err)
		}
	}
}

// TestResponderOfAPolicy has a client judged by a responder that says different
// things as time goes by.
func TestResponderOfAPolicy(t *testing.T) {
	y := newYard(t)
	answers := map[int64]int{2: ocsp.Good, 3: ocsp.Revoked} // nothing of others
	desk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		q, err := ocsp.ParseRequest(text)
		if err != nil {
			t.Error(err)
			return
		}
		status, ok := answers[q.SerialNumber.Int64()]
		if !ok {
			w.WriteHeader(503)
			return
		}
		a, err := ocsp.CreateResponse(y.partners.Cert, y.partners.Cert, ocsp.Response{Status: status, SerialNumber: q.SerialNumber, ThisUpdate: time.Now(), NextUpdate: tomorrow(), RevokedAt: time.Now()}, y.partners.Key)
		if err != nil {
			t.Error(err)
		}
		w.Write(a)
	}))
	defer desk.Close()
	for _, open := range []bool{false, true} {
		s := y.stand(Clients{Authorities: y.ca, OCSP: &OCSP{URL: desk.URL, Open: open}})
		for serial, ok := range map[int64]bool{2: true, 3: false, 4: open} {
			mine := y.partners.Client(serial, time.Now().Add(48*time.Hour))
			c, err := s.dial(as(mine))
			if (err == nil) != ok {
				t.Errorf("open %v: client %d: %v", open, serial, err)
			}
			if err != nil {
				continue
			}
			if got, err := c.ask("first.test"); got != InOrder || err != nil {
				t.Errorf("open %v: a call of client %d is %v, %v", open, serial, got, err)
			}
			late := Unchecked
			if open {
				late = InOrder
			}
			state := tls.ConnectionState{PeerCertificates: []*x509.Certificate{mine.Leaf}, VerifiedChains: [][]*x509.Certificate{{mine.Leaf, y.partners.Cert}}}
			if got := s.secure.verify(&state, nil, time.Now().Add(30*time.Hour)); got != late {
				t.Errorf("open %v: a call of client %d without an answer that holds is %v", open, serial, got)
			}
		}
	}
}

// TestLargeListsAreReadOnce changes a list and its times: what has not changed
// is not read again, and no change is missed.
func TestLargeListsAreReadOnce(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lists")
	old := time.Now().Add(-time.Hour)
	put := func(text string, at time.Time) {
		t.Helper()
		write(t, name, []byte(text))
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	var h held
	for _, row := range []struct {
		name   string
		change func()
		read   string // "" for not at all
	}{
		{"first", func() { put("one", old) }, "one"},
		{"nothing", func() {}, ""},
		{"another-file-of-the-same-time-and-size", func() { put("two", old) }, "two"},
		{"other-time", func() { put("six", old.Add(time.Second)) }, "six"},
		{"other-size", func() { put("seven", old.Add(time.Second)) }, "seven"},
		{"just-now", func() { put("eight", time.Now()) }, "eight"},
		{"just-now-and-nothing", func() {}, "eight"}, // it may have changed within a tick
		{"old-again", func() { put("nine", old) }, "nine"},
		{"old-again-and-nothing", func() {}, ""},
	} {
		row.change()
		h.text = nil
		if err := h.look(name, time.Now()); err != nil || string(h.text) != row.read {
			t.Errorf("%s: read %q, %v", row.name, h.text, err)
		}
	}
	if text, err := h.take(name); string(text) != "nine" || err != nil {
		t.Errorf("taken %q, %v", text, err)
	}
	os.Remove(name)
	if err := h.look(name, time.Now()); err == nil {
		t.Error("a file that is gone is not missed")
	}
}
