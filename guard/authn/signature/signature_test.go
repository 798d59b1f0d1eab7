package signature_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
	"github.com/gatehouse-api/gatehouse/guard/authn/signature"
)

var (
	now                = time.Unix(1_772_600_767, 0)
	public, private, _ = ed25519.GenerateKey(rand.Reader)
	p256, _            = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
)

const body = `{"a":1}`

func contentDigest(body string) string {
	sum := sha256.Sum256([]byte(body))
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// request is a POST of https://api.example.com/orders?a=b with a body.
func request(fields ...string) *gate.Exchange {
	x := &gate.Exchange{
		Method: []byte("POST"), Target: []byte("/orders?a=b"), Path: []byte("/orders"), Query: []byte("a=b"), Host: []byte("api.example.com"),
		Secure: true, ClientSecure: true, BodyLength: int64(len(body)), Body: []byte(body), Received: now,
	}
	for _, f := range append([]string{"Content-Digest: " + contentDigest(body), "Authorization: Bearer t"}, fields...) {
		name, value, _ := strings.Cut(f, ": ")
		x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte(value)})
	}
	return x
}

// lines are what a good signature covers.
var lines = []string{`"@method": POST`, `"@target-uri": https://api.example.com/orders?a=b`, `"content-digest": ` + contentDigest(body), `"authorization": Bearer t`}

func ids(lines []string) string {
	var all []string
	for _, line := range lines {
		id, _, _ := strings.Cut(line, ": ")
		all = append(all, id)
	}
	return strings.Join(all, " ")
}

func params(more string) string {
	return fmt.Sprintf(`;created=%d;keyid="ed"`, now.Unix()) + more
}

func nonce() string { return `;nonce="` + rand.Text() + `"` }

// sign returns the fields of a signature by the key ed over lines.
func sign(lines []string, params string) []string {
	input := "(" + ids(lines) + ")" + params
	base := strings.Join(append(append([]string{}, lines...), `"@signature-params": `+input), "\n")
	return []string{"Signature-Input: sig=" + input, "Signature: sig=:" + base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte(base))) + ":"}
}

var acme = party.Party{ID: "ed", Partner: "acme", Roles: []string{"b", "a"}}

func verifier(t testing.TB, change func(*signature.Options)) *signature.Verifier {
	t.Helper()
	o := signature.Options{Name: "signed", Keys: []signature.Key{{Party: acme, Key: public}, {Party: party.Party{ID: "ec"}, Key: &p256.PublicKey}}}
	if change != nil {
		change(&o)
	}
	v, err := signature.New(o)
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
	for name, list := range map[string][]string{
		"target-uri":     lines,
		"parts":          {`"@method": POST`, `"@authority": api.example.com`, `"@path": /orders`, `"@query": ?a=b`, lines[2], lines[3]},
		"request-target": {`"@method": POST`, `"@scheme": https`, `"@authority": api.example.com`, `"@request-target": /orders?a=b`, lines[2], lines[3], `"@query-param";name="a": b`},
	} {
		t.Run(name, func(t *testing.T) {
			v := verifier(t, nil)
			p, r := v.Verify(request(sign(list, params(nonce()+`;alg="ed25519";tag="x"`))...), nil, nil)
			if r != nil {
				t.Fatal(r.Code, r.Cause)
			}
			if p.ID != "signed|ed" || p.Tenant != "acme" || strings.Join(p.Roles, " ") != "a b" {
				t.Errorf("%s %s %s", p.ID, p.Tenant, p.Roles)
			}
		})
	}
}

