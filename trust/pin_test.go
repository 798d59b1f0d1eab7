package trust_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/trust"
)

// TestPinsAreThoseOfOpenSSL names keys of several kinds as another program
// does.
func TestPinsAreThoseOfOpenSSL(t *testing.T) {
	dir := t.TempDir()
	shell := func(line string) string {
		t.Helper()
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return strings.TrimSpace(string(out))
	}
	for name, make := range map[string]string{
		"p256":    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem",
		"old-ec":  "openssl ecparam -name prime256v1 -genkey -out key.pem",
		"rsa":     "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem",
		"old-rsa": "openssl genrsa -traditional -out key.pem 2048",
		"ed25519": "openssl genpkey -algorithm ED25519 -out key.pem",
	} {
		shell(make)
		shell("openssl pkey -in key.pem -pubout -out public.pem && openssl req -x509 -key key.pem -subj /CN=a -out cert.pem")
		want := "sha256/" + shell("openssl pkey -in key.pem -pubout -outform der | openssl dgst -sha256 -binary | openssl enc -base64")
		for _, file := range []string{"key.pem", "public.pem", "cert.pem"} {
			text, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := trust.ReadPin(text); string(got) != want || err != nil {
				t.Errorf("%s, %s: %s, %v, want %s", name, file, got, err, want)
			}
		}
	}
}

func TestNoPins(t *testing.T) {
	const broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
	for name, text := range map[string]string{"nothing": "", "nonsense": "zqx7", "broken": broken, "a-request": strings.ReplaceAll(broken, "PRIVATE KEY", "CERTIFICATE REQUEST")} {
		if pin, err := trust.ReadPin([]byte(text)); err == nil || pin != "" || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: %s, %v", name, pin, err)
		}
	}
}

func FuzzReadPin(f *testing.F) {
	a := testdata.NewAuthority(f, "a")
	_, key := a.Server(1, "a.test")
	f.Add(a.PEM)
	f.Add(key)
	f.Fuzz(func(t *testing.T, text []byte) {
		if pin, err := trust.ReadPin(text); (pin == "") != (err != nil) || err == nil && len(pin) != 51 {
			t.Error(pin, err)
		}
	})
}
