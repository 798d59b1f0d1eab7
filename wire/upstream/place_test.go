package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust"
)

// TestUnixSocket speaks to an API at a socket, and says so when it is gone.
func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	hosts := make(chan string, 2)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hosts <- r.Host; io.WriteString(w, "ok") })}
	ended := make(chan bool)
	go func() { s.Serve(l); close(ended) }()
	u := to(t, &url.URL{Scheme: "unix", Path: path}, Options{})
	mustGet(t, u)
	x := request("GET", "")
	x.Host = nil
	if _, _, err := outcome(u, x); err != nil {
		t.Fatal(err)
	}
	if a, b := <-hosts, <-hosts; a != "api.test" || b != "localhost" {
		t.Errorf("Host %q and %q", a, b)
	}
	if s := u.Stats(); s.Opened != 1 || s.Reused != 1 {
		t.Errorf("%+v", s)
	}
	s.Close()
	<-ended
	if _, _, err := outcome(u, request("POST", "x")); code(err) != gate.UpstreamUnreachable {
		t.Errorf("%v", err)
	}
}

// TestSeveralAddresses tries one after the other.
func TestSeveralAddresses(t *testing.T) {
	u := to(t, listen(t, replay([]byte(fine), 0)), Options{})
	_, port, _ := net.SplitHostPort(u.place.address)
	u.place.address = net.JoinHostPort("localhost", port) // ::1, where nobody listens, and 127.0.0.1
	mustGet(t, u)
}

// TestAddressesThatVanish: connections to an address that two answers of the
// name server in a row have not are not used again.
func TestAddressesThatVanish(t *testing.T) {
	here, there := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.0.2.1")
	u := to(t, listen(t, replay([]byte(fine), 0)), Options{})
	var list []netip.Addr
	var wrong error
	asked := 0
	u.place.name, u.place.lookup = "api.test", func(ctx context.Context, _, host string) ([]netip.Addr, error) {
		if _, bounded := ctx.Deadline(); !bounded || host != "api.test" {
			t.Errorf("%s is asked for, bounded %v", host, bounded)
		}
		asked++
		return append([]netip.Addr(nil), list...), wrong
	}
	mustGet(t, u)
	step := func(answer ...netip.Addr) (kept int64) {
		list, u.place.asked = answer, u.place.asked-instant(time.Hour)
		u.pool.mu.Lock()
		for _, k := range u.pool.kept {
			k.since -= instant(10 * time.Second)
		}
		u.pool.mu.Unlock()
		u.pool.sweep()
		return u.Stats().Idle
	}
	wrong = errors.New("no name server")
	if n := step(there); n != 1 {
		t.Fatal("without an answer the connection ends")
	}
	wrong = nil
	for i, s := range []struct {
		answer []netip.Addr
		want   int64
	}{{[]netip.Addr{here}, 1}, {[]netip.Addr{there}, 1}, {[]netip.Addr{here}, 1}, {nil, 1}, {[]netip.Addr{netip.MustParseAddr("::ffff:127.0.0.1")}, 1},
		{[]netip.Addr{there}, 1}, {[]netip.Addr{there}, 0}} {
		if n := step(s.answer...); n != s.want {
			t.Fatalf("step %d: %d kept", i, n)
		}
	}
	if asked != 8 {
		t.Errorf("asked %d times", asked)
	}
	mustGet(t, u) // a new connection to an address that was not known
	if n := u.Stats().Idle; n != 1 {
		t.Error("a connection to a new address is not kept")
	}
	asked = 0
	u.pool.sweep()
	if asked != 0 {
		t.Error("asked again at once")
	}
}

// hello is an API over TLS that says whether its client showed a certificate.
func hello(t *testing.T) *httptest.Server {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) > 0 {
			io.WriteString(w, "known ")
		}
		io.WriteString(w, r.TLS.ServerName)
	}))
	s.Config.ErrorLog = quiet
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// TestTLS: pins, the name that is asked for, and the gate's own certificate.
func TestTLS(t *testing.T) {
	s := hello(t)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	pin, other := trust.PinOf(s.Certificate().RawSubjectPublicKeyInfo), trust.PinOf([]byte("another"))
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		o    Options
		want string
	}{
		{"plain", Options{TLS: &tls.Config{}}, ""},
		{"pinned", Options{Pins: []trust.Pin{other, pin}}, ""},
		{"pinned-to-another", Options{Pins: []trust.Pin{other}}, "among the pins; its own is " + string(pin)},
		{"name", Options{TLS: &tls.Config{ServerName: "example.com"}}, "example.com"},
		{"name-that-it-has-not", Options{TLS: &tls.Config{ServerName: "example.org"}}, "not example.org"},
		{"certificate", Options{TLS: &tls.Config{Certificates: s.TLS.Certificates}}, "known "},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.o.Roots = roots
			u := to(t, target, row.o)
			for range 2 { // the second time with what was agreed before
				status, body, err := outcome(u, request("GET", ""))
				if err != nil {
					body = err.Error()
				}
				if row.want == "" && body != "" || len(row.want) > 0 && !strings.Contains(body, row.want) {
					t.Errorf("%d %q", status, body)
				}
				if err != nil && code(err) != gate.UpstreamUnreachable {
					t.Errorf("%v", err)
				}
				if k := u.pool.get(); k != nil {
					k.part()
				}
			}
		})
	}
}
