package binding_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
)

type set = map[string]any

// TestProofs takes every good kind of proof.
func TestProofs(t *testing.T) {
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	big, _ := rsa.GenerateKey(rand.Reader, 2048)
	ec := es256(t)
	b := binder(t, binding.Options{})
	for _, row := range []struct {
		name   string
		signer *signer
		header set
		claims set
	}{
		{"es256", ec, nil, nil},
		{"es384", newSigner(t, "ES384", p384), nil, nil},
		{"eddsa", newSigner(t, "EdDSA", ed), nil, nil},
		{"ed25519", newSigner(t, "Ed25519", ed), nil, nil},
		{"ps256", newSigner(t, "PS256", big), nil, nil},
		{"type-in-full", ec, set{"typ": "application/dpop+jwt"}, nil},
		{"type-in-capitals", ec, set{"typ": "DPoP+JWT"}, nil},
		{"kid-beside", ec, set{"kid": "1"}, nil},
		{"further-claims", ec, nil, set{"sub": "x", "nested": set{"a": []int{1}}}},
		{"fraction-of-a-second", ec, nil, set{"iat": float64(now.Unix()) - 0.5}},
		{"oldest", ec, nil, set{"iat": now.Add(-binding.DefaultMaxAge).Unix()}},
		{"youngest", ec, nil, set{"iat": now.Add(binding.DefaultSkew).Unix()}},
		{"nonce-that-nobody-asked-for", ec, nil, set{"nonce": "abc"}},
		{"target-with-query-and-fragment", ec, nil, set{"htu": "https://api.example.com/pets/7?x=y#z"}},
		{"target-in-capitals", ec, nil, set{"htu": "HTTPS://API.example.COM/pets/7"}},
		{"target-with-port", ec, nil, set{"htu": "https://api.example.com:443/pets/7"}},
		{"target-with-empty-port", ec, nil, set{"htu": "https://api.example.com:/pets/7"}},
		{"target-with-escapes", ec, nil, set{"htu": "https://api.example.com/%70ets/%37"}},
		{"target-with-dots", ec, nil, set{"htu": "https://api.example.com/a/../pets/./7"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := exchange("Authorization", "DPoP "+token, "DPoP", row.signer.proof(row.header, row.claims))
			if r := b.Check(x, []byte(token), &gate.Principal{KeyHash: row.signer.hash}); r != nil {
				t.Errorf("%s: %v", r.Code, r.Cause)
			}
		})
	}
}

// salted signs by PS256 with a salt of another length.
type salted struct {
	*rsa.PrivateKey
	length int
}