// TestHostileSignatures refuses each of these.
func TestHostileSignatures(t *testing.T) {
	without := func(i int) []string { return append(append([]string{}, lines[:i]...), lines[i+1:]...) }
	with := func(more ...string) []string { return append(append([]string{}, lines...), more...) }
	at := func(created time.Time, more string) string {
		return fmt.Sprintf(`;created=%d;keyid="ed"`, created.Unix()) + nonce() + more
	}
	good := sign(lines, params(nonce()))
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	for _, row := range []struct {
		name   string
		fields []string
		want   gate.Code
	}{
		{"none", nil, gate.CredentialMissing},
		{"input-alone", good[:1], gate.CredentialInvalid},
		{"signature-alone", good[1:], gate.CredentialInvalid},
		{"input-twice", append(good, good[0]), gate.CredentialInvalid},
		{"signature-twice", append(good, good[1]), gate.CredentialInvalid},
		{"other-label", []string{good[0], strings.Replace(good[1], "sig=", "gis=", 1)}, gate.CredentialInvalid},
		{"two-signatures", []string{good[0] + `, b=("@method");created=1`, good[1]}, gate.CredentialInvalid},
		{"label-twice", []string{good[0] + ", " + strings.TrimPrefix(good[0], "Signature-Input: "), good[1]}, gate.CredentialInvalid},
		{"empty", []string{"Signature-Input: ", "Signature: "}, gate.CredentialInvalid},
		{"no-list", []string{"Signature-Input: sig=1", "Signature: sig=:AQID:"}, gate.CredentialInvalid},
		{"signature-text", []string{good[0], `Signature: sig="abc"`}, gate.CredentialInvalid},
		{"signature-empty", []string{good[0], "Signature: sig=::"}, gate.CredentialInvalid},
		{"signature-of-zeros", []string{good[0], "Signature: sig=:" + base64.StdEncoding.EncodeToString(make([]byte, 64)) + ":"}, gate.CredentialInvalid},
		{"signature-of-another", []string{good[0], "Signature: sig=:" + base64.StdEncoding.EncodeToString(ed25519.Sign(stranger, []byte("x"))) + ":"}, gate.CredentialInvalid},
		{"unknown-key", sign(lines, strings.Replace(params(nonce()), `"ed"`, `"no"`, 1)), gate.CredentialInvalid},
		{"key-of-another", sign(lines, strings.Replace(params(nonce()), `"ed"`, `"ec"`, 1)), gate.CredentialInvalid},
		{"other-algorithm", sign(lines, params(nonce()+`;alg="hmac-sha256"`)), gate.CredentialInvalid},
		{"algorithm-token", sign(lines, params(nonce()+`;alg=ed25519`)), gate.CredentialInvalid},
		{"algorithm-empty", sign(lines, params(nonce()+`;alg=""`)), gate.CredentialInvalid},
		{"unknown-parameter", sign(lines, params(nonce()+`;audience="x"`)), gate.CredentialInvalid},
		{"parameter-twice", sign(lines, params(nonce()+`;created=1`)), gate.CredentialInvalid},
		{"no-key", sign(lines, fmt.Sprintf(`;created=%d`, now.Unix())+nonce()), gate.CredentialInvalid},
		{"no-created", sign(lines, `;keyid="ed"`+nonce()), gate.CredentialInvalid},
		{"created-text", sign(lines, `;keyid="ed";created="1772600767"`+nonce()), gate.CredentialInvalid},
		{"created-negative", sign(lines, `;keyid="ed";created=-1`+nonce()), gate.CredentialInvalid},
		{"no-nonce", sign(lines, params("")), gate.CredentialInvalid},
		{"nonce-empty", sign(lines, params(`;nonce=""`)), gate.CredentialInvalid},
		{"nonce-token", sign(lines, params(`;nonce=abc`)), gate.CredentialInvalid},
		{"nonce-too-long", sign(lines, params(`;nonce="`+strings.Repeat("a", 257)+`"`)), gate.CredentialInvalid},
		{"too-old", sign(lines, at(now.Add(-signature.DefaultMaxAge-time.Second), "")), gate.CredentialExpired},
		{"of-the-future", sign(lines, at(now.Add(signature.DefaultSkew+time.Second), "")), gate.CredentialExpired},
		{"expired", sign(lines, at(now, fmt.Sprintf(";expires=%d", now.Unix()))), gate.CredentialExpired},
		{"method-not-covered", sign(without(0), params(nonce())), gate.CredentialInvalid},
		{"target-not-covered", sign(without(1), params(nonce())), gate.CredentialInvalid},
		{"digest-not-covered", sign(without(2), params(nonce())), gate.CredentialInvalid},
		{"authorization-not-covered", sign(without(3), params(nonce())), gate.CredentialInvalid},
		{"query-not-covered", sign([]string{lines[0], `"@authority": api.example.com`, `"@path": /orders`, lines[2], lines[3]}, params(nonce())), gate.CredentialInvalid},
		{"authority-not-covered", sign([]string{lines[0], `"@path": /orders`, `"@query": ?a=b`, lines[2], lines[3]}, params(nonce())), gate.CredentialInvalid},
		{"other-method", sign(append([]string{`"@method": GET`}, lines[1:]...), params(nonce())), gate.CredentialInvalid},
		{"other-host", sign([]string{lines[0], `"@target-uri": https://evil.example/orders?a=b`, lines[2], lines[3]}, params(nonce())), gate.CredentialInvalid},
		{"other-digest", sign([]string{lines[0], lines[1], `"content-digest": ` + contentDigest("x"), lines[3]}, params(nonce())), gate.CredentialInvalid},
		{"other-token", sign([]string{lines[0], lines[1], lines[2], `"authorization": Bearer u`}, params(nonce())), gate.CredentialInvalid},
		{"component-twice", sign(with(`"@method": POST`), params(nonce())), gate.CredentialInvalid},
		{"component-missing", sign(with(`"x-missing": `), params(nonce())), gate.CredentialInvalid},
		{"component-in-capitals", sign(with(`"Content-Digest": `+contentDigest(body)), params(nonce())), gate.CredentialInvalid},
		{"component-unknown", sign(with(`"@status": 200`), params(nonce())), gate.CredentialInvalid},
		{"component-of-request", sign(with(`"@method";req: POST`), params(nonce())), gate.CredentialInvalid},
		{"component-of-trailers", sign(with(`"content-digest";tr: x`), params(nonce())), gate.CredentialInvalid},
		{"component-of-bytes", sign(with(`"content-digest";bs: x`), params(nonce())), gate.CredentialInvalid},
		{"component-of-params", sign(with(`"@signature-params": x`), params(nonce())), gate.CredentialInvalid},
		{"digest-of-trailers-alone", sign([]string{lines[0], lines[1], `"content-digest";tr: x`, lines[3]}, params(nonce())), gate.CredentialInvalid},
		{"parameter-missing", sign(with(`"@query-param";name="z": b`), params(nonce())), gate.CredentialInvalid},
		{"parameter-without-name", sign(with(`"@query-param": b`), params(nonce())), gate.CredentialInvalid},
		{"component-token", []string{strings.Replace(good[0], `"@method"`, "method", 1), good[1]}, gate.CredentialInvalid},
		{"huge", []string{"Signature-Input: sig=(" + strings.Repeat(`"a" `, 5000) + ")", good[1]}, gate.CredentialInvalid},
	} {
		t.Run(row.name, func(t *testing.T) {
			if p, r := verifier(t, nil).Verify(request(row.fields...), nil, nil); code(r) != row.want || p != nil {
				t.Errorf("%s, want %s", code(r), row.want)
			}
		})
	}
}

