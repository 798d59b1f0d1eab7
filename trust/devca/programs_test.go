package devca

import (
	"crypto/tls"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// TestOpenSSL has another implementation check the chain.
func TestOpenSSL(t *testing.T) {
	openssl := testdata.Program(t, "openssl", "openssl")
	f, err := Make(t.TempDir(), []string{"shop.test", "127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		args []string
		good bool
	}{
		{"chain", nil, true},
		{"name", []string{"-verify_hostname", "shop.test"}, true},
		{"address", []string{"-verify_ip", "127.0.0.1"}, true},
		{"other-name", []string{"-verify_hostname", "bank.example"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			args := append([]string{"verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", f.CA}, row.args...)
			out, err := exec.Command(openssl, append(args, f.Certificate)...).CombinedOutput()
			if (err == nil) != row.good {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// TestCurl speaks TLS with a server that has the certificate.
func TestCurl(t *testing.T) {
	curl := testdata.Program(t, "curl", "curl")
	f, err := Make(t.TempDir(), nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(f.Certificate, f.Key)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("hello")) })}
	served := make(chan error, 1)
	go func() {
		served <- s.Serve(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}))
	}()
	t.Cleanup(func() { s.Close(); <-served })
	out, err := exec.Command(curl, "--silent", "--show-error", "--max-time", "10", "--noproxy", "*", "--cacert", f.CA, "https://"+l.Addr().String()+"/").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "hello") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := exec.Command(curl, "--silent", "--max-time", "10", "--noproxy", "*", "https://"+l.Addr().String()+"/").CombinedOutput(); err == nil {
		t.Errorf("a client that does not trust the authority got %s", out)
	}
}
