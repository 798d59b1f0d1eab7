package serve

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/trust"
)

// partner is an API that wants to know who calls it: it answers with the
// number of the caller's certificate.
func partner(t *testing.T, clients *testdata.Authority, dir string) (url string, pin trust.Pin) {
	t.Helper()
	own := testdata.NewAuthority(t, "api")
	cert, key := own.Server(7, "api.internal")
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "api-ca.pem"), own.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(clients.PEM)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%v", r.TLS.PeerCertificates[0].SerialNumber)
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL, trust.PinOf(pair.Leaf.RawSubjectPublicKeyInfo)
}

// pair writes a certificate and its key.
func (h *house) pair(c tls.Certificate, name string) {
	h.t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		h.t.Fatal(err)
	}
	h.write(name+".crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Leaf.Raw})))
	h.write(name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
}

// TestCertificateForTheAPI shows the API who the gate is, also after the file
// has changed, and holds the API to a pin.
func TestCertificateForTheAPI(t *testing.T) {
	clients := testdata.NewAuthority(t, "clients")
	late := time.Now().Add(time.Hour)
	var text string
	var pin trust.Pin
	h := openHouse(t, "", func(c *Config) {
		before := &house{t: t, dir: filepath.Dir(c.File)}
		before.write("sites.yaml", sites)
		var url string
		url, pin = partner(t, clients, before.dir)
		before.pair(clients.Client(41, late), "gate")
		text = spread([]string{fmt.Sprintf("{url: %q, ca: api-ca.pem, server_name: api.internal, pins: [%s], certificate: gate.crt, key: gate.key}", url, pin)})
		before.write("gatehouse.yaml", text)
	})
	defer h.Stop()
	says := func(want string) {
		t.Helper()
		if got := tally(t, h.URL(), "GET", 1, 2); got[want] != 2 {
			t.Errorf("the API says %v, want %s", got, want)
		}
	}
	says("41")
	h.pair(clients.Client(42, late), "gate")
	h.reload("a new certificate", true)
	says("42")
	h.write("gatehouse.yaml", strings.Replace(text, string(pin), string(trust.PinOf([]byte("another key"))), 1))
	h.reload("another pin", true)
	says("502")
	h.write("gatehouse.yaml", text)
	for _, row := range []struct {
		name, want string
		do         func()
	}{
		{"not-of-one-pair", "/certificate: the certificate and the key cannot be read, or are not of one pair", func() {
			h.pair(clients.Client(43, late), "other")
			if err := os.Rename(filepath.Join(h.dir, "other.key"), filepath.Join(h.dir, "gate.key")); err != nil {
				t.Fatal(err)
			}
		}},
		{"expired", "/certificate: the certificate expired on", func() { h.pair(clients.Client(44, time.Now().Add(-time.Minute)), "gate") }},
		{"no-key", "/key: ", func() { os.Remove(filepath.Join(h.dir, "gate.key")) }},
		{"no-certificate", "/certificate: ", func() { os.Remove(filepath.Join(h.dir, "gate.crt")) }},
	} {
		row.do()
		problems := Check(filepath.Join(h.dir, "gatehouse.yaml")).Problems
		if strings.HasPrefix(row.name, "no-") && !strings.Contains(problems.Error(), "no such file") || len(problems) != 1 || !strings.Contains(problems.Error(), "#/apis/0/upstreams/0"+row.want) {
			t.Errorf("%s: %v", row.name, problems)
		}
	}
}

// TestSocketOfTheAPI speaks to an API on this machine without a port, by both
// protocols.
func TestSocketOfTheAPI(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api %41.sock") // no escape
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }), Protocols: new(http.Protocols)}
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetUnencryptedHTTP2(true)
	ended := make(chan bool)
	go func() { s.Serve(l); close(ended) }()
	defer func() { s.Close(); <-ended }()
	for _, row := range []struct{ protocol, want string }{{"http1", "HTTP/1.1"}, {"http2", "HTTP/2.0"}} {
		h := openSites(t, spread([]string{fmt.Sprintf("{url: %q, protocol: %s}", "unix:"+path, row.protocol)}, "    health: {path: /health}\n"))
		for _, method := range []string{"GET", "POST"} {
			if got := tally(t, h.URL(), method, 2, 2); got[row.want] != 4 {
				t.Errorf("%s %s: %v", row.protocol, method, got)
			}
		}
		h.Stop()
	}
}