func TestReplay(t *testing.T) {
	v := verifier(t, nil)
	fields := sign(lines, params(nonce()))
	for i, want := range []gate.Code{gate.Undecided, gate.CredentialInvalid} {
		if _, r := v.Verify(request(fields...), nil, nil); code(r) != want {
			t.Errorf("%d: %s", i, code(r))
		}
	}
}

func TestTag(t *testing.T) {
	v := verifier(t, func(o *signature.Options) { o.Tag = "gate" })
	own := sign(lines, params(nonce()+`;tag="gate"`))
	other := []string{own[0] + `, other=("@method");created=1;keyid="x";tag="other"`, own[1] + ", other=:AQID:"}
	for name, row := range map[string]struct {
		fields []string
		want   gate.Code
	}{
		"own":   {own, gate.Undecided},
		"none":  {sign(lines, params(nonce())), gate.CredentialInvalid},
		"other": {sign(lines, params(nonce()+`;tag="b"`)), gate.CredentialInvalid},
	} {
		if _, r := v.Verify(request(row.fields...), nil, nil); code(r) != row.want {
			t.Errorf("%s: %s", name, code(r))
		}
	}
	if _, r := verifier(t, func(o *signature.Options) { o.Tag = "gate" }).Verify(request(other...), nil, nil); r != nil {
		t.Error("among others: ", r.Cause)
	}
}

func TestBody(t *testing.T) {
	v := verifier(t, nil)
	for name, row := range map[string]struct {
		digest, body string
		want         gate.Code
	}{
		"good":        {contentDigest(body), body, gate.Undecided},
		"changed":     {contentDigest(body), `{"a":2}`, gate.CredentialInvalid},
		"cut":         {contentDigest(body), "", gate.CredentialInvalid},
		"missing":     {"", body, gate.CredentialInvalid},
		"none":        {"", "", gate.Undecided},
		"weak-alone":  {"md5=:" + base64.StdEncoding.EncodeToString(make([]byte, 16)) + ":", body, gate.CredentialInvalid},
		"weak-beside": {contentDigest(body) + ", unixsum=:AQID:", body, gate.Undecided},
		"one-wrong":   {contentDigest(body) + ", sha-512=:AQID:", body, gate.CredentialInvalid},
		"text":        {`sha-256="abc"`, body, gate.CredentialInvalid},
		"broken":      {"sha-256", body, gate.CredentialInvalid},
	} {
		x := request()
		x.Fields, x.Body = x.Fields[1:], []byte(row.body)
		if row.digest != "" {
			x.Fields = append(x.Fields, gate.Field{Name: []byte("content-digest"), Value: []byte(row.digest)})
		}
		if r := v.VerifyBody(x, nil); code(r) != row.want {
			t.Errorf("%s: %s", name, code(r))
		}
	}
}

