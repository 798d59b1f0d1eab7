package jose

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAcceptedTokens shows what sound tokens of other issuers look like.
func TestAcceptedTokens(t *testing.T) {
	set, c := publicSet(t), b64(goodClaims)
	for _, row := range []struct {
		name, token string
		change      func(*Rules)
	}{
		{"plain", sign(goodHeader, goodClaims), nil},
		{"type-in-full", sign(`{"alg":"ES256","typ":"application/at+jwt","kid":"ec"}`, goodClaims), nil},
		{"type-in-capitals", sign(`{"alg":"ES256","typ":"AT+JWT","kid":"ec"}`, goodClaims), nil},
		{"white-space-in-the-json", sign("{\n \"alg\" : \"ES256\", \"typ\":\"at+jwt\", \"kid\":\"ec\" }", goodClaims), nil},
		{"unknown-header-member", sign(head(`"x5t":"abc","nonce":"n"`), goodClaims), nil},
		{"rs256", signRaw(b64(`{"alg":"RS256","typ":"at+jwt","kid":"rs"}`), c, signRS), nil},
		{"ps256", signRaw(b64(`{"alg":"PS256","typ":"at+jwt","kid":"rsa"}`), c, signPS(32)), nil},
		{"eddsa", signRaw(b64(`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`), c, signEd), nil},
		{"ed25519", signRaw(b64(`{"alg":"Ed25519","typ":"at+jwt","kid":"ed"}`), c, signEd), nil},
		{"no-key-id", signRaw(b64(`{"alg":"PS256","typ":"at+jwt"}`), c, signPS(32)), nil},
		{"several-audiences", sign(goodHeader, with("aud", `["bank","shop"]`)), nil},
		{"fraction-of-a-second", sign(goodHeader, with("exp", `1800000600.5`)), nil},
		{"within-the-skew", sign(goodHeader, with("iat", `1800000030`)), nil},
		{"expired-within-the-skew", sign(goodHeader, strings.Replace(with("exp", `1799999971`), `1799999990`, `1799999000`, 1)), nil},
		{"begins-in-1970", sign(goodHeader, with("nbf", `0`)), nil},
		{"other-type", sign(`{"alg":"ES256","typ":"JWT","kid":"ec"}`, without("client_id")), func(r *Rules) { r.Types = []string{"jwt"} }},
		{"no-type", sign(`{"alg":"ES256","kid":"ec"}`, without("iat")), func(r *Rules) { r.Types = []string{Absent} }},
		{"required", sign(goodHeader, with("kubernetes.io", `{"namespace":"shop"}`)), func(r *Rules) {
			r.Require = map[string][]string{"kubernetes.io.namespace": {"post", "shop"}}
		}},
		{"required-of-a-list", sign(goodHeader, with("groups", `["a","b"]`)), func(r *Rules) { r.Require = map[string][]string{"groups": {"b"}} }},
		{"required-truth", sign(goodHeader, with("email_verified", `true`)), func(r *Rules) { r.Require = map[string][]string{"email_verified": {"true"}} }},
		{"spiffe", sign(`{"alg":"ES256","typ":"JWT","kid":"ec"}`, with("sub", `"spiffe://prod.example/ns/shop/sa/web"`)), func(r *Rules) {
			r.Types, r.TrustDomain = []string{"JWT", Absent}, "prod.example"
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			token, why := judge(verifier(t, row.change), row.token, set)
			if why != nil {
				t.Fatal(why)
			}
			if token.Issuer != "https://id.example.com" || token.Expires == 0 || token.Key == nil || !slices.Contains(token.Audience, "shop") {
				t.Errorf("%+v", token)
			}
		})
	}
}

