package serve

import (
	"net/http"
	"net/http/httptest"
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
	"github.com/gatehouse-api/gatehouse/trust/keys"
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

// serving is a program that serves.
var serving = dependencies{keys: func() *keys.Keys { return nil }}

// TestCheckFetchesNoKeys: who checks a configuration connects to nobody.
func TestCheckFetchesNoKeys(t *testing.T) {
	asked := make(chan struct{}, 8)
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
	defer web.Close()
	c := &config.JWTCredential{Issuer: web.URL, Audience: []string{"shop"}, MaxLifetime: time.Hour, ClockSkew: time.Second, MaxBytes: 8 << 10, Remember: 16}
	for _, d := range []dependencies{{}, serving} {
		v, end, err := jwtVerifier(t.Context(), &config.Credential{Name: "tokens", JWT: c}, d)
		if err != nil {
			t.Fatal(err)
		}
		if d.keys != nil {
			<-asked
		}
		x := &gate.Exchange{Context: t.Context(), Received: time.Now()}
		token := "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.AAAA"
		if p, r := v.Verify(x, &gate.Use{}, []byte(token)); p != nil || r.Code != gate.CredentialUnverified || r.Retry < 1 {
			t.Errorf("%v, %+v", p, r)
		}
		end()
		if d.keys == nil && len(asked) > 0 {
			t.Error("keys were fetched")
		}
	}
}

// TestJWTVerifiers makes verifiers of settings, and shows each a token that is
// none: without keys, whether it is good cannot be said.
func TestJWTVerifiers(t *testing.T) {
	const set = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`
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
		"file":          {func(c *config.JWTCredential) { c.JWKS.File = file("keys.json", set) }, true},
		"file-broken":   {func(c *config.JWTCredential) { c.JWKS.File = file("broken.json", "{}") }, false},
		"no-file":       {func(c *config.JWTCredential) { c.JWKS.File = "none.json" }, false},
		"inline":        {func(c *config.JWTCredential) { c.JWKS.Inline = set }, true},
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
			v, end, err := jwtVerifier(t.Context(), &config.Credential{Name: "tokens", JWT: &c}, serving)
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