// TestRecheck ends long calls whose key is gone, by the verifier of now.
func TestRecheck(t *testing.T) {
	was, r := verifier(t, nil).Verify(request(sign(lines, params(nonce()))...), nil, nil)
	if r != nil {
		t.Fatal(r.Cause)
	}
	fewer := acme
	fewer.Partner = ""
	for name, row := range map[string]struct {
		key  signature.Key
		ends bool
	}{
		"the-same":       {signature.Key{Party: acme, Key: public}, false},
		"another-key":    {signature.Key{Party: acme, Key: &p256.PublicKey}, true},
		"a-secret":       {signature.Key{Party: acme, Key: []byte(public), Algorithm: "hmac-sha256"}, true},
		"another-caller": {signature.Key{Party: party.Party{ID: "ec"}, Key: public}, true},
		"another-tenant": {signature.Key{Party: fewer, Key: public}, true},
	} {
		v := verifier(t, func(o *signature.Options) { o.Keys = []signature.Key{row.key} })
		if r := v.Recheck(nil, nil, was); (r != nil) != row.ends {
			t.Errorf("%s: %s", name, code(r))
		}
	}
}

func TestKeys(t *testing.T) {
	a := party.Party{ID: "a"}
	p224, _ := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	small, _ := rsa.GenerateKey(rand.Reader, 1024)
	for name, k := range map[string]signature.Key{
		"none": {}, "no-name": {Key: public}, "private": {Party: a, Key: private}, "curve": {Party: a, Key: &p224.PublicKey}, "small": {Party: a, Key: &small.PublicKey},
		"secret-by-default": {Party: a, Key: make([]byte, 32)}, "short-secret": {Party: a, Key: make([]byte, 31), Algorithm: "hmac-sha256"},
		"other-algorithm": {Party: a, Key: public, Algorithm: "hmac-sha256"}, "unknown-algorithm": {Party: a, Key: public, Algorithm: "none"},
	} {
		if v, err := signature.New(signature.Options{Keys: []signature.Key{k}}); v != nil || err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	jwk := `{"kty":"OKP","crv":"Ed25519","kid":"a","x":"` + base64.RawURLEncoding.EncodeToString(public) + `"}`
	for name, row := range map[string]struct {
		text string
		ok   bool
	}{
		"jwks": {`{"keys":[` + jwk + `]}`, true}, "other-id": {`{"keys":[` + strings.Replace(jwk, `"a"`, `"b"`, 1) + `]}`, false}, "twice": {`{"keys":[` + jwk + "," + jwk + `]}`, false},
		"private": {`{"keys":[` + strings.Replace(jwk, "{", `{"d":"`+base64.RawURLEncoding.EncodeToString(private.Seed())+`",`, 1) + `]}`, false},
		"pem-key": {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", false}, "text": {"key", false}, "pem": {ed25519Key, true},
	} {
		if key, err := signature.ReadKey([]byte(row.text), "a"); (err == nil) != row.ok || (key != nil) != row.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzSignature(f *testing.F) {
	good := sign(lines, params(nonce()))
	f.Add(strings.TrimPrefix(good[0], "Signature-Input: "), strings.TrimPrefix(good[1], "Signature: "))
	v := verifier(f, nil)
	f.Fuzz(func(t *testing.T, input, value string) {
		p, r := v.Verify(request("Signature-Input: "+input, "Signature: "+value), nil, nil)
		if (p == nil) == (r == nil) {
			t.Error("not exactly one of caller and refusal")
		}
		if p != nil && !strings.Contains(input, "@target-uri") {
			t.Errorf("%q passed", input)
		}
	})
}

func FuzzDigest(f *testing.F) {
	f.Add(contentDigest(body))
	f.Fuzz(func(t *testing.T, value string) {
		if signature.Digested(value, []byte(body)) && !strings.Contains(value, "sha-") {
			t.Errorf("%q holds", value)
		}
	})
}

// FuzzReadKey looks for files that are taken for keys which nobody could verify
// with.
func FuzzReadKey(f *testing.F) {
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n"), "a")
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}`), "a")
	f.Fuzz(func(t *testing.T, text []byte, id string) {
		if key, err := signature.ReadKey(text, id); (err == nil) != (key != nil) {
			t.Errorf("%T and %v", key, err)
		}
	})
}
