package edge

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// TestMisdirected calls hosts on connections that were made for other names.
func TestMisdirected(t *testing.T) {
	y := newYard(t)
	staff := testdata.NewAuthority(t, "staff")
	staffCA := y.ca + ".staff"
	write(t, staffCA, staff.PEM)
	s := y.stand(
		Clients{Hosts: []string{"partners.test", "*.partners.test"}, Authorities: y.ca},
		Clients{Hosts: []string{"staff.test"}, Authorities: staffCA, Optional: true},
	)
	partner, member := as(y.partners.Client(2, tomorrow())), as(staff.Client(2, tomorrow()))
	for _, row := range []struct {
		sni, host string
		conf      *tls.Config
		want      Standing
	}{
		{"partners.test", "partners.test", partner, InOrder},
		{"partners.test", "PARTNERS.test:8443", partner, InOrder},
		{"partners.test", "a.partners.test", partner, InOrder}, // one policy
		{"partners.test", "first.test", partner, Misdirected},
		{"partners.test", "staff.test", partner, Misdirected},
		{"first.test", "partners.test", as(), Misdirected},
		{"first.test", "Partners.Test.", as(), Misdirected},
		{"first.test", "other.test", as(), InOrder},
		{"first.test", "", as(), InOrder},
		{"", "partners.test", as(), Misdirected},
		{"", "127.0.0.1", as(), InOrder},
		{"staff.test", "staff.test", as(), InOrder},
		{"staff.test", "staff.test", member, InOrder},
		{"staff.test", "partners.test", member, Misdirected},
	} {
		conf := row.conf.Clone()
		conf.ServerName, conf.InsecureSkipVerify = row.sni, true
		if got, err := s.mustDial(conf).ask(row.host); got != row.want || err != nil {
			t.Errorf("%q on a connection for %q: %v, %v, want %v", row.host, row.sni, got, err, row.want)
		}
	}
	for name, conf := range map[string]*tls.Config{"partners.test": as(), "a.partners.test": member, "staff.test": partner} {
		conf := conf.Clone()
		conf.ServerName, conf.InsecureSkipVerify = name, true
		if _, err := s.dial(conf); err == nil {
			t.Errorf("a handshake for %s went through", name)
		}
	}
}

// sessions resumes on a stand under one name what was made under another, and
// reports whether that was taken up.
func resumes(t *testing.T, s *stand, one, two *tls.Config) (bool, error) {
	t.Helper()
	cache := &oneSession{}
	one, two = one.Clone(), two.Clone()
	one.ClientSessionCache, two.ClientSessionCache = cache, cache
	one.InsecureSkipVerify, two.InsecureSkipVerify = true, true
	if _, err := s.dial(one); err != nil {
		t.Fatal(err)
	}
	if cache.state == nil {
		t.Fatal("there is no ticket")
	}
	c, err := s.dial(two)
	return err == nil && c.ConnectionState().DidResume, err
}

// oneSession gives the ticket of any server to every other one.
type oneSession struct{ state *tls.ClientSessionState }

func (o *oneSession) Get(string) (*tls.ClientSessionState, bool) { return o.state, o.state != nil }
func (o *oneSession) Put(_ string, s *tls.ClientSessionState) {
	if s != nil {
		o.state = s
	}
}

// named is a configuration for a name.
func named(name string, c *tls.Config) *tls.Config {
	c = c.Clone()
	c.ServerName = name
	return c
}

// TestTicketsStayUnderTheirPolicy resumes sessions under the same policy, and
// under no other one.
func TestTicketsStayUnderTheirPolicy(t *testing.T) {
	y := newYard(t)
	s := newStand(t, &TLS{Pairs: []Pair{y.pair}, Allow12: true, Clients: []Clients{
		{Hosts: []string{"partners.test"}, Authorities: y.ca, Lists: y.lists},
		{Hosts: []string{"lax.test"}, Authorities: y.ca, Optional: true},
	}}, y.servers)
	partner, revoked := as(y.partners.Client(2, tomorrow())), as(y.partners.Client(66, tomorrow()))
	for _, row := range []struct {
		name     string
		one, two *tls.Config
		resumed  bool
		refused  bool
	}{
		{"same-name", named("first.test", as()), named("first.test", as()), true, false},
		{"same-policy", named("first.test", as()), named("other.test", as()), true, false},
		{"same-with-certificate", named("partners.test", partner), named("partners.test", partner), true, false},
		{"ticket-stands-for-the-certificate", named("partners.test", partner), named("partners.test", as()), true, false},
		{"into-a-policy", named("first.test", as()), named("partners.test", as()), false, true},
		{"between-policies", named("lax.test", revoked), named("partners.test", revoked), false, true},
		{"between-policies-with-another-certificate", named("lax.test", revoked), named("partners.test", partner), false, false},
		{"out-of-a-policy", named("partners.test", partner), named("first.test", partner), false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				row.one.MaxVersion, row.two.MaxVersion = version, version
				resumed, err := resumes(t, s, row.one, row.two)
				if resumed != row.resumed || (err != nil) != row.refused {
					t.Errorf("%s: resumed %v with %v, want %v, refused %v", tls.VersionName(version), resumed, err, row.resumed, row.refused)
				}
			}
		})
	}
}

