package gcp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/fake"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

func wrapper(t testing.TB, o Options) wrap.Wrapper {
	t.Helper()
	w, err := KMS(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// keyFile writes the file of a service account.
func keyFile(t testing.TB, key any, tokenURI string) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{"type": "service_account", "client_email": fake.GCPAccount, "private_key_id": "k1", "token_uri": tokenURI,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestAccounts wraps by a service account's key and by the machine's account.
func TestAccounts(t *testing.T) {
	s := fake.NewGCP(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s.Account = &key.PublicKey
	account := Options{Key: fake.GCPKey, Endpoint: s.URL, Metadata: s.URL, Credentials: keyFile(t, key, s.URL+"/token")}
	machine := Options{Key: fake.GCPKey, Endpoint: s.URL, Metadata: s.URL}
	for name, o := range map[string]Options{"account": account, "machine": machine} {
		t.Run(name, func(t *testing.T) {
			w := wrapper(t, o)
			fake.Conform(t, w)
			s.Revoke()
			if _, err := w.Wrap(t.Context(), make([]byte, wrap.KeyLength), nil); err != nil {
				t.Error("a token that was taken back is not replaced:", err)
			}
			before := len(s.Asked())
			if _, err := w.Wrap(t.Context(), make([]byte, wrap.KeyLength), nil); err != nil || len(s.Asked()) != before+1 {
				t.Error("the token is not kept:", s.Asked()[before:], err)
			}
		})
	}
	fake.Fail(t, wrapper(t, machine), s.Instead)
	other, _ := rsa.GenerateKey(rand.Reader, 2048)
	curve, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	noJSON := filepath.Join(t.TempDir(), "x.json")
	os.WriteFile(noJSON, []byte("planted"), 0o600)
	for name, file := range map[string]string{"another-key": keyFile(t, other, s.URL+"/token"), "another-kind": keyFile(t, curve, s.URL+"/token"), "no-file": "/none", "no-json": noJSON,
		"plain-http": keyFile(t, key, "http://tokens.example.com/token")} {
		o := account
		o.Credentials = file
		if _, err := wrapper(t, o).Wrap(t.Context(), make([]byte, wrap.KeyLength), nil); err == nil || strings.Contains(err.Error(), "planted") || wrap.Down(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := machine
	o.Key = "projects/other"
	if _, err := wrapper(t, o).Wrap(t.Context(), make([]byte, wrap.KeyLength), nil); err == nil || !strings.Contains(err.Error(), "404 NOT_FOUND") {
		t.Error(err)
	}
}

func FuzzReadAccount(f *testing.F) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(keyFile(f, key, ""))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"type":"service_account","client_email":"a","private_key":"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, key, ok := readAccount(b); ok && key == nil {
			t.Fatal("no key")
		}
	})
}

func FuzzAnswers(f *testing.F) {
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/computeMetadata") {
			w.Write([]byte(`{"access_token":"x"}`))
			return
		}
		w.Write(body)
	}))
	f.Cleanup(s.Close)
	w := wrapper(f, Options{Key: "projects/k", Endpoint: s.URL, Metadata: s.URL})
	f.Add([]byte(`{"plaintext":"AA==","plaintextCrc32c":"1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		body = b
		if key, err := w.Unwrap(t.Context(), []byte("x"), nil); err == nil && len(key) != wrap.KeyLength {
			t.Fatal("no key")
		}
	})
}
