package jose

import (
	"crypto/elliptic"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

type hostile struct {
	name  string
	token string
	want  Check
}

func hostileTokens() []hostile {
	good := sign(goodHeader, goodClaims)
	h, c, _ := strings.Cut(good, ".")
	c, sig, _ := strings.Cut(c, ".")
	ecJWK := fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":"%s","y":"%s"}`,
		base64.RawURLEncoding.EncodeToString(keys().otherEC.X.FillBytes(make([]byte, 32))),
		base64.RawURLEncoding.EncodeToString(keys().otherEC.Y.FillBytes(make([]byte, 32))))
	other := func(input string) []byte { return signWith(keys().otherEC, input) }
	n := elliptic.P256().Params().N
	pair := func(r, s *big.Int) func(string) []byte {
		out := make([]byte, 64)
		r.FillBytes(out[:32])
		s.FillBytes(out[32:])
		return constant(out)
	}
	zero, one := new(big.Int), big.NewInt(1)
	nested := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	list := []hostile{
		{"empty", "", CheckSize},
		{"huge", sign(goodHeader, with("x", `"`+strings.Repeat("a", DefaultBytes)+`"`)), CheckSize},
		{"space", " ", CheckForm},
		{"one-part", h, CheckForm},
		{"two-parts", h + "." + c, CheckForm},
		{"four-parts", good + "." + sig, CheckForm},
		{"encrypted", h + ".a.b.c.d", CheckForm},
		{"only-dots", "..", CheckForm},
		{"many-dots", strings.Repeat(".", 1000), CheckForm},
		{"trailing-dot", good + ".", CheckForm},
		{"leading-dot", "." + good, CheckForm},
		{"no-header", "." + c + "." + sig, CheckForm},
		{"no-claims", h + ".." + sig, CheckForm},
		{"signature-stripped", h + "." + c + ".", CheckForm},
		{"signature-stripped-and-dot", h + "." + c, CheckForm},
		{"white-space-behind", good + "\n", CheckForm},
		{"white-space-before", " " + good, CheckForm},
		{"line-end-inside", h[:4] + "\r\n" + h[4:] + "." + c + "." + sig, CheckForm},
		{"padding", h + "=." + c + "." + sig, CheckForm},
		{"padding-of-the-signature", good + "==", CheckForm},
		{"plain-base64-characters", h + "." + c + "." + strings.Repeat("+/", 43), CheckForm},
		{"percent-encoded", strings.Replace(good, ".", "%2E", 1), CheckForm},
		{"null-byte", good + "\x00", CheckForm},
		{"beyond-ascii", good + "é", CheckForm},
		{"json-form", `{"protected":"` + h + `","payload":"` + c + `","signature":"` + sig + `"}`, CheckForm},
		{"bits-that-mean-nothing", h + "." + c + "." + sig[:len(sig)-1] + next(sig[len(sig)-1]), CheckForm},
		{"length-no-base64-has", h[:len(h)-1] + "." + c + "." + sig, CheckForm},

		{"header-no-object", sign(`["alg","ES256"]`, goodClaims), CheckHeader},
		{"header-text", sign(`"ES256"`, goodClaims), CheckHeader},
		{"header-null", sign(`null`, goodClaims), CheckHeader},
		{"header-two-objects", sign(goodHeader+goodHeader, goodClaims), CheckHeader},
		{"header-trailing-comma", sign(`{"alg":"ES256","typ":"at+jwt","kid":"ec",}`, goodClaims), CheckHeader},
		{"header-comment", sign(`{"alg":"ES256"/**/,"typ":"at+jwt","kid":"ec"}`, goodClaims), CheckHeader},
		{"header-invalid-utf8", sign("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"ec\",\"x\":\"\xff\"}", goodClaims), CheckHeader},
		{"header-lone-surrogate", sign(head(`"x":"\ud800"`), goodClaims), CheckHeader},
		{"header-byte-order-mark", sign("\ufeff"+goodHeader, goodClaims), CheckHeader},
		{"header-duplicate-alg", sign(`{"alg":"none","typ":"at+jwt","kid":"ec","alg":"ES256"}`, goodClaims), CheckHeader},
		{"header-duplicate-escaped", sign(`{"alg":"ES256","typ":"at+jwt","kid":"ec","\u0061lg":"none"}`, goodClaims), CheckHeader},
		{"header-deep", sign(head(`"x":`+nested), goodClaims), CheckHeader},
		{"alg-number", sign(`{"alg":256,"typ":"at+jwt","kid":"ec"}`, goodClaims), CheckHeader},
		{"alg-list", sign(`{"alg":["ES256"],"typ":"at+jwt","kid":"ec"}`, goodClaims), CheckHeader},
		{"typ-null", sign(`{"alg":"ES256","typ":null,"kid":"ec"}`, goodClaims), CheckHeader},
		{"kid-object", sign(`{"alg":"ES256","typ":"at+jwt","kid":{"$ne":""}}`, goodClaims), CheckHeader},
		{"kid-empty", sign(`{"alg":"ES256","typ":"at+jwt","kid":""}`, goodClaims), CheckHeader},
		{"kid-long", sign(`{"alg":"ES256","typ":"at+jwt","kid":"`+strings.Repeat("k", 257)+`"}`, goodClaims), CheckHeader},

		{"alg-none", b64(`{"alg":"none","typ":"at+jwt"}`) + "." + c + ".AA", CheckAlgorithm},
		{"alg-none-unsigned", b64(`{"alg":"none","typ":"at+jwt"}`) + "." + c + ".", CheckForm},
		{"alg-none-mixed-case", sign(`{"alg":"nOnE","typ":"at+jwt","kid":"ec"}`, goodClaims), CheckAlgorithm},
		{"alg-missing", sign(`{"typ":"at+jwt","kid":"ec"}`, goodClaims), CheckAlgorithm},
		{"alg-empty", sign(`{"alg":"","typ":"at+jwt","kid":"ec"}`, goodClaims), CheckAlgorithm},
		{"alg-lower-case", sign(`{"alg":"es256","typ":"at+jwt","kid":"ec"}`, goodClaims), CheckAlgorithm},
		{"alg-space", sign(`{"alg":"ES256 ","typ":"at+jwt","kid":"ec"}`, goodClaims), CheckAlgorithm},
		{"alg-other-case-of-name", sign(`{"ALG":"ES256","typ":"at+jwt","kid":"ec"}`, goodClaims), CheckAlgorithm},
		{"alg-of-another-curve-of-edwards", signRaw(b64(`{"alg":"Ed448","typ":"at+jwt","kid":"ed"}`), c, signEd), CheckAlgorithm},
		{"alg-ed25519-in-lower-case", signRaw(b64(`{"alg":"ed25519","typ":"at+jwt","kid":"ed"}`), c, signEd), CheckAlgorithm},
		{"alg-by-its-name-in-cose", sign(`{"alg":"ESP256","typ":"at+jwt","kid":"ec"}`, goodClaims), CheckAlgorithm}, // RFC 9864 section 2.1: JOSE has none of these
		{"alg-not-accepted", signRaw(b64(`{"alg":"RS512","typ":"at+jwt","kid":"rsa"}`), c, signRS), CheckAlgorithm},
		{"alg-of-encryption", sign(`{"alg":"RSA-OAEP","typ":"at+jwt","kid":"rsa"}`, goodClaims), CheckAlgorithm},
		{"hs256-with-the-public-key-as-der", signRaw(b64(`{"alg":"HS256","typ":"at+jwt","kid":"rsa"}`), c, mac(publicDER())), CheckAlgorithm},
		{"hs256-with-the-public-key-as-pem", signRaw(b64(`{"alg":"HS256","typ":"at+jwt","kid":"rsa"}`), c, mac(publicPEM())), CheckAlgorithm},
		{"hs256-with-the-modulus", signRaw(b64(`{"alg":"HS256","typ":"at+jwt","kid":"rsa"}`), c, mac(keys().rsa.N.Bytes())), CheckAlgorithm},
		{"hs256-with-nothing", signRaw(b64(`{"alg":"HS256","typ":"at+jwt"}`), c, mac(nil)), CheckAlgorithm},

		{"typ-missing", sign(`{"alg":"ES256","kid":"ec"}`, goodClaims), CheckType},
		{"typ-jwt", sign(`{"alg":"ES256","typ":"JWT","kid":"ec"}`, goodClaims), CheckType},
		{"typ-id-token", sign(`{"alg":"ES256","typ":"id_token+jwt","kid":"ec"}`, goodClaims), CheckType},
		{"typ-logout", sign(`{"alg":"ES256","typ":"logout+jwt","kid":"ec"}`, goodClaims), CheckType},
		{"typ-dpop", sign(`{"alg":"ES256","typ":"dpop+jwt","kid":"ec"}`, goodClaims), CheckType},
		{"typ-empty", sign(`{"alg":"ES256","typ":"","kid":"ec"}`, goodClaims), CheckType},
		{"typ-the-word-for-none", sign(`{"alg":"ES256","typ":"absent","kid":"ec"}`, goodClaims), CheckType},
		{"typ-parameter", sign(`{"alg":"ES256","typ":"at+jwt; x=1","kid":"ec"}`, goodClaims), CheckType},
		{"typ-other-tree", sign(`{"alg":"ES256","typ":"text/at+jwt","kid":"ec"}`, goodClaims), CheckType},

		{"crit-unknown", sign(head(`"crit":["x"],"x":1`), goodClaims), CheckExtensions},
		{"crit-empty", sign(head(`"crit":[]`), goodClaims), CheckExtensions},
		{"crit-b64", sign(head(`"crit":["b64"],"b64":false`), goodClaims), CheckExtensions},
		{"b64-true", sign(head(`"b64":true`), goodClaims), CheckExtensions},
		{"zip", sign(head(`"zip":"DEF"`), goodClaims), CheckExtensions},
		{"enc", sign(head(`"enc":"A256GCM"`), goodClaims), CheckExtensions},
		{"cty-nested", sign(head(`"cty":"JWT"`), good), CheckExtensions},

		{"jwk-of-the-attacker", signRaw(b64(`{"alg":"ES256","typ":"at+jwt","jwk":`+ecJWK+`}`), c, other), CheckEmbedded},
		{"jwk-null", sign(head(`"jwk":null`), goodClaims), CheckEmbedded},
		{"jku", signRaw(b64(`{"alg":"ES256","typ":"at+jwt","kid":"ec","jku":"https://evil.example/keys"}`), c, other), CheckEmbedded},
		{"x5u", sign(head(`"x5u":"http://169.254.169.254/"`), goodClaims), CheckEmbedded},
		{"x5c", sign(head(`"x5c":["MIIB"]`), goodClaims), CheckEmbedded},

		{"kid-unknown", sign(`{"alg":"ES256","typ":"at+jwt","kid":"ec2"}`, goodClaims), CheckKey},
		{"kid-path", sign(`{"alg":"ES256","typ":"at+jwt","kid":"../../../../dev/null"}`, goodClaims), CheckKey},
		{"kid-sql", sign(`{"alg":"ES256","typ":"at+jwt","kid":"x' UNION SELECT 'secret"}`, goodClaims), CheckKey},
		{"kid-shell", sign(`{"alg":"ES256","typ":"at+jwt","kid":"|/bin/sh"}`, goodClaims), CheckKey},
		{"kid-url", sign(`{"alg":"ES256","typ":"at+jwt","kid":"https://evil.example/k"}`, goodClaims), CheckKey},
		{"kid-null-byte", sign(`{"alg":"ES256","typ":"at+jwt","kid":"ec\u0000"}`, goodClaims), CheckKey},
		{"kid-case", sign(`{"alg":"ES256","typ":"at+jwt","kid":"EC"}`, goodClaims), CheckKey},
		{"kid-of-another-kind", sign(`{"alg":"ES256","typ":"at+jwt","kid":"rsa"}`, goodClaims), CheckKey},
		{"kid-of-another-kind-for-edwards", signRaw(b64(`{"alg":"Ed25519","typ":"at+jwt","kid":"ec"}`), c, signEd), CheckKey},
		{"kid-of-another-curve", sign(`{"alg":"ES256","typ":"at+jwt","kid":"ec384"}`, goodClaims), CheckKey},
		{"key-of-another-algorithm", signRaw(b64(`{"alg":"PS256","typ":"at+jwt","kid":"rs"}`), c, signPS(32)), CheckKey},

		{"signature-of-another-key", signRaw(h, c, other), CheckSignature},
		{"signature-of-another-token", h + "." + b64(with("sub", `"root"`)) + "." + sig, CheckSignature},
		{"header-changed", b64(`{"alg":"ES256","typ":"at+jwt","kid":"ec" }`) + "." + c + "." + sig, CheckSignature},
		{"signature-der", signRaw(h, c, signDER), CheckSignature},
		{"signature-short", signRaw(h, c, constant(make([]byte, 63))), CheckSignature},
		{"signature-long", signRaw(h, c, func(in string) []byte { return append(signES(in), 0) }), CheckSignature},
		{"signature-zeros-before", signRaw(h, c, func(in string) []byte { return append([]byte{0}, signES(in)...) }), CheckSignature},
		{"r-and-s-are-zero", signRaw(h, c, pair(zero, zero)), CheckSignature}, // CVE-2022-21449
		{"r-is-zero", signRaw(h, c, pair(zero, one)), CheckSignature},
		{"s-is-zero", signRaw(h, c, pair(one, zero)), CheckSignature},
		{"r-and-s-are-the-order", signRaw(h, c, pair(n, n)), CheckSignature},
		{"r-and-s-are-one", signRaw(h, c, pair(one, one)), CheckSignature},
		{"ps256-without-salt", signRaw(b64(`{"alg":"PS256","typ":"at+jwt","kid":"rsa"}`), c, signPS(0)), CheckSignature},
		{"ps256-long-salt", signRaw(b64(`{"alg":"PS256","typ":"at+jwt","kid":"rsa"}`), c, signPS(64)), CheckSignature},
		{"rs256-signed-as-ps256", signRaw(b64(`{"alg":"RS256","typ":"at+jwt","kid":"rsa"}`), c, signPS(32)), CheckSignature},
		{"ps256-signed-as-rs256", signRaw(b64(`{"alg":"PS256","typ":"at+jwt","kid":"rsa"}`), c, signRS), CheckSignature},
		{"rsa-signature-is-one", signRaw(b64(`{"alg":"RS256","typ":"at+jwt","kid":"rsa"}`), c, constant(one.FillBytes(make([]byte, 256)))), CheckSignature},
		{"rsa-signature-is-zero", signRaw(b64(`{"alg":"RS256","typ":"at+jwt","kid":"rsa"}`), c, constant(make([]byte, 256))), CheckSignature},
		{"eddsa-signature-is-zero", signRaw(b64(`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`), c, constant(make([]byte, 64))), CheckSignature},
		{"eddsa-short", signRaw(b64(`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`), c, constant(make([]byte, 63))), CheckSignature},
		{"ed25519-of-other-text", signRaw(b64(`{"alg":"Ed25519","typ":"at+jwt","kid":"ed"}`), c, func(string) []byte { return signEd("x") }), CheckSignature},
		{"expired-and-forged", signRaw(h, b64(with("exp", "1")), other), CheckSignature},
	}
	return append(list, hostileClaims(good, nested)...)
}

