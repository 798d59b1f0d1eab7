package mac_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/mac"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
)

const secret, former = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// signer says what is signed and how it is written. Its zero value signs rightly.
type signer struct {
	key, secret, timestamp, nonce, method, url, headers, digest string
	values                                                      []string // lines of the headers
	form                                                        func(s *signer, signature string) string
}

func (s signer) fill(body string) signer {
	def := func(to *string, value string) {
		if *to == "" {
			*to = value
		}
	}
	def(&s.key, "acme")
	def(&s.secret, secret)
	def(&s.timestamp, fmt.Sprint(now.Unix()))
	def(&s.nonce, rand.Text())
	def(&s.method, "POST")
	def(&s.url, "https://api.example.com/orders?a=b")
	def(&s.headers, "content-type")
	sum := sha256.Sum256([]byte(body))
	def(&s.digest, base64.StdEncoding.EncodeToString(sum[:]))
	if s.values == nil {
		s.values = []string{"content-type:application/json"}
	}
	if s.form == nil {
		s.form = usual
	}
	return s
}

func usual(s *signer, signature string) string {
	return fmt.Sprintf(`HMAC-SHA256 keyId="%s", timestamp=%s, nonce="%s", headers="%s", digest="%s", signature="%s"`, s.key, s.timestamp, s.nonce, s.headers, s.digest, signature)
}

// authorization writes the field for a body.
func (s signer) authorization(body string) string {
	s = s.fill(body)
	digest, _ := base64.StdEncoding.DecodeString(s.digest)
	lines := append([]string{"HMAC-SHA256", s.timestamp, s.nonce, s.method, s.url}, s.values...)
	m := hmac.New(sha256.New, []byte(s.secret))
	m.Write([]byte(strings.Join(lines, "\n") + "\n" + string(digest)))
	return s.form(&s, base64.StdEncoding.EncodeToString(m.Sum(nil)))
}

// exchange is a POST of https://api.example.com/orders?a=b.
func exchange(authorization ...string) *gate.Exchange {
	x := &gate.Exchange{Method: []byte("POST"), Target: []byte("/orders?a=b"), Host: []byte("api.example.com"), Secure: true, ClientSecure: true, Received: now,
		Fields: []gate.Field{{Name: []byte("Content-Type"), Value: []byte("application/json")}}}
	for _, a := range authorization {
		x.Fields = append(x.Fields, gate.Field{Name: []byte("Authorization"), Value: []byte(a)})
	}
	return x
}

var acme = party.Party{ID: "acme", Partner: "acme", Scopes: []string{"b", "a"}, Roles: []string{"buyer"}}

