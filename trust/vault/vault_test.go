package vault_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/fake"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/vault"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

func client(t testing.TB, o vault.Options) *vault.Client {
	t.Helper()
	c, err := vault.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func role(s *fake.Vault) vault.Options {
	return vault.Options{Address: s.URL, AppRole: &vault.AppRole{RoleID: "gate", SecretID: trust.NewSecret(s.SecretID)}}
}

// TestTransit wraps, rotates the key at the server, and opens both.
func TestTransit(t *testing.T) {
	s := fake.NewVault(t)
	s.RotateKey("gatehouse")
	w := vault.Transit(client(t, role(s)), "", "gatehouse")
	fake.Conform(t, w)
	if s.Logins() != 1 {
		t.Error(s.Logins(), "logins")
	}
	fake.Fail(t, w, s.Instead)
	key := []byte(strings.Repeat("k", wrap.KeyLength))
	old, err := w.Wrap(t.Context(), key, nil)
	if err != nil || !strings.HasPrefix(string(old), "vault:v1:") {
		t.Fatal(string(old), err)
	}
	text, err := wrap.Seal(t.Context(), w, []byte("planted"), "use")
	if err != nil {
		t.Fatal(err)
	}
	s.RotateKey("gatehouse")
	if got, err := w.Unwrap(t.Context(), old, nil); err != nil || string(got) != string(key) {
		t.Error("an old version does not open:", err)
	}
	fresh, err := wrap.Rewrap(t.Context(), w, text)
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := wrap.ReadText(fresh); !strings.HasPrefix(string(a.Key), "vault:v2:") {
		t.Error("the key is not moved to the newest version:", string(a.Key))
	}
	if w.Name() != "vault transit/gatehouse" {
		t.Error(w.Name())
	}
}

// TestRead reads text fields, and says what is wrong.
func TestRead(t *testing.T) {
	s := fake.NewVault(t)
	s.Put("shop/mail", map[string]any{"token": "planted-1", "port": 25, "none": nil})
	c := client(t, vault.Options{Address: s.URL, Token: trust.NewSecret(fake.RootToken), Namespace: "platform"})
	got, err := c.Read(t.Context(), "secret/shop/mail")
	if err != nil || got["token"] != "planted-1" {
		t.Fatal(got, err)
	}
	if _, ok := got["port"]; ok {
		t.Error("what is no text was taken for text")
	}
	for path, want := range map[string]string{"secret/none": "answers 404", "secret": "mount/name", "": "mount/name", "secret/../sys/x": "mount/name", "secret/a?b": "mount/name", "secret//a": "mount/name", "secret/a/": "mount/name", "sys/x": "answers 404"} {
		if _, err := c.Read(t.Context(), path); err == nil || !strings.Contains(err.Error(), want) || wrap.Down(err) {
			t.Errorf("%q: %v", path, err)
		}
	}
	for _, asked := range s.Asked() {
		if strings.Contains(asked, "..") || strings.Contains(asked, "sys/x?") {
			t.Error(asked)
		}
	}
}

// TestLogins uses a token until it ends or is taken back.
func TestLogins(t *testing.T) {
	s := fake.NewVault(t)
	s.Put("shop", map[string]any{"token": "x"})
	c := client(t, role(s))
	read := func() error { _, err := c.Read(t.Context(), "secret/shop"); return err }
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := read(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if s.Logins() != 1 {
		t.Error(s.Logins(), "logins for one token")
	}
	s.Revoke()
	if err := read(); err != nil || s.Logins() != 2 {
		t.Error("a token that was taken back is not replaced:", err, s.Logins())
	}
	file := filepath.Join(t.TempDir(), "token")
	os.WriteFile(file, []byte(s.JWT+"\n"), 0o600)
	pod := client(t, vault.Options{Address: s.URL, Kubernetes: &vault.Kubernetes{Role: "gate", TokenFile: file}})
	if _, err := pod.Read(t.Context(), "secret/shop"); err != nil {
		t.Error(err)
	}
	for name, o := range map[string]vault.Options{
		"wrong-secret": {Address: s.URL, AppRole: &vault.AppRole{RoleID: "gate", SecretID: trust.NewSecret("planted")}},
		"wrong-role":   {Address: s.URL, Kubernetes: &vault.Kubernetes{Role: "other", TokenFile: file}},
		"no-file":      {Address: s.URL, Kubernetes: &vault.Kubernetes{Role: "gate", TokenFile: file + "x"}},
		"wrong-token":  {Address: s.URL, Token: trust.NewSecret("planted")},
		"nothing":      {Address: s.URL},
	} {
		_, err := client(t, o).Read(t.Context(), "secret/shop")
		var e *wrap.Error
		if !errors.As(err, &e) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLoginFails takes no answer for a login that has no token.
func TestLoginFails(t *testing.T) {
	s := fake.NewVault(t)
	for name, fault := range fake.Faults {
		if name == "is-slow" { // TestTransit
			continue
		}
		s.Instead(fault.Handler)
		if _, err := client(t, role(s)).Read(t.Context(), "secret/shop"); err == nil || strings.Contains(err.Error(), "planted") || wrap.Down(err) != fault.Down {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAddresses demands TLS beyond this machine, and whom it trusts.
func TestAddresses(t *testing.T) {
	for _, address := range []string{"", "vault.example.com", "http://vault.example.com", "http://10.0.0.1:8200", "ftp://127.0.0.1", "https://u:planted@a", "https://a/path", "https://a?b", "unix:/x"} {
		if _, err := vault.New(vault.Options{Address: address}); err == nil || strings.Contains(err.Error(), "planted") {
			t.Errorf("%q: %v", address, err)
		}
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	_, err := client(t, vault.Options{Address: s.URL, Token: trust.NewSecret("planted")}).Read(t.Context(), "secret/a")
	if err == nil || !strings.Contains(err.Error(), "vouched for by nobody") || wrap.Down(err) {
		t.Error(err)
	}
	if _, err := client(t, vault.Options{Address: "http://127.0.0.1:1", Token: trust.NewSecret("planted")}).Read(t.Context(), "secret/a"); !wrap.Down(err) {
		t.Error(err)
	}
	if slices.Contains(os.Environ(), "HTTPS_PROXY") {
		t.Error("a proxy is set")
	}
}

func FuzzAnswers(f *testing.F) {
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }))
	f.Cleanup(s.Close)
	c := client(f, vault.Options{Address: s.URL, Token: trust.NewSecret("token")})
	w := vault.Transit(c, "transit", "k")
	f.Add([]byte(`{"data":{"data":{"a":"b"}}}`))
	f.Add([]byte(`{"data":{"ciphertext":"vault:v1:AA==","plaintext":"AA=="}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		body = b
		c.Read(t.Context(), "secret/a")
		if key, err := w.Unwrap(t.Context(), []byte("vault:v1:AA=="), nil); err == nil && len(key) != wrap.KeyLength {
			t.Fatal("no key")
		}
	})
}