// TestRefusedByRules are tokens that are sound for others.
func TestRefusedByRules(t *testing.T) {
	set := publicSet(t)
	for _, row := range []struct {
		name, token string
		want        Check
		change      func(*Rules)
	}{
		{"required-missing", sign(goodHeader, goodClaims), CheckRequired, func(r *Rules) { r.Require = map[string][]string{"groups": {"b"}} }},
		{"required-other", sign(goodHeader, with("groups", `"c"`)), CheckRequired, func(r *Rules) { r.Require = map[string][]string{"groups": {"b"}} }},
		{"required-number", sign(goodHeader, with("level", `7`)), CheckRequired, func(r *Rules) { r.Require = map[string][]string{"level": {"7"}} }},
		{"required-false", sign(goodHeader, with("email_verified", `false`)), CheckRequired, func(r *Rules) { r.Require = map[string][]string{"email_verified": {"true"}} }},
		{"required-text-of-another-kind", sign(goodHeader, with("x", `{"groups":"b"}`)), CheckRequired, func(r *Rules) { r.Require = map[string][]string{"groups": {"b"}} }},
		{"spiffe-other-domain", sign(goodHeader, with("sub", `"spiffe://prod.example.evil/x"`)), CheckSubject, func(r *Rules) { r.TrustDomain = "prod.example" }},
		{"spiffe-no-path", sign(goodHeader, with("sub", `"spiffe://prod.example"`)), CheckSubject, func(r *Rules) { r.TrustDomain = "prod.example" }},
		{"spiffe-dots", sign(goodHeader, with("sub", `"spiffe://prod.example/a/../b"`)), CheckSubject, func(r *Rules) { r.TrustDomain = "prod.example" }},
		{"spiffe-query", sign(goodHeader, with("sub", `"spiffe://prod.example/a?b"`)), CheckSubject, func(r *Rules) { r.TrustDomain = "prod.example" }},
		{"spiffe-user", sign(goodHeader, with("sub", `"spiffe://x@prod.example/a"`)), CheckSubject, func(r *Rules) { r.TrustDomain = "prod.example" }},
		{"spiffe-encoded", sign(goodHeader, with("sub", `"spiffe://prod.example/a%2fb"`)), CheckSubject, func(r *Rules) { r.TrustDomain = "prod.example" }},
		{"no-skew", sign(goodHeader, with("iat", `1800000001`)), CheckNotBefore, func(r *Rules) { r.Skew = -1 }},
		{"short-life", sign(goodHeader, goodClaims), CheckLifetime, func(r *Rules) { r.MaxLifetime = time.Minute }},
		{"no-issue-and-long-life", sign(`{"alg":"ES256","kid":"ec"}`, strings.Replace(with("exp", `1800100000`), `"iat"`, `"x"`, 1)), CheckLifetime, func(r *Rules) { r.Types = []string{Absent} }},
		{"small", sign(goodHeader, goodClaims), CheckSize, func(r *Rules) { r.MaxBytes = 100 }},
		{"nothing-said-of-the-audience", sign(goodHeader, goodClaims), CheckAudience, func(r *Rules) { r.Audience = nil }},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, why := judge(verifier(t, row.change), row.token, set); why == nil || why.Check != row.want {
				t.Errorf("%v, want %s", why, row.want)
			}
		})
	}
}

func TestAudienceOfWhoAsks(t *testing.T) {
	v := verifier(t, nil)
	token, why := v.Verify([]byte(sign(goodHeader, with("aud", `["bank"]`))), publicSet(t), now)
	if why != nil {
		t.Fatal(why)
	}
	if why := v.Holds(token, now, []string{"post", "bank"}); why != nil {
		t.Error(why)
	}
	if why := v.Holds(token, now, []string{"post"}); why != audienceWrong {
		t.Error(why)
	}
	if why := v.Holds(token, now, nil); why != audienceWrong {
		t.Error("the verifier's own audience:", why)
	}
	if why := v.Holds(token, token.Expires+30, []string{"bank"}); why != expired {
		t.Error(why)
	}
}