// TestHostileProofs refuses each of these.
func TestHostileProofs(t *testing.T) {
	s, other := es256(t), es256(t)
	small, _ := rsa.GenerateKey(rand.Reader, 1024)
	big, _ := rsa.GenerateKey(rand.Reader, 2048)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	_, foreign, _ := ed25519.GenerateKey(rand.Reader)
	edwards := newSigner(t, "Ed25519", ed)
	edwardsZeros := edwards.proof(nil, nil)
	edwardsZeros = edwardsZeros[:strings.LastIndexByte(edwardsZeros, '.')+1] + b64(make([]byte, ed25519.SignatureSize))
	d, _ := s.key.(*ecdsa.PrivateKey).Bytes()
	good := s.proof(nil, nil)
	parts := strings.Split(good, ".")
	private := set{"kty": "EC", "crv": "P-256", "x": s.jwk["x"], "y": s.jwk["y"], "d": b64(d)}
	symmetric := func() string {
		input := b64([]byte(`{"typ":"dpop+jwt","alg":"HS256","jwk":{"kty":"oct","k":"c2VjcmV0"}}`)) + "." + parts[1]
		return input + "." + b64(hs256([]byte("secret"), []byte(input)))
	}
	text := func(header, claims string) string { return s.compact(header, claims) }
	head, body := `{"typ":"dpop+jwt","alg":"ES256","jwk":`+jsonOf(t, s.jwk)+`}`, jsonOf(t, claims())

	for _, row := range []struct {
		name, proof string
	}{
		{"empty", ""},
		{"no-jws", "proof"},
		{"two-parts", parts[0] + "." + parts[1]},
		{"four-parts", good + ".x"},
		{"five-parts-as-jwe", good + ".a.b"},
		{"unsigned", parts[0] + "." + parts[1] + "."},
		{"signature-of-zeros", parts[0] + "." + parts[1] + "." + b64(make([]byte, 64))},
		{"signature-cut", good[:len(good)-4]},
		{"signature-in-der", parts[0] + "." + parts[1] + "." + b64(der(t, s, parts[0]+"."+parts[1]))},
		{"signature-of-another-key", replaceSignature(good, other)},
		{"payload-changed", parts[0] + "." + b64([]byte(jsonOf(t, claims()))) + "." + parts[2]},
		{"payload-empty", parts[0] + ".." + parts[2]},
		{"padded", parts[0] + "=." + parts[1] + "." + parts[2]},
		{"standard-alphabet", s.compactWith(base64.RawStdEncoding, head, strings.Replace(body, "{", `{"z":"~~~???>>>",`, 1))},
		{"space-around", " " + good},
		{"list", good + ", " + good},
		{"huge", s.proof(nil, set{"pad": strings.Repeat("a", 8<<10)})},
		{"type-missing", s.proof(set{"typ": nil}, nil)},
		{"type-of-tokens", s.proof(set{"typ": "at+jwt"}, nil)},
		{"type-jwt", s.proof(set{"typ": "JWT"}, nil)},
		{"algorithm-none", parts[0][:0] + b64([]byte(strings.Replace(head, "ES256", "none", 1))) + "." + parts[1] + "." + parts[2]},
		{"algorithm-none-unsigned", b64([]byte(strings.Replace(head, "ES256", "none", 1))) + "." + parts[1] + "."},
		{"algorithm-missing", s.proof(set{"alg": nil}, nil)},
		{"algorithm-in-lower-case", s.proof(set{"alg": "es256"}, nil)},
		{"algorithm-of-another-curve", s.proof(set{"alg": "ES384"}, nil)},
		{"algorithm-of-another-key", s.proof(set{"alg": "EdDSA"}, nil)},
		{"algorithm-of-another-key-by-its-newer-name", s.proof(set{"alg": "Ed25519"}, nil)},
		{"algorithm-of-another-curve-of-edwards", edwards.proof(set{"alg": "Ed448"}, nil)},
		{"algorithm-in-the-case-of-another-standard", edwards.proof(set{"alg": "ed25519"}, nil)},
		{"algorithm-by-its-name-in-cose", s.proof(set{"alg": "ESP256"}, nil)}, // RFC 9864 section 2.1: JOSE has none of these
		{"algorithm-of-edwards-by-its-name-in-cose", edwards.proof(set{"alg": "ESP384"}, nil)},
		{"key-of-elliptic-curves-for-edwards", edwards.proof(set{"jwk": s.jwk}, nil)},
		{"key-of-edwards-for-elliptic-curves", edwards.proof(set{"alg": "ES256"}, nil)},
		{"key-of-another-curve-of-edwards", edwards.proof(set{"jwk": set{"kty": "OKP", "crv": "Ed448", "x": edwards.jwk["x"]}}, nil)},
		{"key-of-exchange", edwards.proof(set{"jwk": set{"kty": "OKP", "crv": "X25519", "x": edwards.jwk["x"]}}, nil)},
		{"signature-of-edwards-changed", replaceSignature(edwards.proof(nil, nil), newSigner(t, "Ed25519", foreign))},
		{"signature-of-edwards-of-zeros", edwardsZeros},
		{"ps256-with-a-short-salt", newSigner(t, "PS256", &salted{big, 16}).proof(nil, nil)},
		{"ps256-with-a-long-salt", newSigner(t, "PS256", &salted{big, 64}).proof(nil, nil)},
		{"algorithm-not-allowed", newSigner(t, "RS256", big).proof(nil, nil)},
		{"symmetric", symmetric()},
		{"key-missing", s.proof(set{"jwk": nil}, nil)},
		{"key-null", text(`{"typ":"dpop+jwt","alg":"ES256","jwk":null}`, body)},
		{"key-text", s.proof(set{"jwk": "key"}, nil)},
		{"key-private", s.proof(set{"jwk": private}, nil)},
		{"key-with-empty-d", s.proof(set{"jwk": set{"kty": "EC", "crv": "P-256", "x": s.jwk["x"], "y": s.jwk["y"], "d": ""}}, nil)},
		{"key-not-on-curve", s.proof(set{"jwk": set{"kty": "EC", "crv": "P-256", "x": s.jwk["x"], "y": s.jwk["x"]}}, nil)},
		{"key-at-infinity", s.proof(set{"jwk": set{"kty": "EC", "crv": "P-256", "x": b64(make([]byte, 32)), "y": b64(make([]byte, 32))}}, nil)},
		{"key-of-unknown-curve", s.proof(set{"jwk": set{"kty": "EC", "crv": "secp256k1", "x": s.jwk["x"], "y": s.jwk["y"]}}, nil)},
		{"key-too-small", newSigner(t, "PS256", small).proof(nil, nil)},
		{"key-of-other-caller", other.proof(nil, nil)},
		{"key-twice", text(`{"typ":"dpop+jwt","alg":"ES256","jwk":`+jsonOf(t, other.jwk)+`,"jwk":`+jsonOf(t, s.jwk)+`}`, body)},
		{"key-by-url", s.proof(set{"jku": "https://evil.example/keys"}, nil)},
		{"key-by-certificate", s.proof(set{"x5c": []string{"MIIB"}}, nil)},
		{"certificate-by-url", s.proof(set{"x5u": "https://evil.example/c"}, nil)},
		{"critical", s.proof(set{"crit": []string{"exp"}, "exp": 1}, nil)},
		{"not-encoded", s.proof(set{"b64": false}, nil)},
		{"header-twice", text(`{"typ":"JWT","typ":"dpop+jwt","alg":"ES256","jwk":`+jsonOf(t, s.jwk)+`}`, body)},
		{"header-not-utf8", text(strings.Replace(head, "{", "{\"a\":\"\xff\",", 1), body)},
		{"header-list", text("["+head+"]", body)},
		{"header-in-capitals", text(strings.Replace(head, `"typ"`, `"TYP"`, 1), body)},
		{"header-behind-space", text(" "+head+" x", body)},
		{"claims-list", text(head, "["+body+"]")},
		{"claims-null", text(head, "null")},
		{"claim-twice", text(head, strings.Replace(body, "{", `{"ath":"x",`, 1))},
		{"claims-broken", text(head, body[:len(body)-1])},
		{"id-missing", s.proof(nil, set{"jti": nil})},
		{"id-empty", s.proof(nil, set{"jti": ""})},
		{"id-number", s.proof(nil, set{"jti": 1})},
		{"method-missing", s.proof(nil, set{"htm": nil})},
		{"method-other", s.proof(nil, set{"htm": "POST"})},
		{"method-in-lower-case", s.proof(nil, set{"htm": "get"})},
		{"target-missing", s.proof(nil, set{"htu": nil})},
		{"target-relative", s.proof(nil, set{"htu": "/pets/7"})},
		{"target-of-other-host", s.proof(nil, set{"htu": "https://evil.example/pets/7"})},
		{"target-of-host-as-user", s.proof(nil, set{"htu": "https://api.example.com@evil.example/pets/7"})},
		{"target-with-user", s.proof(nil, set{"htu": "https://user@api.example.com/pets/7"})},
		{"target-of-longer-host", s.proof(nil, set{"htu": "https://api.example.com.evil.example/pets/7"})},
		{"target-of-other-port", s.proof(nil, set{"htu": "https://api.example.com:8443/pets/7"})},
		{"target-of-port-80", s.proof(nil, set{"htu": "https://api.example.com:80/pets/7"})},
		{"target-without-tls", s.proof(nil, set{"htu": "http://api.example.com/pets/7"})},
		{"target-of-other-path", s.proof(nil, set{"htu": "https://api.example.com/pets/8"})},
		{"target-of-path-in-capitals", s.proof(nil, set{"htu": "https://api.example.com/Pets/7"})},
		{"target-with-slash", s.proof(nil, set{"htu": "https://api.example.com/pets/7/"})},
		{"target-with-broken-escape", s.proof(nil, set{"htu": "https://api.example.com/pets/%3"})},
		{"target-with-encoded-slash", s.proof(nil, set{"htu": "https://api.example.com/pets%2F7"})},
		{"time-missing", s.proof(nil, set{"iat": nil})},
		{"time-as-text", s.proof(nil, set{"iat": "1772600767"})},
		{"time-too-old", s.proof(nil, set{"iat": now.Add(-binding.DefaultMaxAge - time.Second).Unix()})},
		{"time-of-future", s.proof(nil, set{"iat": now.Add(binding.DefaultSkew + time.Second).Unix()})},
		{"time-negative", s.proof(nil, set{"iat": -1})},
		{"time-huge", s.proof(nil, set{"iat": 1e300})},
		{"time-in-milliseconds", s.proof(nil, set{"iat": now.UnixMilli()})},
		{"token-missing", s.proof(nil, set{"ath": nil})},
		{"token-other", s.proof(nil, set{"ath": ath("other")})},
		{"token-itself", s.proof(nil, set{"ath": token})},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := binder(t, binding.Options{})
			x := exchange("Authorization", "DPoP "+token, "DPoP", row.proof)
			for _, hash := range []string{s.hash, edwards.hash, newSigner(t, "PS256", big).hash} {
				r := b.Check(x, []byte(token), &gate.Principal{KeyHash: hash})
				if code(r) != gate.ProofInvalid {
					t.Errorf("%s", code(r))
				}
			}
		})
	}
}

