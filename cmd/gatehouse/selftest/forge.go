package selftest

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// forge makes credentials that copies of the gate take, by a key of its own.
type forge struct {
	signer *jose.Signer
	set    []byte // its public half
	keyed  keyed
}

func newForge() (*forge, error) {
	key, err := jose.GenerateKey(algorithm)
	if err != nil {
		return nil, err
	}
	f := new(forge)
	if f.signer, err = jose.NewSigner("selftest", algorithm, key); err != nil {
		return nil, err
	}
	f.set, err = jose.Public(f.signer)
	return f, err
}

const algorithm = "ES256"

// keys is the server of an issuer's keys.
func (f *forge) keys() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(f.set)
	})
}

// caller is whom the forge makes up: one who may do whatever the operation
// asks for in scopes and roles.
type caller struct{ scopes, roles []string }

func callerFor(op *contract.Operation, c *config.Config) caller {
	var who caller
	for _, r := range op.Security {
		for _, use := range r {
			who.scopes = append(who.scopes, use.Scopes...)
		}
	}
	for role := range c.Roles {
		who.roles = append(who.roles, role)
	}
	slices.Sort(who.roles)
	return who
}

// token is one that a credential takes; "" for a credential that none is made
// for.
func (f *forge) token(k *config.Credential, who caller) string {
	switch {
	case k.JWT != nil && k.JWT.Secret.IsZero():
		return f.jwt(k.JWT, who)
	case k.Introspection != nil:
		return "selftest-" + rand.Text()
	case k.Keys != nil:
		return f.keyed.texts[k.Name]
	}
	return ""
}

func (f *forge) jwt(c *config.JWTCredential, who caller) string {
	now := time.Now()
	claims := map[string]any{
		"iss": c.Issuer, "sub": "selftest", "aud": c.Audience[0], "client_id": "selftest-client", "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(min(5*time.Minute, c.MaxLifetime)).Unix(), "scope": strings.Join(who.scopes, " "),
	}
	if c.TrustDomain != "" {
		claims["sub"] = "spiffe://" + c.TrustDomain + "/selftest"
	}
	put(claims, c.Claims.Roles, who.roles)
	if c.Claims.Tenant != "" {
		put(claims, c.Claims.Tenant, "selftest")
	}
	for path, values := range c.Require {
		if len(values) > 0 {
			put(claims, path, values[0])
		}
	}
	typ := "at+jwt"
	if len(c.Types) > 0 {
		typ = c.Types[0]
	}
	text, err := json.Marshal(claims)
	if err != nil {
		return ""
	}
	token, err := f.signer.Sign(typ, text)
	if err != nil {
		return ""
	}
	return token
}

// put sets a claim by its path.
func put(claims map[string]any, path string, v any) {
	for {
		name, rest, nested := strings.Cut(path, ".")
		if !nested {
			claims[name] = v
			return
		}
		inner, ok := claims[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			claims[name] = inner
		}
		claims, path = inner, rest
	}
}

// introspection is an authorization server that vouches for every token
// (RFC 7662 section 2.2).
func (f *forge) introspection(c *config.IntrospectionCredential, who func() caller) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		is := who()
		answer := map[string]any{
			"active": true, "iss": c.Issuer, "sub": "selftest", "client_id": "selftest-client", "token_type": "Bearer",
			"scope": strings.Join(is.scopes, " "), "exp": time.Now().Add(time.Minute).Unix(),
		}
		if len(c.Audience) > 0 {
			answer["aud"] = c.Audience[0]
		}
		put(answer, c.Roles, is.roles)
		if c.Tenant != "" {
			put(answer, c.Tenant, "selftest")
		}
		w.Header().Set("Content-Type", "application/json")
		json.MarshalWrite(w, answer)
	})
}
