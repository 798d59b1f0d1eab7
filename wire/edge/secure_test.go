package edge

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
)

// stand is a listener whose server answers each line, the authority of a call,
// with how Verify judges it.
type stand struct {
	*Listener
	t     testing.TB
	log   lines
	roots *x509.CertPool
}

func newStand(t testing.TB, o *TLS, roots ...*testdata.Authority) *stand {
	t.Helper()
	leak.Check(t)
	s := &stand{t: t, roots: x509.NewCertPool()}
	for _, a := range roots {
		s.roots.AddCert(a.Cert)
	}
	l, err := Listen(Options{Address: "127.0.0.1:0", TLS: o, Poll: time.Hour, Log: slog.New(slog.NewTextHandler(&s.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	s.Listener = l
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() { l.Close(); work.Wait() })
	return s
}

func (s *stand) serve(raw net.Conn) {
	defer raw.Close()
	raw.SetDeadline(time.Now().Add(10 * time.Second))
	c := tls.Server(raw, s.TLS())
	if c.Handshake() != nil {
		return
	}
	state := c.ConnectionState()
	for in := bufio.NewScanner(c); in.Scan(); {
		c.Write([]byte{'0' + byte(s.Verify(&state, in.Bytes()))})
	}
	c.Close()
}

// client is a connection to a stand.
type client struct {
	*tls.Conn
	t testing.TB
}

// dial makes a handshake; a refusal shows at the latest when something is read.
func (s *stand) dial(c *tls.Config) (*client, error) {
	s.t.Helper()
	if c.RootCAs = s.roots; c.ServerName == "" {
		c.InsecureSkipVerify = true
	}
	raw, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	raw.SetDeadline(time.Now().Add(10 * time.Second))
	conn := tls.Client(raw, c)
	s.t.Cleanup(func() { conn.Close() })
	if err := conn.Handshake(); err != nil {
		return nil, err
	}
	k := &client{conn, s.t}
	if _, err := k.ask("first.test"); err != nil {
		return nil, err
	}
	return k, nil
}

func (c *client) ask(host string) (Standing, error) {
	var b [1]byte
	if _, err := c.Write([]byte(host + "\n")); err != nil {
		return 0, err
	}
	if _, err := c.Read(b[:]); err != nil {
		return 0, err
	}
	return Standing(b[0] - '0'), nil
}

func (s *stand) mustDial(c *tls.Config) *client {
	s.t.Helper()
	k, err := s.dial(c)
	if err != nil {
		s.t.Fatal(err)
	}
	return k
}

// server writes the pair of a server into a folder of its own.
func server(t testing.TB, a *testdata.Authority, serial int64, names ...string) Pair {
	t.Helper()
	cert, key := a.Server(serial, names...)
	dir := t.TempDir()
	p := Pair{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	write(t, p.CertFile, cert)
	write(t, p.KeyFile, key)
	return p
}

// TestCertificateByName asks for names and finds the certificate that each
// gets, 0 for none.
func TestCertificateByName(t *testing.T) {
	a := testdata.NewAuthority(t, "servers")
	pairs := []Pair{server(t, a, 11, "first.test"), server(t, a, 12, "second.test", "*.wild.test"), server(t, a, 13, "exact.wild.test", "SECOND.test")}
	for _, refuse := range []bool{false, true} {
		s := newStand(t, &TLS{Pairs: pairs, RefuseUnknown: refuse}, a)
		for name, want := range map[string]int64{
			"first.test": 11, "second.test": 12, "one.wild.test": 12, "exact.wild.test": 13, "FIRST.test": 11,
			"unknown.test": 0, "wild.test": 0, "a.b.wild.test": 0, "": 0, "test": 0,
		} {
			got, conf := int64(0), &tls.Config{ServerName: name, InsecureSkipVerify: true}
			if c, err := s.dial(conf); err == nil {
				got = c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
			} else if !strings.Contains(err.Error(), "unrecognized name") {
				t.Errorf("%q: %v", name, err)
			}
			if want == 0 && !refuse {
				want = 11 // the first serves what no other one does
			}
			if got != want {
				t.Errorf("%q with refusal %v: certificate %d, want %d", name, refuse, got, want)
			}
		}
	}
}

// TestNamesFollowTheFiles changes a certificate to one with another name.
func TestNamesFollowTheFiles(t *testing.T) {
	a := testdata.NewAuthority(t, "servers")
	pairs := []Pair{server(t, a, 11, "first.test"), server(t, a, 12, "second.test")}
	s := newStand(t, &TLS{Pairs: pairs}, a)
	kept := s.mustDial(&tls.Config{ServerName: "second.test"})
	cert, key := a.Server(13, "third.test")
	write(t, pairs[1].CertFile, cert)
	write(t, pairs[1].KeyFile, key)
	s.Reread()
	for name, want := range map[string]int64{"second.test": 11, "third.test": 13} {
		c := s.mustDial(&tls.Config{ServerName: name, InsecureSkipVerify: true})
		if got := c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); got != want {
			t.Errorf("%s: certificate %d, want %d", name, got, want)
		}
	}
	if got, err := kept.ask("second.test"); got != InOrder || err != nil {
		t.Errorf("the connection from before: %v, %v", got, err)
	}
}

func TestVersionsAndKeys(t *testing.T) {
	a := testdata.NewAuthority(t, "servers")
	pair := server(t, a, 11, "first.test")
	for _, row := range []struct {
		name    string
		allow12 bool
		client  *tls.Config
		ok      bool
	}{
		{"new", false, &tls.Config{}, true},
		{"old-refused", false, &tls.Config{MaxVersion: tls.VersionTLS12}, false},
		{"old-allowed", true, &tls.Config{MaxVersion: tls.VersionTLS12}, true},
		{"new-where-old-is-allowed", true, &tls.Config{}, true},
		{"older", true, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		{"without-authentication", true, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}}, false},
		{"chacha", true, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256}}, true},
		{"without-post-quantum", false, &tls.Config{CurvePreferences: []tls.CurveID{tls.X25519}}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newStand(t, &TLS{Pairs: []Pair{pair}, Allow12: row.allow12}, a)
			conf := row.client.Clone()
			conf.ServerName = "first.test"
			c, err := s.dial(conf)
			if (err == nil) != row.ok {
				t.Fatalf("%v, want it to work: %v", err, row.ok)
			}
			if err != nil {
				return
			}
			state := c.ConnectionState()
			if state.Version == tls.VersionTLS13 && conf.CurvePreferences == nil && state.CurveID != tls.X25519MLKEM768 {
				t.Errorf("the key exchange is %v", state.CurveID)
			}
		})
	}
}

