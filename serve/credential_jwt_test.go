package serve

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// TestAlgorithmsOfConfiguration: gatehouse.yaml knows those that are verified.
func TestAlgorithmsOfConfiguration(t *testing.T) {
	var words []jose.Algorithm
	for _, word := range config.JWTAlgorithm("").Words() {
		words = append(words, jose.Algorithm(word))
	}
	slices.Sort(words)
	if !slices.Equal(words, jose.Algorithms()) {
		t.Errorf("%v, want %v", words, jose.Algorithms())
	}
}

// TestJWTVerifiers makes verifiers of settings, and shows each a token that is
// none: without keys, whether it is good cannot be said.
func TestJWTVerifiers(t *testing.T) {
	const keys = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`
	folder := t.TempDir()
	file := func(name, text string) config.File {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return config.File(path)
	}
	base := config.JWTCredential{Issuer: "https://127.0.0.1:1", Audience: []string{"shop"}, MaxLifetime: time.Hour, ClockSkew: time.Second, MaxBytes: 8 << 10, Remember: 16}
	for name, row := range map[string]struct {
		change func(c *config.JWTCredential)
		ok     bool
	}{
		"discovery":     {func(*config.JWTCredential) {}, true},
		"address":       {func(c *config.JWTCredential) { c.JWKS.URL = "https://127.0.0.1:1/keys" }, true},
		"file":          {func(c *config.JWTCredential) { c.JWKS.File = file("keys.json", keys) }, true},
		"inline":        {func(c *config.JWTCredential) { c.JWKS.Inline = keys }, true},
		"inline-broken": {func(c *config.JWTCredential) { c.JWKS.Inline = "{}" }, false},
		"authorities":   {func(c *config.JWTCredential) { c.JWKS.CA = file("ca.pem", "x") }, false},
		"no-authority":  {func(c *config.JWTCredential) { c.JWKS.CA = "none.pem" }, false},
		"secret": {func(c *config.JWTCredential) {
			c.Secret, c.Algorithms = trust.NewSecret(strings.Repeat("s", 32)), []config.JWTAlgorithm{"HS256"}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := base
			row.change(&c)
			v, end, err := jwtVerifier(t.Context(), &config.Credential{Name: "tokens", JWT: &c}, dependencies{})
			if (err == nil) != row.ok {
				t.Fatal(err)
			}
			if err != nil {
				return
			}
			defer end()
			x := &gate.Exchange{Context: t.Context(), Received: time.Now()}
			if p, r := v.Verify(x, &gate.Use{}, []byte("a.b.c")); p != nil || r.Code != gate.CredentialInvalid {
				t.Errorf("%v, %+v", p, r)
			}
		})
	}
}