// TestSecrets shows that secrets and public keys are never taken for each other.
func TestSecrets(t *testing.T) {
	secret := []byte(strings.Repeat("s", 32))
	set, err := SecretSet("", secret)
	if err != nil {
		t.Fatal(err)
	}
	hs := verifier(t, func(r *Rules) { r.Algorithms = []Algorithm{"HS256", "HS512"} })
	token := func(alg string) string {
		return signRaw(b64(`{"alg":"`+alg+`","typ":"at+jwt"}`), b64(goodClaims), mac(secret))
	}
	if _, why := judge(hs, token("HS256"), set); why != nil {
		t.Error(why)
	}
	for name, row := range map[string]struct {
		token string
		v     *Verifier
		set   *Set
		want  Check
	}{
		"secret-too-short-for-the-hash": {token("HS512"), hs, set, CheckKey},
		"other-secret":                  {signRaw(b64(`{"alg":"HS256","typ":"at+jwt"}`), b64(goodClaims), mac([]byte("x"))), hs, set, CheckSignature},
		"public-key-as-secret":          {signRaw(b64(`{"alg":"HS256","typ":"at+jwt","kid":"rsa"}`), b64(goodClaims), mac(publicDER())), hs, publicSet(t), CheckKey},
		"secret-as-public-key":          {sign(goodHeader, goodClaims), verifier(t, nil), set, CheckKey},
		"no-keys":                       {sign(goodHeader, goodClaims), verifier(t, nil), nil, CheckKey},
		"empty-set":                     {sign(goodHeader, goodClaims), verifier(t, nil), new(Set), CheckKey},
	} {
		t.Run(name, func(t *testing.T) {
			_, why := judge(row.v, row.token, row.set)
			if why == nil || why.Check != row.want {
				t.Errorf("%v, want %s", why, row.want)
			}
			if empty := strings.HasSuffix(name, "keys") || name == "empty-set"; why != nil && (why.Kind == Unverified) != empty {
				t.Errorf("kind %d", why.Kind)
			}
		})
	}
	if _, err := SecretSet("", secret[:31]); err == nil {
		t.Error("a short secret is taken")
	}
	if _, err := PublicSet("", "", secret); err == nil {
		t.Error("a secret is taken for a public key")
	}
}

// TestChoiceOfKeys is about ids that are shared or missing.
func TestChoiceOfKeys(t *testing.T) {
	w, v := keys(), verifier(t, nil)
	key := func(id string, key any) *Key {
		k, err := newKey(id, "", key)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	first, second := &w.ec.PublicKey, &w.otherEC.PublicKey
	nameless := strings.Replace(goodHeader, `,"kid":"ec"`, "", 1)
	for _, row := range []struct {
		name  string
		token string
		keys  []*Key
		want  *Failure
	}{
		{"one-id-of-two-kinds", sign(goodHeader, goodClaims), []*Key{key("ec", &w.rsa.PublicKey), key("ec", first)}, nil},
		{"one-id-of-two-keys", sign(goodHeader, goodClaims), []*Key{key("ec", first), key("ec", second)}, keyAmbiguous},
		{"key-without-id", sign(goodHeader, goodClaims), []*Key{key("", first)}, nil},
		{"wrong-key-without-id", sign(goodHeader, goodClaims), []*Key{key("", second)}, signatureWrongNewer},
		{"token-without-id", sign(nameless, goodClaims), []*Key{key("a", second), key("b", first)}, nil},
		{"token-without-id-of-no-key", sign(nameless, goodClaims), []*Key{key("a", second)}, signatureWrongNewer},
		{"token-without-id-and-many-keys", sign(nameless, goodClaims), slices.Repeat([]*Key{key("a", second)}, 5), keyMany},
		{"token-without-id-and-none-fits", sign(nameless, goodClaims), []*Key{key("a", &w.rsa.PublicKey)}, keyUnknown},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, why := judge(v, row.token, &Set{keys: row.keys}); why != row.want {
				t.Errorf("%v, want %v", why, row.want)
			}
		})
	}
}