func TestReplay(t *testing.T) {
	s := es256(t)
	b := binder(t, binding.Options{Capacity: 160})
	p := &gate.Principal{KeyHash: s.hash}
	proof := s.proof(nil, nil)
	use := func(proof string, after time.Duration) gate.Code {
		x := exchange("Authorization", "DPoP "+token, "DPoP", proof)
		x.Received = now.Add(after)
		return code(b.Check(x, []byte(token), p))
	}
	if got := use(proof, 0); got != gate.Undecided {
		t.Fatal(got)
	}
	for _, after := range []time.Duration{0, time.Second, binding.DefaultMaxAge, binding.DefaultMaxAge + 1} {
		if got := use(proof, after); got != gate.ProofInvalid {
			t.Errorf("a proof was used twice: %s", got)
		}
	}
	again := use(s.proof(nil, set{"jti": "same"}), 0)
	if got := use(s.proof(nil, set{"jti": "same"}), 0); again != gate.Undecided || got != gate.ProofInvalid {
		t.Errorf("another proof with the same id: %s %s", again, got)
	}
	full := gate.Undecided
	for range 400 {
		if full = use(s.proof(nil, nil), 0); full != gate.Undecided {
			break
		}
	}
	if full != gate.CredentialUnverified {
		t.Errorf("a full set says %s", full)
	}
}

