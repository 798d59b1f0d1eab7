package serve

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/internal/fake"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/keys"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// shownAPI is an API that keeps what it was last shown.
func shownAPI(t *testing.T) (url string, shown *atomic.Value) {
	shown = new(atomic.Value)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown.Store(r.Header.Get("X-Planted"))
		w.Write([]byte("ok"))
	}))
	t.Cleanup(s.Close)
	return s.URL, shown
}

// trusting is a configuration whose keys and secret are at Vault's.
func trusting(api string, v *fake.Vault) string {
	return strings.Replace(one("a.yaml", api), "${file:planted}", "${vault:secret/shop#token}", 1) +
		"trust:\n  keys_file: gate.keys\n  key: {vault: {key: gatehouse}}\n  vault: {address: \"" + v.URL + "\", approle: {role_id: gate, secret_id: \"${file:secret-id}\"}, timeout: 200ms, refresh: 1s}\n"
}

// vaultHouse serves such a configuration.
func vaultHouse(t *testing.T, change ...func(*Config)) (*house, *fake.Vault, *atomic.Value) {
	t.Helper()
	v := fake.NewVault(t)
	v.RotateKey("gatehouse")
	v.Put("shop", map[string]any{"token": planted})
	api, shown := shownAPI(t)
	secret := filepath.Join(t.TempDir(), "secret-id")
	if err := os.WriteFile(secret, []byte(v.SecretID), 0o600); err != nil {
		t.Fatal(err)
	}
	return openHouse(t, strings.ReplaceAll(trusting(api, v), "${file:secret-id}", "${file:"+secret+"}"), change...), v, shown
}

// TestSecretsOfVault reach the API, are read again, and outlive a server that is
// down, slow or lies.
func TestSecretsOfVault(t *testing.T) {
	h, v, shown := vaultHouse(t, func(c *Config) { c.Poll = 5 * time.Millisecond })
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Wait(ctx) }()
	defer func() {
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	if s := status(t, h.URL()+"/a"); s != http.StatusOK || shown.Load() != planted {
		t.Fatal(s, shown.Load(), h.log.String())
	}
	v.Put("shop", map[string]any{"token": planted + "-2"})
	h.said("a secret of Vault changed")
	h.said("the configuration was reloaded")
	if s := status(t, h.URL()+"/a"); s != http.StatusOK || shown.Load() != planted+"-2" {
		t.Error(s, shown.Load())
	}
	v.Instead(fake.Faults["sealed"].Handler)
	h.said("secrets of Vault cannot be read again: those that the gate has go on")
	h.write("a.yaml", contractOf("A2", "/both", "/a")) // a reload that needs the secret
	h.said("files changed: a.yaml")
	if s := status(t, h.URL()+"/a"); s != http.StatusOK || shown.Load() != planted+"-2" {
		t.Error("with Vault down:", s, shown.Load())
	}
	v.Instead(nil)
	v.Put("shop", map[string]any{"other": planted})
	h.said("has no text in a field token")
	if s := status(t, h.URL()+"/a"); s != http.StatusOK || shown.Load() != planted+"-2" {
		t.Error("with the secret gone:", s, shown.Load())
	}
}

// TestVaultFailsAtTheStart refuses to start, says why, and keeps no keys.
func TestVaultFailsAtTheStart(t *testing.T) {
	for name, fault := range fake.Faults {
		t.Run(name, func(t *testing.T) {
			v := fake.NewVault(t)
			v.Instead(fault.Handler)
			h := &house{t: t, dir: t.TempDir()}
			h.write("a.yaml", contractOf("A", "/a"))
			h.write("secret-id", v.SecretID)
			for what, text := range map[string]string{"secret": trusting("http://127.0.0.1:1", v), "keys": strings.Replace(trusting("http://127.0.0.1:1", v), "${vault:secret/shop#token}", "${file:secret-id}", 1)} {
				h.write("gatehouse.yaml", text)
				_, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1})
				var problems source.Problems
				if !errors.As(err, &problems) || !strings.Contains(err.Error(), "Vault") && !strings.Contains(err.Error(), "vault") {
					t.Errorf("%s: %v", what, err)
				}
				if strings.Contains(strings.ToLower(strings.ReplaceAll(err.Error(), "X-Planted", "")), "planted") {
					t.Errorf("%s: the error holds a secret: %v", what, err)
				}
			}
			if _, err := os.Stat(filepath.Join(h.dir, "gate.keys")); err == nil {
				t.Error("keys were kept")
			}
		})
	}
}