func TestProtocols(t *testing.T) {
	a := testdata.NewAuthority(t, "servers")
	s := newStand(t, &TLS{Pairs: []Pair{server(t, a, 11, "first.test")}, Protocols: []string{"h2", "http/1.1"}}, a)
	for _, row := range []struct {
		offers []string
		want   string
	}{{[]string{"http/1.1", "h2"}, "h2"}, {[]string{"http/1.1"}, "http/1.1"}, {nil, ""}} {
		if c := s.mustDial(&tls.Config{ServerName: "first.test", NextProtos: row.offers}); c.ConnectionState().NegotiatedProtocol != row.want {
			t.Errorf("of %v became %q", row.offers, c.ConnectionState().NegotiatedProtocol)
		}
	}
	if _, err := s.dial(&tls.Config{ServerName: "first.test", NextProtos: []string{"spdy/3"}}); err == nil {
		t.Error("a protocol that nobody speaks was agreed on")
	}
}

// TestFindNames holds the spelling of authorities against names.
func TestFindNames(t *testing.T) {
	var n names[int]
	n.add("Exact.test", 1)
	n.add("*.test", 2)
	n.add("exact.test", 3)
	n.add("*.b.test", 4)
	for host, want := range map[string]int{
		"exact.test": 1, "EXACT.TEST": 1, "exact.test:443": 1, "exact.test.": 1, "exact.test.:8443": 1, "exact.test:": 1, "other.test": 2, "OTHER.test:1": 2,
		"test": 0, ".test": 0, "a.b.test": 4, "a.a.b.test": 0, "": 0, ":443": 0, ".": 0, "[::1]:443": 0, "exact.test:443:443": 0, "exact.test:http": 0,
		strings.Repeat("a", 250) + ".test": 2, strings.Repeat("a", 251) + ".test": 0, "exact.test..": 0,
	} {
		if got, _ := find(&n, host); got != want {
			t.Errorf("%q: %d, want %d", host, got, want)
		}
		if got, _ := find(&n, []byte(host)); got != want {
			t.Errorf("bytes %q: %d, want %d", host, got, want)
		}
	}
	host := []byte("Other.TEST:8443")
	if n := testing.AllocsPerRun(100, func() { find(&n, host) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzFindNames(f *testing.F) {
	for _, s := range []string{"exact.test", "a.test:443", "[::1]:443", ".", ":", "x.test.", "EXACT.test.:1", "exact.test:443:443", "[exact.test]:1", "exact.test:a"} {
		f.Add(s)
	}
	var n names[int]
	n.add("exact.test", 1)
	n.add("*.test", 2)
	routes, problems := route.Build([]route.Entry{{Hosts: []string{"exact.test"}, API: 1, Template: "/a", Method: "GET"}, {API: 0, Template: "/a", Method: "GET"}})
	if problems.Err() != nil {
		f.Fatal(problems)
	}
	var m route.Match
	f.Fuzz(func(t *testing.T, host string) {
		routes.Match(&m, []byte(host), []byte("GET"), []byte("/a"))
		if one, _ := find(&n, host); (m.API == 1) != (one == 1) {
			t.Errorf("%q is the API's host: %v, and found as %d", host, m.API == 1, one)
		}
		got, ok := find(&n, host)
		bytes, _ := find(&n, []byte(host))
		if ok != (got != 0) || bytes != got {
			t.Errorf("%q: %d, %v, and as bytes %d", host, got, ok, bytes)
		}
		lower := strings.ToLower(host)
		if got == 1 && !strings.HasPrefix(lower, "exact.test") || got == 2 && !strings.Contains(lower, ".test") {
			t.Errorf("%q became %d", host, got)
		}
	})
}

// TestSource has certificates that are obtained beside one from files.
func TestSource(t *testing.T) {
	a := testdata.NewAuthority(t, "servers")
	pair := server(t, a, 11, "first.test")
	obtained := map[string]tls.Certificate{}
	for i, name := range []string{"second.test", "third.test"} {
		obtained[name] = a.Issue(int64(20+i), &x509.Certificate{DNSNames: []string{name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	}
	proof := a.Issue(30, &x509.Certificate{DNSNames: []string{"second.test"}})
	source := func() *Source {
		return &Source{Names: []string{"second.test", "third.test"}, Challenge: "proof/1", Get: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if slices.Equal(h.SupportedProtos, []string{"proof/1"}) {
				return &proof, nil
			}
			c, ok := obtained[h.ServerName]
			if !ok {
				return nil, errors.New("asked for a name that it has not")
			}
			return &c, nil
		}}
	}
	y := newYard(t)
	for _, row := range []struct {
		name, sni string
		pairs     []Pair
		refuse    bool
		offers    []string
		want      int64 // 0 for none
	}{
		{"its-own", "second.test", nil, false, nil, 20},
		{"its-other", "third.test", nil, true, nil, 21},
		{"unknown", "fourth.test", nil, false, nil, 20},
		{"unknown-refused", "fourth.test", nil, true, nil, 0},
		{"no-name", "", nil, false, nil, 20},
		{"beside-a-pair", "second.test", []Pair{pair}, false, nil, 20},
		{"of-the-pair", "first.test", []Pair{pair}, false, nil, 11},
		{"unknown-beside-a-pair", "fourth.test", []Pair{pair}, false, nil, 11},
		{"proof", "second.test", []Pair{pair}, false, []string{"proof/1"}, 30},
		{"no-proof-beside-others", "second.test", nil, false, []string{"proof/1", "http/1.1"}, 20},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newStand(t, &TLS{Pairs: row.pairs, Source: source(), RefuseUnknown: row.refuse}, a)
			var got int64
			if c, err := s.dial(&tls.Config{ServerName: row.sni, InsecureSkipVerify: true, NextProtos: row.offers}); err == nil {
				got = c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
			}
			if got != row.want {
				t.Errorf("certificate %d, want %d", got, row.want)
			}
		})
	}
	// Whoever asks for a proof shows no certificate, and may not call.
	s := newStand(t, &TLS{Source: source(), Clients: []Clients{{Authorities: y.ca}}}, a)
	cache := &oneSession{}
	c := s.mustDial(&tls.Config{ServerName: "second.test", InsecureSkipVerify: true, NextProtos: []string{"proof/1"}, ClientSessionCache: cache})
	if got, err := c.ask("second.test"); got != Invalid || err != nil {
		t.Errorf("a call where a proof was asked for: %v, %v", got, err)
	}
	if cache.state != nil {
		t.Error("a proof comes with a ticket")
	}
}
