package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/trust"
)

// authority is Pebble, the ACME server that Let's Encrypt publishes for tests
// of clients. It refuses some nonces and waits before it answers, as real ones
// do.
type authority struct {
	directory string // URL
	ca        string // file with who vouches for it
	roots     *x509.CertPool
}

// names answers every question of the DNS with 127.0.0.1. Pebble asks over TCP.
func names(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", anywhere)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(time.Minute))
				for answerName(c) == nil {
				}
			}()
		}
	}()
	return l.Addr().String()
}

// answerName answers one question (RFC 1035 sections 4.1 and 4.2.2).
func answerName(c net.Conn) error {
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return err
	}
	b := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(c, b); err != nil {
		return err
	}
	end := 12 // of the question, behind its name
	for end < len(b) && b[end] != 0 {
		end += int(b[end]) + 1
	}
	if end += 5; end > len(b) {
		return io.ErrUnexpectedEOF
	}
	answer := append([]byte{0, 0, b[0], b[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, b[12:end]...)
	if binary.BigEndian.Uint16(b[end-4:]) == 1 {
		answer[9] = 1
		answer = append(answer, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
	}
	binary.BigEndian.PutUint16(answer, uint16(len(answer)-2))
	_, err := c.Write(answer)
	return err
}

// port is a free one, for a program that cannot say which one it took.
func port(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", anywhere)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// accepts waits until a port of this machine takes connections: Pebble says so
// before it does.
func accepts(t *testing.T, port int) {
	t.Helper()
	var err error
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		var c net.Conn
		if c, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return
		}
	}
	t.Fatal(err)
}

// newAuthority starts Pebble, which looks for proofs at two ports.
func newAuthority(t *testing.T, httpPort, tlsPort int) *authority {
	t.Helper()
	pebble := filepath.Join(workshop, "pebble")
	if out, err := exec.Command("go", "-C", "../tools", "build", "-o", pebble, "github.com/letsencrypt/pebble/v2/cmd/pebble").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir := t.TempDir()
	own := testdata.NewAuthority(t, "pebble")
	cert, key := own.Server(2, "localhost")
	a := &authority{ca: filepath.Join(dir, "ca.pem"), roots: x509.NewCertPool()}
	writeFile(t, a.ca, string(own.PEM))
	writeFile(t, filepath.Join(dir, "cert.pem"), string(cert))
	writeFile(t, filepath.Join(dir, "key.pem"), string(key))
	listen, manage := port(t), port(t)
	text, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": fmt.Sprintf("127.0.0.1:%d", listen), "managementListenAddress": fmt.Sprintf("127.0.0.1:%d", manage),
		"certificate": filepath.Join(dir, "cert.pem"), "privateKey": filepath.Join(dir, "key.pem"), "httpPort": httpPort, "tlsPort": tlsPort,
		"retryAfter": map[string]int{"authz": 1, "order": 1}, "keyAlgorithm": "ecdsa",
	}})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "pebble.json"), string(text))
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "20")
	p := begin(t, pebble, "-strict", "-config", filepath.Join(dir, "pebble.json"), "-dnsserver", names(t))
	p.await(t, regexp.MustCompile(`(ACME directory available)`))
	a.directory = fmt.Sprintf("https://localhost:%d/dir", listen)
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	accepts(t, listen)
	accepts(t, manage)
	answer, err := client.Get(fmt.Sprintf("https://127.0.0.1:%d/roots/0", manage))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	root, err := io.ReadAll(answer.Body)
	if err != nil || !a.roots.AppendCertsFromPEM(root) {
		t.Fatalf("no root: %v, %s", err, root)
	}
	return a
}

const acmeContract = `openapi: 3.1.0
info: {title: Hello, version: 1.0.0}
security: []
paths:
  /hello: {get: {responses: {"200": {description: OK, content: {text/plain: {}}}}}}
`

// handshake returns the certificate that a client of a name verifies, waiting
// until there is one.
func (a *authority) handshake(t *testing.T, gate *process, address, name string, mine ...tls.Certificate) *x509.Certificate {
	t.Helper()
	var err error
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
		var c *tls.Conn
		c, err = tls.Dial("tcp", address, &tls.Config{ServerName: name, RootCAs: a.roots, Certificates: mine})
		if err == nil {
			defer c.Close()
			return c.ConnectionState().PeerCertificates[0]
		}
	}
	t.Fatalf("no certificate for %s: %v\n%s", name, err, gate.output())
	return nil
}