// TestKeysGoOn has the service of the wrapping key fail while the gate serves.
func TestKeysGoOn(t *testing.T) {
	h, v, _ := vaultHouse(t)
	defer h.Stop()
	file := filepath.Join(h.dir, "gatehouse.yaml")
	pepper := h.reader.custody.keys.MAC(keys.Pepper)
	sum, _ := pepper.Sum(1, []byte("m"))
	v.Instead(fake.Faults["error"].Handler)
	if _, problems := RotateKeys(t.Context(), file, nil); problems.Err() == nil || !strings.Contains(problems.Error(), "it answers 500") || strings.Contains(problems.Error(), "planted") {
		t.Error(problems)
	}
	if again, ok := pepper.Sum(1, []byte("m")); !ok || again != sum || pepper.Newest() != 1 {
		t.Error("the keys in memory do not go on")
	}
	v.Instead(nil)
	k, problems := RotateKeys(t.Context(), file, []string{"pepper"})
	if problems.Err() != nil || k.By != "vault transit/gatehouse" || len(k.Keys[0].Versions) != 2 {
		t.Fatal(k, problems)
	}
	v.Instead(fake.Faults["error"].Handler)
	h.reload("test", false)
	h.said("the gate's own keys were changed and cannot be opened for now")
	if pepper.Newest() != 1 {
		t.Error("changed")
	}
	v.Instead(nil)
	h.reload("test", false)
	if pepper.Newest() != 2 {
		t.Error("the handle does not follow:", h.log.String())
	}
}

// TestKeysAreRenewed: a gate takes new versions up also while its configuration is
// broken. Otherwise it would go on to make things with versions that gatehouse
// trust destroy has destroyed.
func TestKeysAreRenewed(t *testing.T) {
	h, v, _ := vaultHouse(t, func(c *Config) { c.Poll = 5 * time.Millisecond })
	pepper, file := h.reader.custody.keys.MAC(keys.Pepper), filepath.Join(h.dir, "gatehouse.yaml")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	aside := filepath.Join(h.dir, "aside.yaml")
	h.write("aside.yaml", string(good))
	h.reader.custody.every = 0
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Wait(ctx) }()
	defer func() {
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	h.write("gatehouse.yaml", "nonsense: 1\n")
	h.said("the changed configuration is not used")
	if _, problems := RotateKeys(t.Context(), aside, []string{"pepper"}); problems.Err() != nil {
		t.Fatal(problems)
	}
	eventually(t, func() bool { return pepper.Newest() == 2 })
	eventually(t, func() bool { // the file of keys is also one of those that are looked at
		said := h.log.String()
		return strings.Contains(said, "the gate's own keys changed") || strings.Contains(said, "files changed: gate.keys")
	})
	v.Instead(fake.Faults["error"].Handler)
	h.write("gate.keys", "nonsense")
	h.said("those in memory go on")
	if pepper.Newest() != 2 {
		t.Error("the keys in memory do not go on")
	}
}

// TestSealedSecrets opens what another purpose or key sealed for nobody.
func TestSealedSecrets(t *testing.T) {
	h, v, _ := vaultHouse(t)
	defer h.Stop()
	file := filepath.Join(h.dir, "gatehouse.yaml")
	for _, row := range []struct{ name, secret, want string }{{"nothing", "", "no secret"}, {"a-line-end", "\r\n", "no secret"}, {"large", strings.Repeat("x", 33<<10), "larger than 32 KiB"}} {
		if _, problems := SealSecret(t.Context(), file, []byte(row.secret)); problems.Err() == nil || !strings.Contains(problems.Error(), row.want) {
			t.Errorf("%s: %v", row.name, problems)
		}
	}
	text, problems := SealSecret(t.Context(), file, []byte(planted+"\n"))
	if problems.Err() != nil || strings.Contains(string(text), planted) {
		t.Fatal(problems)
	}
	other, err := wrap.Seal(t.Context(), wrap.Passphrase(trust.NewSecret("another passphrase")), []byte(planted), sealedSecret)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(h.dir, "gate.keys"))
	if err != nil {
		t.Fatal(err)
	}
	d := &draft{files: watch{}, config: h.live.config}
	ask := h.reader.custody.remote(t.Context(), d, nil)(&h.live.config.Trust)
	if value, note := ask.Unseal(text); note != nil || value != planted {
		t.Error(note)
	}
	for name, b := range map[string][]byte{"the-keys": kept, "another-key": other, "no-text": []byte("planted")} {
		if value, note := ask.Unseal(b); note == nil || value != "" || strings.Contains(note.Text, "planted") {
			t.Errorf("%s: %q %v", name, value, note)
		}
	}
	h.reader.custody.settle(d)
	v.Instead(fake.Faults["error"].Handler)
	again := &draft{files: watch{}, config: h.live.config}
	if value, note := h.reader.custody.remote(t.Context(), again, nil)(&h.live.config.Trust).Unseal(text); note != nil || value != planted {
		t.Error("a file that was opened before is asked for again:", note)
	}
}
