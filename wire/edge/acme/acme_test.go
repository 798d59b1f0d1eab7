package acme

import (
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// TestChallengeIsForAuthoritiesAlone asks for proofs that nobody waits for; e2e
// has an authority ask for those that one does.
func TestChallengeIsForAuthoritiesAlone(t *testing.T) {
	for _, path := range []string{"/", "", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/zqx7", "/.well-known/acme-challenge/../x", "/hello"} {
		for _, host := range []string{"a.test", "a.test:80", "", ":", "[::1]:80"} {
			if got := Challenge([]byte(host), []byte(path)); got != nil {
				t.Errorf("%q at %q: %q", path, host, got)
			}
		}
	}
}

func TestFilesOfTheDirectory(t *testing.T) {
	dir := t.TempDir()
	a := testdata.NewAuthority(t, "a")
	good, bad := filepath.Join(dir, "good.pem"), filepath.Join(dir, "bad.pem")
	for name, text := range map[string][]byte{good: a.PEM, bad: []byte("nonsense")} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for file, want := range map[string]string{"": "", good: "", bad: "no certificate", filepath.Join(dir, "gone.pem"): "no such file"} {
		_, err := New(Options{Domains: []string{"a.test"}, CAFile: file})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// folder is one that certmagic may still write to for a moment after the end.
func folder(t *testing.T) string {
	dir, err := os.MkdirTemp("", "acme")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for limit := time.Now().Add(10 * time.Second); os.RemoveAll(dir) != nil; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatal("the folder is written to without end")
			}
		}
	})
	return dir
}

// TestNamesWithoutCertificate starts where nobody answers: names of others and
// of its own get none, and the end waits for nobody.
func TestNamesWithoutCertificate(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	storage := filepath.Join(folder(t), "state", "acme")
	m, err := New(Options{Domains: []string{"A.test"}, Directory: "https://" + nobody + "/dir", Storage: storage})
	if err != nil {
		t.Fatal(err)
	}
	hello := func(name string, protocols ...string) *tls.ClientHelloInfo {
		return &tls.ClientHelloInfo{ServerName: name, SupportedProtos: protocols}
	}
	if c, err := m.Certificate(hello("a.test")); c != nil || err == nil {
		t.Errorf("before Start: %v, %v", c, err)
	}
	if err := m.Prepare(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(storage); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info, err)
	}
	if left, err := os.ReadDir(storage); err != nil || len(left) > 0 {
		t.Errorf("in the folder: %v, %v", left, err)
	}
	if err := m.Start(Ports{}); err != nil {
		t.Fatal(err)
	}
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	for _, h := range []*tls.ClientHelloInfo{hello("a.test"), hello("b.test"), hello(""), hello("a.test", Protocol), hello("../../etc/passwd", Protocol)} {
		h.Conn = here
		if c, err := m.Certificate(h); c != nil || err == nil {
			t.Errorf("%q: %v, %v", h.ServerName, c, err)
		}
	}
	m.Close()
	m.Close()
}

// TestFolderThatCannotBeWritten is one in which not even root makes files.
func TestFolderThatCannotBeWritten(t *testing.T) {
	const folder = "/proc/self/task"
	m, err := New(Options{Domains: []string{"a.test"}, Storage: folder})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Prepare(); err == nil || !strings.Contains(err.Error(), folder) || strings.Contains(err.Error(), folder+"/.") {
		t.Error(err)
	}
}