// TestTicketsEnd resumes after what changes under a ticket.
func TestTicketsEnd(t *testing.T) {
	for _, row := range []struct {
		name             string
		change           func(y *yard, s *stand)
		resumed, refused bool
	}{
		{"nothing", func(y *yard, s *stand) { s.Reread() }, true, false},
		{"key-was-turned-twice", func(_ *yard, s *stand) { turn(s, 2) }, true, false},
		{"key-was-turned-away", func(_ *yard, s *stand) { turn(s, 3) }, false, false},
		{"revoked", func(y *yard, s *stand) { write(y.t, y.lists, y.partners.List(tomorrow(), 2)); s.Reread() }, false, true},
		{"other-authorities", func(y *yard, s *stand) {
			write(y.t, y.ca, append(y.servers.PEM, y.partners.PEM...))
			s.Reread()
		}, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			y := newYard(t)
			s := y.stand(Clients{Authorities: y.ca, Lists: y.lists})
			conf, cache := as(y.partners.Client(2, tomorrow())), &oneSession{}
			conf.ClientSessionCache = cache
			s.mustDial(conf.Clone())
			row.change(y, s)
			c, err := s.dial(conf.Clone())
			if (err != nil) != row.refused || err == nil && c.ConnectionState().DidResume != row.resumed {
				t.Errorf("%v, resumed %v, want %v", err, err == nil && c.ConnectionState().DidResume, row.resumed)
			}
		})
	}
}

// turn lets the time of so many keys go by.
func turn(s *stand, times int) {
	for i := range times {
		for _, p := range s.secure.policies {
			p.turn(time.Now().Add(time.Duration(i+1) * (ticketTurn + time.Second)))
		}
	}
}

// verified is the state of a connection with a certificate.
func verified(y *yard) *tls.ConnectionState {
	mine := y.partners.Client(2, tomorrow())
	return &tls.ConnectionState{ServerName: "partners.test", PeerCertificates: []*x509.Certificate{mine.Leaf}, VerifiedChains: [][]*x509.Certificate{{mine.Leaf, y.partners.Cert}}}
}

// TestVerifyKeepsQuiet counts: every call asks.
func TestVerifyKeepsQuiet(t *testing.T) {
	y := newYard(t)
	s := y.stand(Clients{Hosts: []string{"partners.test"}, Authorities: y.ca, Lists: y.lists})
	state, host := verified(y), []byte("Partners.test:443")
	if n := testing.AllocsPerRun(100, func() {
		if s.Verify(state, host) != InOrder {
			t.Error("not in order")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if got := s.Verify(nil, host); got != Invalid {
		t.Errorf("a call without TLS on a listener with it: %v", got)
	}
	if got := s.Verify(&tls.ConnectionState{ServerName: "partners.test"}, host); got != Invalid {
		t.Errorf("a call without certificate: %v", got)
	}
	state.VerifiedChains = nil
	if got := s.Verify(state, host); got != Invalid {
		t.Errorf("a call with a certificate that nobody verified: %v", got)
	}
}

func BenchmarkVerify(b *testing.B) {
	y := newYard(b)
	s := y.stand(Clients{Hosts: []string{"partners.test"}, Authorities: y.ca, Lists: y.lists})
	state, host := verified(y), []byte("partners.test:443")
	b.ReportAllocs()
	for b.Loop() {
		s.Verify(state, host)
	}
}

// TestFilesChangeUnderCalls changes lists and authorities while clients connect
// and call: who is good is let in all the time.
func TestFilesChangeUnderCalls(t *testing.T) {
	y := newYard(t)
	s := y.stand(Clients{Authorities: y.ca, Lists: y.lists})
	good := as(y.partners.Client(2, tomorrow()))
	var done atomic.Bool
	var work sync.WaitGroup
	for range 3 {
		work.Go(func() {
			for n := 0; !done.Load() || n < 3; n++ {
				c, err := s.dial(good.Clone())
				if err != nil {
					t.Errorf("a handshake: %v", err)
					return
				}
				if got, err := c.ask("first.test"); got != InOrder || err != nil {
					t.Errorf("a call: %v, %v", got, err)
				}
				c.Close()
			}
		})
	}
	for i := range int64(20) {
		write(t, y.lists, y.partners.List(tomorrow(), 60+i))
		s.Reread()
		write(t, y.ca, append(bytes.Repeat([]byte("\n"), int(i)), y.partners.PEM...))
		s.Reread()
	}
	done.Store(true)
	work.Wait()
	if n := s.log.count("the revocation list was changed"); n != 20 {
		t.Errorf("%d changes of the list", n)
	}
}