func verifier(t testing.TB) *mac.Verifier {
	t.Helper()
	v, err := mac.New(mac.Options{Name: "partners", Headers: []string{"Content-Type"}, Keys: []mac.Key{
		{Party: acme, Secrets: [][]byte{[]byte(secret), []byte(former)}},
		{Party: party.Party{ID: "other"}, Secrets: [][]byte{[]byte(strings.Repeat("x", 32))}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func code(r *gate.Refusal) gate.Code {
	if r == nil {
		return gate.Undecided
	}
	return r.Code
}

func TestSignatures(t *testing.T) {
	v := verifier(t)
	for name, s := range map[string]signer{
		"usual":         {},
		"former-secret": {secret: former},
		"oldest":        {timestamp: fmt.Sprint(now.Add(-mac.DefaultWindow).Unix())},
		"ahead":         {timestamp: fmt.Sprint(now.Add(mac.DefaultWindow).Unix())},
		"in-any-order": {form: func(s *signer, sig string) string {
			return fmt.Sprintf(`hmac-sha256 signature="%s",digest="%s",headers="%s",nonce=%s,timestamp="%s",keyId=%s`, sig, s.digest, s.headers, s.nonce, s.timestamp, s.key)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			x := exchange(s.authorization(`{"a":1}`))
			p, r := v.Verify(x, nil, nil)
			if r != nil {
				t.Fatal(r.Code, r.Cause)
			}
			if p.ID != "partners|acme" || p.Tenant != "acme" || strings.Join(p.Scopes, " ") != "a b" || p.Kind != gate.Program {
				t.Errorf("%s %s %s", p.ID, p.Tenant, p.Scopes)
			}
			x.Body = []byte(`{"a":1}`)
			if r := v.VerifyBody(x, nil); r != nil {
				t.Error(r.Cause)
			}
			x.Body = []byte(`{"a":2}`)
			if code(v.VerifyBody(x, nil)) != gate.CredentialInvalid {
				t.Error("another body")
			}
			x.Body = nil
			if code(v.VerifyBody(x, nil)) != gate.CredentialInvalid {
				t.Error("no body")
			}
		})
	}
}

// TestHostileSignatures refuses each of these.
func TestHostileSignatures(t *testing.T) {
	with := func(old, new string) func(*signer, string) string {
		return func(s *signer, sig string) string { return strings.Replace(usual(s, sig), old, new, 1) }
	}
	for _, row := range []struct {
		name string
		s    signer
		want gate.Code
	}{
		{"wrong-secret", signer{secret: strings.Repeat("y", 32)}, gate.CredentialInvalid},
		{"key-of-another", signer{key: "other"}, gate.CredentialInvalid},
		{"unknown-key", signer{key: "nobody"}, gate.CredentialInvalid},
		{"other-method", signer{method: "GET"}, gate.CredentialInvalid},
		{"other-path", signer{url: "https://api.example.com/admin?a=b"}, gate.CredentialInvalid},
		{"other-query", signer{url: "https://api.example.com/orders?a=c"}, gate.CredentialInvalid},
		{"other-host", signer{url: "https://evil.example/orders?a=b"}, gate.CredentialInvalid},
		{"without-tls", signer{url: "http://api.example.com/orders?a=b"}, gate.CredentialInvalid},
		{"too-old", signer{timestamp: fmt.Sprint(now.Add(-mac.DefaultWindow - time.Second).Unix())}, gate.CredentialExpired},
		{"of-the-future", signer{timestamp: fmt.Sprint(now.Add(mac.DefaultWindow + time.Second).Unix())}, gate.CredentialExpired},
		{"time-negative", signer{timestamp: "-1"}, gate.CredentialInvalid},
		{"time-with-zero", signer{timestamp: "0" + fmt.Sprint(now.Unix())}, gate.CredentialInvalid},
		{"time-huge", signer{timestamp: "99999999999999999999"}, gate.CredentialInvalid},
		{"time-fraction", signer{timestamp: fmt.Sprint(now.Unix()) + ".5"}, gate.CredentialInvalid},
		{"nonce-with-space", signer{nonce: "a b"}, gate.CredentialInvalid},
		{"nonce-too-long", signer{nonce: strings.Repeat("a", 129)}, gate.CredentialInvalid},
		{"field-changed", signer{values: []string{"content-type:text/plain"}}, gate.CredentialInvalid},
		{"field-not-there", signer{headers: "content-type x-a", values: []string{"content-type:application/json", "x-a:"}}, gate.CredentialInvalid},
		{"field-twice", signer{headers: "content-type content-type", values: []string{"content-type:application/json", "content-type:application/json"}}, gate.CredentialInvalid},
		{"field-in-capitals", signer{headers: "Content-Type", values: []string{"Content-Type:application/json"}}, gate.CredentialInvalid},
		{"field-authorization", signer{headers: "content-type authorization"}, gate.CredentialInvalid},
		{"field-not-covered", signer{headers: "host", values: []string{"host:api.example.com"}}, gate.CredentialInvalid},
		{"fields-with-two-spaces", signer{headers: "content-type  host"}, gate.CredentialInvalid},
		{"fields-too-many", signer{headers: strings.TrimSpace(strings.Repeat("a b ", 40))}, gate.CredentialInvalid},
		{"signature-missing", signer{form: with(", signature=", ", sig=")}, gate.CredentialInvalid},
		{"signature-empty", signer{form: func(s *signer, _ string) string { return usual(s, "") }}, gate.CredentialInvalid},
		{"signature-cut", signer{form: func(s *signer, sig string) string { return usual(s, sig[:40]) }}, gate.CredentialInvalid},
		{"signature-in-hex", signer{form: func(s *signer, sig string) string { return usual(s, strings.Repeat("ab", 32)) }}, gate.CredentialInvalid},
		{"signature-of-other-spelling", signer{form: func(s *signer, sig string) string { return usual(s, sig[:42]+string(sig[42]+1)+"=") }}, gate.CredentialInvalid},
		{"key-missing", signer{form: with(`keyId="acme", `, "")}, gate.CredentialInvalid},
		{"key-twice", signer{form: with(`keyId="acme"`, `keyId="acme", keyId="acme"`)}, gate.CredentialInvalid},
		{"unknown-parameter", signer{form: with(`keyId`, `algorithm="none", keyId`)}, gate.CredentialInvalid},
		{"parameter-in-other-case", signer{form: with("nonce", "Nonce")}, gate.CredentialInvalid},
		{"quote-open", signer{form: func(s *signer, sig string) string { return strings.TrimSuffix(usual(s, sig), `"`) }}, gate.CredentialInvalid},
		{"escaped", signer{form: with(`keyId="acme"`, `keyId="ac\me"`)}, gate.CredentialInvalid},
		{"comma-at-the-end", signer{form: func(s *signer, sig string) string { return usual(s, sig) + "," }}, gate.CredentialInvalid},
		{"comma-missing", signer{form: with(", timestamp", " timestamp")}, gate.CredentialInvalid},
		{"digest-missing", signer{form: with("digest=", "x=")}, gate.CredentialInvalid},
		{"nothing-said", signer{form: func(*signer, string) string { return "HMAC-SHA256 " }}, gate.CredentialInvalid},
		{"other-scheme", signer{form: func(s *signer, sig string) string { return "Bearer abc" }}, gate.CredentialMissing},
		{"longer-scheme", signer{form: with("HMAC-SHA256", "HMAC-SHA2561")}, gate.CredentialMissing},
	} {
		t.Run(row.name, func(t *testing.T) {
			if p, r := verifier(t).Verify(exchange(row.s.authorization("")), nil, nil); code(r) != row.want || p != nil {
				t.Errorf("%s, want %s", code(r), row.want)
			}
		})
	}
	if _, r := verifier(t).Verify(exchange(), nil, nil); code(r) != gate.CredentialMissing {
		t.Error("without the field: ", code(r))
	}
	a := signer{}.authorization("")
	if _, r := verifier(t).Verify(exchange(a, a), nil, nil); code(r) != gate.CredentialInvalid {
		t.Error("two fields: ", code(r))
	}
}

func TestReplay(t *testing.T) {
	v := verifier(t)
	a := signer{}.authorization("")
	for i, row := range []struct {
		after time.Duration
		want  gate.Code
	}{{0, gate.Undecided}, {0, gate.CredentialInvalid}, {mac.DefaultWindow, gate.CredentialInvalid}, {mac.DefaultWindow + time.Second, gate.CredentialExpired}} {
		x := exchange(a)
		x.Received = now.Add(row.after)
		if _, r := v.Verify(x, nil, nil); code(r) != row.want {
			t.Errorf("%d: %s", i, code(r))
		}
	}
	ahead := signer{timestamp: fmt.Sprint(now.Add(mac.DefaultWindow).Unix())}.authorization("")
	for i, row := range []struct {
		after time.Duration
		want  gate.Code
	}{{0, gate.Undecided}, {2 * mac.DefaultWindow, gate.CredentialInvalid}} {
		x := exchange(ahead)
		x.Received = now.Add(row.after)
		if _, r := v.Verify(x, nil, nil); code(r) != row.want {
			t.Errorf("ahead, %d: %s", i, code(r))
		}
	}
}

func TestBehindProxy(t *testing.T) {
	x := exchange(signer{url: "https://public.example.com/orders?a=b"}.authorization(""))
	x.Secure, x.ClientHost = false, []byte("public.example.com")
	if _, r := verifier(t).Verify(x, nil, nil); r != nil {
		t.Error(r.Cause)
	}
}

func TestOptions(t *testing.T) {
	a, long := party.Party{ID: "a"}, [][]byte{[]byte(secret)}
	for name, keys := range map[string][]mac.Key{
		"none":      nil,
		"no-secret": {{Party: a}},
		"short":     {{Party: a, Secrets: [][]byte{[]byte("short")}}},
		"twice":     {{Party: a, Secrets: long}, {Party: a, Secrets: long}},
		"no-name":   {{Secrets: long}},
		"odd-name":  {{Party: party.Party{ID: `a"b`}, Secrets: long}},
	} {
		if v, err := mac.New(mac.Options{Keys: keys}); v != nil || err == nil {
			t.Errorf("%s: taken", name)
		} else if strings.Contains(err.Error(), "short\"") && name == "short" {
			t.Error("the error holds the secret")
		}
	}
}

// TestRecheck ends long calls whose secret is gone, by the verifier of now.
func TestRecheck(t *testing.T) {
	before := verifier(t)
	was, r := before.Verify(exchange(signer{}.authorization("")), nil, nil)
	if r != nil {
		t.Fatal(r.Cause)
	}
	fewer := acme
	fewer.Roles = nil
	for name, row := range map[string]struct {
		keys []mac.Key
		ends bool
	}{
		"the-same":         {[]mac.Key{{Party: acme, Secrets: [][]byte{[]byte(secret), []byte(former)}}}, false},
		"it-is-the-former": {[]mac.Key{{Party: acme, Secrets: [][]byte{[]byte(strings.Repeat("n", 32)), []byte(secret)}}}, false},
		"another-secret":   {[]mac.Key{{Party: acme, Secrets: [][]byte{[]byte(strings.Repeat("n", 32))}}}, true},
		"only-the-former":  {[]mac.Key{{Party: acme, Secrets: [][]byte{[]byte(former)}}}, true},
		"another-caller":   {[]mac.Key{{Party: party.Party{ID: "other"}, Secrets: [][]byte{[]byte(secret)}}}, true},
		"fewer-rights":     {[]mac.Key{{Party: fewer, Secrets: [][]byte{[]byte(secret)}}}, true},
	} {
		v, err := mac.New(mac.Options{Name: "partners", Keys: row.keys})
		if err != nil {
			t.Fatal(err)
		}
		if r := v.Recheck(nil, nil, was); (r != nil) != row.ends || r != nil && r.Code != gate.CredentialInvalid {
			t.Errorf("%s: %s", name, code(r))
		}
	}
	if before.Recheck(nil, nil, was) != nil {
		t.Error("ended for nothing")
	}
}

func FuzzAuthorization(f *testing.F) {
	f.Add(signer{}.authorization(""))
	f.Add(`HMAC-SHA256 keyId="a",timestamp=1`)
	v := verifier(f)
	good := signer{}.authorization("")
	f.Fuzz(func(t *testing.T, text string) {
		p, r := v.Verify(exchange(text), nil, nil)
		if (p == nil) == (r == nil) {
			t.Error("not exactly one of caller and refusal")
		}
		if p != nil && !strings.Contains(text, "signature") {
			t.Errorf("%q passed, unlike %q", text, good)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	v := verifier(b)
	x := exchange(signer{}.authorization("")) // used before, behind the first
	b.ReportAllocs()
	for b.Loop() {
		v.Verify(x, nil, nil)
	}
}
