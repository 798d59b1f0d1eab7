package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// certificate writes a self-signed certificate for this machine's loopback
// and its key, and returns their paths.
func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	cert, key, err := testdata.Certificate("localhost", 1, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeFile(t, certFile, string(cert))
	writeFile(t, keyFile, string(key))
	return certFile, keyFile
}