func hostileClaims(good, nested string) []hostile {
	claims := func(name, text string, want Check) hostile { return hostile{name, sign(goodHeader, text), want} }
	return []hostile{
		claims("claims-a-token", good, CheckClaims),
		claims("claims-list", `[`+goodClaims+`]`, CheckClaims),
		claims("claims-number", `1`, CheckClaims),
		claims("claims-nothing", ` `, CheckClaims),
		claims("claims-invalid-utf8", with("x", "\"\xc0\xaf\""), CheckClaims),
		claims("claims-cesu", with("x", "\"\xed\xa0\x80\""), CheckClaims),
		claims("claims-duplicate-sub", with("x", `1,"sub":"root"`), CheckClaims),
		claims("claims-duplicate-escaped", with("x", `1,"s\u0075b":"root"`), CheckClaims),
		claims("claims-duplicate-inside", with("x", `{"a":1,"a":2}`), CheckClaims),
		claims("claims-trailing", goodClaims+"x", CheckClaims),
		claims("claims-two", goodClaims+goodClaims, CheckClaims),
		claims("claims-nan", with("x", `NaN`), CheckClaims),
		claims("claims-single-quotes", strings.ReplaceAll(goodClaims, `"`, `'`), CheckClaims),
		claims("claims-control-character", with("x", "\"\x01\""), CheckClaims),
		claims("claims-deep", with("x", nested), CheckClaims),
		claims("claims-huge-number", with("x", `1e400`), CheckClaims),
		claims("claims-null-byte-behind", goodClaims+"\x00", CheckClaims),
		claims("exp-missing", without("exp"), CheckClaims),
		claims("exp-text", with("exp", `"1800000600"`), CheckClaims),
		claims("exp-null", with("exp", `null`), CheckClaims),
		claims("exp-true", with("exp", `true`), CheckClaims),
		claims("exp-list", with("exp", `[1800000600]`), CheckClaims),
		claims("exp-1e400", with("exp", `1e400`), CheckClaims),
		claims("exp-1e300", with("exp", `1e300`), CheckClaims),
		claims("exp-overflow", with("exp", `18446744073709551616`), CheckClaims),
		claims("exp-largest", with("exp", `9223372036854775807`), CheckClaims),
		claims("exp-milliseconds", with("exp", `1800000600000`), CheckClaims),
		claims("exp-negative", with("exp", `-1`), CheckClaims),
		claims("exp-negative-fraction", with("exp", `-0.5`), CheckClaims),
		claims("exp-leading-zero", with("exp", `01800000600`), CheckClaims),
		claims("exp-hexadecimal", with("exp", `0x6b49d200`), CheckClaims),
		claims("exp-other-case", strings.Replace(goodClaims, `"exp"`, `"EXP"`, 1), CheckClaims),
		claims("nbf-text", with("nbf", `"0"`), CheckClaims),
		claims("nbf-negative", with("nbf", `-1`), CheckClaims),
		claims("iat-text", with("iat", `"now"`), CheckClaims),
		claims("aud-missing", without("aud"), CheckClaims),
		claims("aud-null", with("aud", `null`), CheckClaims),
		claims("aud-empty", with("aud", `""`), CheckClaims),
		claims("aud-empty-list", with("aud", `[]`), CheckClaims),
		claims("aud-number", with("aud", `7`), CheckClaims),
		claims("aud-object", with("aud", `{"shop":true}`), CheckClaims),
		claims("aud-list-with-number", with("aud", `["shop",7]`), CheckClaims),
		claims("aud-list-with-null", with("aud", `["shop",null]`), CheckClaims),
		claims("aud-list-of-lists", with("aud", `[["shop"]]`), CheckClaims),
		claims("aud-too-many", with("aud", `["shop"`+strings.Repeat(`,"a"`, 100)+`]`), CheckClaims),
		claims("iss-list", with("iss", `["https://id.example.com"]`), CheckClaims),
		claims("sub-number", with("sub", `7`), CheckClaims),
		claims("jti-number", with("jti", `7`), CheckClaims),
		claims("client-id-list", with("client_id", `["web"]`), CheckClaims),

		claims("iss-missing", without("iss"), CheckIssuer),
		claims("iss-other", with("iss", `"https://evil.example.com"`), CheckIssuer),
		claims("iss-trailing-slash", with("iss", `"https://id.example.com/"`), CheckIssuer),
		claims("iss-case", with("iss", `"https://ID.example.com"`), CheckIssuer),
		claims("iss-prefix", with("iss", `"https://id.example.com.evil.example"`), CheckIssuer),
		claims("iss-empty", with("iss", `""`), CheckIssuer),
		claims("sub-missing", without("sub"), CheckSubject),
		claims("sub-empty", with("sub", `""`), CheckSubject),
		claims("client-id-missing", without("client_id"), CheckProfile),
		claims("iat-missing", without("iat"), CheckProfile),
		claims("jti-missing", without("jti"), CheckProfile),
		claims("lives-for-years", with("exp", `1900000000`), CheckLifetime),
		claims("ends-before-it-begins", with("nbf", `1800000601`), CheckLifetime),

		claims("not-yet", with("nbf", `1800000031`), CheckNotBefore),
		claims("issued-in-the-future", with("iat", `1800000100`), CheckNotBefore),
		claims("expired", with("exp", `1799999970`), CheckLifetime), // it ends before it was issued
		claims("expired-a-second-ago", strings.Replace(with("exp", `1799999970`), `1799999990`, `1799999000`, 1), CheckExpiry),
		claims("exp-zero", strings.Replace(with("exp", `0`), `1799999990`, `0`, 1), CheckProfile),
		claims("exp-fraction", strings.Replace(with("exp", `1799999970.9`), `1799999990`, `1799999000`, 1), CheckExpiry),
		claims("aud-other", with("aud", `"bank"`), CheckAudience),
		claims("aud-prefix", with("aud", `"shop.evil"`), CheckAudience),
		claims("aud-case", with("aud", `"SHOP"`), CheckAudience),
		claims("aud-others", with("aud", `["bank","post"]`), CheckAudience),
		claims("aud-in-one-text", with("aud", `"bank shop"`), CheckAudience),
	}
}