func TestWrongRules(t *testing.T) {
	for name, change := range map[string]func(*Rules){
		"no-issuer":            func(r *Rules) { r.Issuer = "" },
		"none":                 func(r *Rules) { r.Algorithms = []Algorithm{"none"} },
		"unknown-algorithm":    func(r *Rules) { r.Algorithms = []Algorithm{"ES256K"} },
		"mixed-algorithms":     func(r *Rules) { r.Algorithms = []Algorithm{"RS256", "HS256"} },
		"skew":                 func(r *Rules) { r.Skew = MaxSkew + 1 },
		"lifetime":             func(r *Rules) { r.MaxLifetime = -1 },
		"bytes":                func(r *Rules) { r.MaxBytes = MaxBytes + 1 },
		"empty-audience":       func(r *Rules) { r.Audience = []string{""} },
		"empty-type":           func(r *Rules) { r.Types = []string{""} },
		"required-of-no-value": func(r *Rules) { r.Require = map[string][]string{"a": nil} },
	} {
		r := Rules{Issuer: "i"}
		change(&r)
		if _, err := New(r); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestExplanation goes on behind what ends a judgement, as far as it can.
func TestExplanation(t *testing.T) {
	v, set := verifier(t, nil), publicSet(t)
	none := b64(`{"alg":"none","typ":"at+jwt"}`) + "." + b64(strings.Replace(with("exp", `1799999960`), `1799999990`, `1799999000`, 1)) + "."
	for _, row := range []struct {
		name, token           string
		failed, passed, other []Check
	}{
		{"unsigned", none, []Check{CheckForm, CheckAlgorithm, CheckKey, CheckExpiry}, []Check{CheckHeader, CheckClaims, CheckIssuer, CheckAudience}, []Check{CheckSignature}},
		{"forged", sign(goodHeader, goodClaims)[:200] + "x", []Check{CheckForm}, nil, nil},
		{"wrong-key", signRaw(b64(goodHeader), b64(with("aud", `"bank"`)), func(in string) []byte { return signWith(keys().otherEC, in) }),
			[]Check{CheckSignature, CheckAudience}, []Check{CheckKey, CheckClaims, CheckExpiry}, nil},
		{"broken-claims", sign(goodHeader, `[]`), []Check{CheckClaims}, []Check{CheckSignature}, []Check{CheckIssuer, CheckExpiry, CheckAudience}},
		{"encrypted", "a.b.c.d.e", []Check{CheckForm}, []Check{CheckSize}, []Check{CheckHeader, CheckClaims, CheckSignature}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, list, _ := v.Explain([]byte(row.token), set, now, nil)
			for outcome, checks := range map[Outcome][]Check{Failed: row.failed, Passed: row.passed, NotMade: row.other} {
				for _, c := range checks {
					if i := slices.IndexFunc(list, func(s Step) bool { return s.Check == c }); list[i].Outcome != outcome {
						t.Errorf("%s: %+v, want outcome %d", c, list[i], outcome)
					}
				}
			}
		})
	}
}

func TestDecode(t *testing.T) {
	token := sign(goodHeader, goodClaims)
	header, claims, why := Decode([]byte(token))
	if why != nil || string(header) != goodHeader || string(claims) != goodClaims {
		t.Errorf("%s %s %v", header, claims, why)
	}
	unsigned := token[:strings.LastIndexByte(token, '.')+1]
	if _, _, why := Decode([]byte(unsigned)); why != nil {
		t.Error("an unsigned one:", why)
	}
	for _, bad := range []string{"", "a.b", "a.b.c", b64("{}") + ".!.x", b64("{}") + "." + b64("[]") + ".x", base64.URLEncoding.EncodeToString([]byte("{}")) + ".a.b"} {
		if _, _, why := Decode([]byte(bad)); why == nil {
			t.Errorf("%q is decoded", bad)
		}
	}
}
