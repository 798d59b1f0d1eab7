package serve

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust"
)

// known is a verifier that knows something.
type known struct{ gate.Verifier }

// TestVerifiersOutlivePlans: what a verifier knows stays while its settings do,
// and is given up when a name, a secret or what a file holds is another.
func TestVerifiersOutlivePlans(t *testing.T) {
	var ended []string
	row := verifierKinds["keys"]
	t.Cleanup(func() { verifierKinds["keys"] = row })
	verifierKinds["keys"] = func(ctx context.Context, s *config.Credential, _ dependencies) (gate.Verifier, func(), error) {
		if s.Name == "wrong" {
			return nil, nil, errors.New("is wrong")
		}
		return &known{}, func() {
			if ctx.Err() == nil {
				t.Error("what is done in the background goes on")
			}
			ended = append(ended, s.Name)
		}, nil
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keys := func(name, pepper string) *config.Credential {
		return &config.Credential{Name: name, Keys: &config.KeysCredential{Pepper: trust.NewSecret(pepper)}}
	}
	cs := newCredentials()
	acquire := func(s *config.Credential) *credential {
		c, wrong := cs.acquire(s, watch{})
		if wrong != nil {
			t.Fatal(wrong)
		}
		return c
	}
	first := acquire(keys("a", "one"))
	if again := acquire(keys("a", "one")); again != first {
		t.Error("the same settings have another verifier")
	}
	for name, other := range map[string]*config.Credential{"name": keys("b", "one"), "secret": keys("a", "two")} {
		if c := acquire(other); c == first {
			t.Error("kept although another one is the", name)
		}
	}
	certificates := &config.Credential{Name: "c", Certificate: &config.CertificateCredential{Identity: config.IdentityDNS, Authorities: config.File(file)}}
	k1, k2 := newKey(), newKey()
	write("one")
	fingerprintOf(k1, certificates, watch{})
	write("two")
	files := watch{}
	fingerprintOf(k2, certificates, files)
	if k1.sum() == k2.sum() || len(files) != 1 {
		t.Error("what a file holds is of no account, or it is not watched")
	}
	if _, wrong := cs.acquire(keys("wrong", "x"), watch{}); wrong == nil || !strings.Contains(wrong.text, "is wrong") {
		t.Error("a mistake is not said")
	}
	cs.release([]*credential{first})
	if len(ended) != 0 {
		t.Error("ended while a plan uses it")
	}
	cs.release([]*credential{first})
	if strings.Join(ended, " ") != "a" || len(cs.open) != 2 {
		t.Errorf("ended %q, %d are left", ended, len(cs.open))
	}
	cs.closeAll()
	if len(ended) != 3 {
		t.Errorf("in the end %d have ended", len(ended))
	}
}

// TestLeaksAreToldOnce by the public id, and not without end.
func TestLeaksAreToldOnce(t *testing.T) {
	var out bytes.Buffer
	cs := newCredentials()
	cs.deps.log = slog.New(slog.NewTextHandler(&out, nil))
	for range 3 {
		cs.leaked("k7Q2")
	}
	if n := strings.Count(out.String(), "key=k7Q2"); n != 1 {
		t.Errorf("told %d times", n)
	}
	for i := range 3 * maxLeaks {
		cs.leaked(string(rune(0x4e00 + i)))
	}
	if n := strings.Count(out.String(), "\n"); n != maxLeaks {
		t.Errorf("%d lines", n)
	}
}

// TestLocksStayWhileTheirSettingsDo: a reload forgives nobody.
func TestLocksStayWhileTheirSettingsDo(t *testing.T) {
	cs := newCredentials()
	first := cs.lock(&config.Locks{Failures: 5})
	if cs.lock(&config.Locks{Failures: 5}) != first {
		t.Error("forgotten by a reload")
	}
	if cs.lock(&config.Locks{Failures: 6}) == first || len(cs.locks) != 1 {
		t.Error("the settings are of no account, or tables pile up")
	}
}
