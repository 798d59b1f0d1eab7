package stage

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// Pair makes a self-signed certificate for 127.0.0.1 and localhost with the
// given serial number and end, and its key, both as PEM.
func Pair(t testing.TB, serial int64, end time.Time) (cert, key []byte) {
	t.Helper()
	cert, key, err := testdata.Certificate("localhost", serial, end)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// Files writes such a pair to files and returns what clients are to trust.
func Files(t testing.TB) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	c, k := Pair(t, 1, time.Now().Add(24*time.Hour))
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, b := range map[string][]byte{cert: c, key: k} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(c)
	return cert, key, roots
}
