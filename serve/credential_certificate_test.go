package serve

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// TestAuthoritiesOfCredential reads files of authorities; what is not one is a
// mistake and no shorter list.
func TestAuthoritiesOfCredential(t *testing.T) {
	ca := testdata.NewAuthority(t, "ca")
	for name, row := range map[string]struct {
		text string
		ok   bool
	}{
		"one":     {string(ca.PEM), true},
		"two":     {string(ca.PEM) + string(testdata.NewAuthority(t, "b").PEM), true},
		"nothing": {"", false},
		"text":    {"authorities", false},
		"key":     {string(ca.PEM) + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})), false},
		"broken":  {string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})), false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(path, []byte(row.text), 0o600); err != nil {
				t.Fatal(err)
			}
			s := &config.Credential{Name: "partners", Certificate: &config.CertificateCredential{Identity: config.IdentityDNS, Authorities: config.File(path)}}
			v, _, err := certificateVerifier(t.Context(), s, dependencies{})
			if (err == nil) != row.ok || (v != nil) != row.ok {
				t.Error(v, err)
			}
		})
	}
}