func TestFieldOfProof(t *testing.T) {
	s := es256(t)
	b := binder(t, binding.Options{})
	bound, unbound := &gate.Principal{KeyHash: s.hash}, &gate.Principal{}
	for _, row := range []struct {
		name   string
		who    *gate.Principal
		fields []string
		want   gate.Code
	}{
		{"one", bound, []string{"Authorization", "DPoP " + token, "DPoP", s.proof(nil, nil)}, gate.Undecided},
		{"scheme-in-lower-case", bound, []string{"Authorization", "dpop " + token, "dpop", s.proof(nil, nil)}, gate.Undecided},
		{"none", bound, []string{"Authorization", "DPoP " + token}, gate.ProofInvalid},
		{"two", bound, []string{"Authorization", "DPoP " + token, "DPoP", s.proof(nil, nil), "DPoP", s.proof(nil, nil)}, gate.ProofInvalid},
		{"bound-as-bearer", bound, []string{"Authorization", "Bearer " + token}, gate.ProofInvalid},
		{"bound-as-bearer-with-proof", bound, []string{"Authorization", "Bearer " + token, "DPoP", s.proof(nil, nil)}, gate.ProofInvalid},
		{"bound-without-scheme", bound, []string{"DPoP", s.proof(nil, nil)}, gate.ProofInvalid},
		{"unbound-under-dpop", unbound, []string{"Authorization", "DPoP " + token, "DPoP", s.proof(nil, nil)}, gate.ProofInvalid},
		{"unbound-as-bearer", unbound, []string{"Authorization", "Bearer " + token}, gate.Undecided},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := code(b.Check(exchange(row.fields...), []byte(token), row.who)); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

// TestTargetOfClient compares with what the client sees, not the gate's part of
// the way.
func TestTargetOfClient(t *testing.T) {
	s := es256(t)
	for _, row := range []struct {
		name, htu string
		change    func(*gate.Exchange)
		want      gate.Code
	}{
		{"tls-ended-before", "https://api.example.com/pets/7", func(x *gate.Exchange) { x.Secure = false }, gate.Undecided},
		{"tls-began-behind", "https://api.example.com/pets/7", func(x *gate.Exchange) { x.ClientSecure = false }, gate.ProofInvalid},
		{"no-tls", "http://api.example.com:80/pets/7", func(x *gate.Exchange) { x.Secure, x.ClientSecure = false, false }, gate.Undecided},
		{"host-of-client", "https://public.example.com/pets/7", func(x *gate.Exchange) { x.ClientHost = []byte("public.example.com:443") }, gate.Undecided},
		{"host-of-gate", "https://api.example.com/pets/7", func(x *gate.Exchange) { x.ClientHost = []byte("public.example.com") }, gate.ProofInvalid},
		{"port", "https://api.example.com:8443/pets/7", func(x *gate.Exchange) { x.Host = []byte("API.example.com:8443") }, gate.Undecided},
		{"root", "https://api.example.com", func(x *gate.Exchange) { x.Path = []byte("/") }, gate.Undecided},
		{"escapes", "https://api.example.com/a%2fb", func(x *gate.Exchange) { x.Path = []byte("/a%2Fb") }, gate.Undecided},
		{"escapes-decoded", "https://api.example.com/a/b", func(x *gate.Exchange) { x.Path = []byte("/a%2Fb") }, gate.ProofInvalid},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := exchange("Authorization", "DPoP "+token, "DPoP", s.proof(nil, set{"htu": row.htu}))
			row.change(x)
			if got := code(binder(t, binding.Options{}).Check(x, []byte(token), &gate.Principal{KeyHash: s.hash})); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

func TestBehindProxy(t *testing.T) {
	x := exchange()
	if x.Proxied() {
		t.Error("a client that the gate speaks with itself is behind a proxy")
	}
	x.Client = netip.MustParseAddr("198.51.100.1")
	if !x.Proxied() {
		t.Error("a client with another address than the peer is not behind a proxy")
	}
}