// next returns the base64url character that differs from c in the bits that
// mean nothing.
func next(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)|1])
}

func verifier(t testing.TB, change func(*Rules)) *Verifier {
	t.Helper()
	r := Rules{Issuer: "https://id.example.com", Audience: []string{"shop"}}
	if change != nil {
		change(&r)
	}
	v, err := New(r)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// judge is what the gate does with a token.
func judge(v *Verifier, token string, set *Set) (*Token, *Failure) {
	t, why := v.Verify([]byte(token), set, now)
	if why == nil {
		why = v.Holds(t, now, nil)
	}
	return t, why
}

// TestHostileTokens holds each token against the check that must refuse it, and
// the explanation against the judgement.
func TestHostileTokens(t *testing.T) {
	v, set, list, seen := verifier(t, nil), publicSet(t), hostileTokens(), map[string]bool{}
	if _, why := judge(v, sign(goodHeader, goodClaims), set); why != nil {
		t.Fatalf("the good token: %v", why)
	}
	for _, h := range list {
		if seen[h.name] {
			t.Errorf("%s stands twice", h.name)
		}
		seen[h.name] = true
		t.Run(h.name, func(t *testing.T) {
			_, why := judge(v, h.token, set)
			if why == nil {
				t.Fatal("accepted")
			}
			if why.Check != h.want {
				t.Errorf("refused by %v, want %s", why, h.want)
			}
			if (why.Kind == Expired) != (h.want == CheckExpiry) || why.Kind == Unverified {
				t.Errorf("kind %d of %v", why.Kind, why)
			}
			if _, _, first := v.Explain([]byte(h.token), set, now, nil); first != why {
				t.Errorf("explained as %v, judged as %v", first, why)
			}
		})
	}
	if len(list) < 150 {
		t.Errorf("%d tokens", len(list))
	}
}