// TestCertificatesAreObtained has an authority vouch for the gate, by the proof
// that it finds at one of the gate's listeners. The certificates are there
// after a restart, and their keys stay.
func TestCertificatesAreObtained(t *testing.T) {
	program, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }))
	defer api.Close()
	clients := testdata.NewAuthority(t, "clients")
	mine := clients.Client(3, time.Now().Add(time.Hour))
	for _, row := range []struct {
		name           string
		tls, plain     bool // the authority reaches the listener of the name
		certificateToo bool // clients need a certificate, which the authority has not
	}{
		{"by-tls", true, false, false},
		{"by-tls-where-clients-need-a-certificate", true, false, true},
		{"by-http", false, true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			tlsPort, plainPort, nobody := port(t), port(t), port(t)
			at := func(reached bool, port int) int {
				if reached {
					return port
				}
				return nobody
			}
			a := newAuthority(t, at(row.plain, plainPort), at(row.tls, tlsPort))
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "hello.yaml"), acmeContract)
			writeFile(t, filepath.Join(dir, "clients.pem"), string(clients.PEM))
			more := ""
			if row.certificateToo {
				more = "      client_certificates: [{authorities: clients.pem}]\n"
			}
			config := filepath.Join(dir, "gatehouse.yaml")
			writeFile(t, config, fmt.Sprintf(`version: 1
listeners:
  - address: 127.0.0.1:%d
    redirect_to_https: true
  - address: 127.0.0.1:%d
    tls:
      acme: {domains: [one.gate.test, two.gate.test], storage: state/acme, email: ops@gate.test, directory: %s, ca: %s}
%sapis:
  - contract: hello.yaml
    hosts: [one.gate.test]
    prefix: /v1
    upstreams: [{url: %s}]
`, plainPort, tlsPort, a.directory, a.ca, more, api.URL))
			address := fmt.Sprintf("127.0.0.1:%d", tlsPort)

			gate := begin(t, program, "serve", "--config", config)
			one, two := a.handshake(t, gate, address, "one.gate.test", mine), a.handshake(t, gate, address, "two.gate.test", mine)
			if one.Equal(two) {
				t.Error("two names have one certificate")
			}
			if got := hello(t, a, address, mine); got != "200 hello" {
				t.Errorf("a call: %s", got)
			}
			if c, err := tls.Dial("tcp", address, &tls.Config{ServerName: "one.gate.test", InsecureSkipVerify: true, NextProtos: []string{"acme-tls/1"}}); err == nil {
				t.Errorf("who asks for a proof gets one when none is waited for: %v", c.ConnectionState().PeerCertificates[0].Subject)
			}
			pins, err := exec.Command(program, "pins", "--config", config).Output()
			for _, c := range []*x509.Certificate{one, two} {
				if pin := string(trust.PinOf(c.RawSubjectPublicKeyInfo)); err != nil || !strings.Contains(string(pins), pin) {
					t.Errorf("%s is not in the pins: %v\n%s", pin, err, pins)
				}
			}
			gate.stop(t)

			again := begin(t, program, "serve", "--config", config)
			if c := a.handshake(t, again, address, "one.gate.test", mine); !c.Equal(one) || strings.Contains(again.output(), "asked for") {
				t.Errorf("after a restart it is another certificate\n%s", again.output())
			}
			again.stop(t)

			files, err := filepath.Glob(filepath.Join(dir, "state/acme/certificates/*/one.gate.test/one.gate.test.crt"))
			if err != nil || len(files) != 1 || os.Remove(files[0]) != nil {
				t.Fatalf("certificates %q, %v", files, err)
			}
			third := begin(t, program, "serve", "--config", config)
			c := a.handshake(t, third, address, "one.gate.test", mine)
			if c.Equal(one) || trust.PinOf(c.RawSubjectPublicKeyInfo) != trust.PinOf(one.RawSubjectPublicKeyInfo) {
				t.Errorf("a new certificate with the same key is wanted\n%s", third.output())
			}
			private(t, filepath.Join(dir, "state"))

			// One more name while the gate serves: the others stay as they are.
			text, err := os.ReadFile(config)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, config, strings.Replace(string(text), "two.gate.test]", "two.gate.test, three.gate.test]", 1))
			if more := a.handshake(t, third, address, "three.gate.test", mine); more.VerifyHostname("three.gate.test") != nil {
				t.Errorf("the certificate is for %q", more.DNSNames)
			}
			if again := a.handshake(t, third, address, "one.gate.test", mine); !again.Equal(c) {
				t.Error("the certificate of another name was changed")
			}
		})
	}
}

// hello makes a call through the gate.
func hello(t *testing.T, a *authority, address string, mine tls.Certificate) string {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{ServerName: "one.gate.test", RootCAs: a.roots, Certificates: []tls.Certificate{mine}}}}
	r, err := http.NewRequest(http.MethodGet, "https://"+address+"/v1/hello", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "one.gate.test"
	answer, err := client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(answer.StatusCode, " ", string(text))
}

// private finds files of a folder that others may read.
func private(t *testing.T, dir string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		if info, err := d.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v, %v", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil || n < 4 {
		t.Errorf("%d files, %v", n, err)
	}
}
