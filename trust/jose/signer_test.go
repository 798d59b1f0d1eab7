package jose

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
)

// TestSignedTokensAreAccepted signs with each algorithm and verifies with the
// public set that the signer writes.
func TestSignedTokensAreAccepted(t *testing.T) {
	n := 0
	for _, a := range Algorithms() {
		if a.Symmetric() {
			continue
		}
		n++
		var key any = keys().rsa
		if suites[a].family != rsaFamily { // which takes long to make
			var err error
			if key, err = GenerateKey(a); err != nil {
				t.Fatal(err)
			}
		}
		s, err := NewSigner("k", a, key)
		if err != nil {
			t.Fatal(err)
		}
		token, err := s.Sign(AccessToken, []byte(goodClaims))
		if err != nil {
			t.Fatal(err)
		}
		text, err := Public(s)
		if err != nil {
			t.Fatal(err)
		}
		set, notes, err := ReadSet(text)
		if err != nil || len(notes) > 0 {
			t.Fatal(notes, err)
		}
		v := verifier(t, func(r *Rules) { r.Algorithms = []Algorithm{a} })
		if got, why := judge(v, token, set); why != nil || got.KeyID != "k" || set.keys[0].Algorithm != a {
			t.Errorf("%s: %v", a, why)
		}
	}
	if n != 11 {
		t.Errorf("%d algorithms", n)
	}
}

func TestReadPrivate(t *testing.T) {
	w := keys()
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(w.ec)
	sec1, _ := x509.MarshalECPrivateKey(w.ec)
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	private, _ := json.Marshal(jose.JSONWebKey{Key: w.ec, KeyID: "a", Algorithm: "ES256"})
	for name, text := range map[string]string{
		"pkcs8": block("PRIVATE KEY", pkcs8), "sec1": block("EC PARAMETERS", nil) + block("EC PRIVATE KEY", sec1), "jwk": string(private),
		"public-before": string(publicPEM()) + block("PRIVATE KEY", pkcs8),
	} {
		id, alg, key, err := ReadPrivate([]byte(text))
		if ec, ok := key.(*ecdsa.PrivateKey); err != nil || !ok || !ec.Equal(w.ec) || name == "jwk" && (id != "a" || alg != "ES256") {
			t.Errorf("%s: %q %q %v", name, id, alg, err)
		}
	}
	secret := `{"kty":"oct","k":"` + strings.Repeat("A", 43) + `"}`
	if _, _, key, err := ReadPrivate([]byte(secret)); err != nil || len(key.([]byte)) != 32 {
		t.Error(err)
	}
	for name, text := range map[string]string{
		"empty": "", "public": string(publicPEM()), "public-jwk": jwk(t, &w.ec.PublicKey, ""), "broken": block("PRIVATE KEY", []byte("x")), "text": "secret",
		"twice": strings.Replace(string(private), "{", `{"d":"AA",`, 1), "set": `{"keys":[` + string(private) + `]}`,
	} {
		if _, _, _, err := ReadPrivate([]byte(text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

func TestSignersRefused(t *testing.T) {
	w := keys()
	for name, row := range map[string]struct {
		alg Algorithm
		key any
	}{
		"none": {"none", w.ec}, "other-curve": {"ES384", w.ec}, "other-kind": {"RS256", w.ec}, "short-secret": {"HS256", []byte("short")}, "short-for-the-hash": {"HS512", make([]byte, 32)},
		"secret-for-a-key": {"ES256", make([]byte, 64)}, "no-key": {"", "text"}, "newer-name-for-another-kind": {"Ed25519", w.ec}, "name-in-cose": {"ESP256", w.ec}, "other-curve-of-edwards": {"Ed448", w.ed},
	} {
		if _, err := NewSigner("", row.alg, row.key); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	s, err := NewSigner("", "", make([]byte, 32))
	if err != nil || s.Algorithm() != "HS256" {
		t.Fatal(err)
	}
	if _, err := Public(s); err == nil {
		t.Error("a secret is published")
	}
	if _, err := s.Sign("JWT", []byte(`{"a":1,"a":2}`)); err == nil {
		t.Error("claims that nobody accepts are signed")
	}
	if _, err := GenerateKey("HS256"); err == nil {
		t.Error("a secret is a key pair")
	}
}
