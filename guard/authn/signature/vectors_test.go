package signature_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
	"github.com/gatehouse-api/gatehouse/guard/authn/signature"
)

// Keys of RFC 9421, appendix B.1.
const (
	rsaPSSKey = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----
`
	ed25519Key = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
`
	sharedSecret = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
)

// vectorRequest is the request of appendix B.2.
func vectorRequest(input, value string) *gate.Exchange {
	x := &gate.Exchange{
		Method: []byte("POST"), Target: []byte("/foo?param=Value&Pet=dog"), Path: []byte("/foo"), Query: []byte("param=Value&Pet=dog"), Host: []byte("example.com"),
		Secure: true, ClientSecure: true, BodyLength: 18, Body: []byte(`{"hello": "world"}`), Received: time.Unix(1618884475, 0),
	}
	for _, f := range [][2]string{
		{"Host", "example.com"}, {"Date", "Tue, 20 Apr 2021 02:07:55 GMT"}, {"Content-Type", "application/json"},
		{"Content-Digest", "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"},
		{"Content-Length", "18"}, {"Signature-Input", input}, {"Signature", value},
	} {
		x.Fields = append(x.Fields, gate.Field{Name: []byte(f[0]), Value: []byte(f[1])})
	}
	return x
}

var vectors = []struct{ name, input, value string }{
	{"b21-minimal", `sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"`,
		"sig-b21=:d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==:"},
	{"b22-selective", `sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"`,
		"sig-b22=:LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==:"},
	{"b23-full", `sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"`,
		"sig-b23=:bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==:"},
	{"b25-hmac", `sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`,
		"sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:"},
	{"b26-ed25519", `sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`,
		"sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"},
}

func vectorVerifier(t testing.TB) *signature.Verifier {
	t.Helper()
	read := func(text string) any {
		key, err := signature.ReadKey([]byte(text), "")
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	secret, err := base64.StdEncoding.DecodeString(sharedSecret)
	if err != nil {
		t.Fatal(err)
	}
	v, err := signature.New(signature.Options{Name: "signed", NonceOptional: true, Keys: []signature.Key{
		{Party: party.Party{ID: "test-key-rsa-pss"}, Key: read(rsaPSSKey)}, {Party: party.Party{ID: "test-key-ed25519"}, Key: read(ed25519Key)},
		{Party: party.Party{ID: "test-shared-secret"}, Key: secret, Algorithm: "hmac-sha256"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestVectors are those of RFC 9421, appendix B.2, for requests; B.2.4
// is a response's.
func TestVectors(t *testing.T) {
	v := vectorVerifier(t)
	for _, row := range vectors {
		t.Run(row.name, func(t *testing.T) {
			if !signature.Holds(v, vectorRequest(row.input, row.value)) {
				t.Error("refused")
			}
			x := vectorRequest(row.input, row.value)
			x.Host, x.Method, x.Target = []byte("evil.example"), []byte("GET"), []byte("/bar")
			if row.name != "b21-minimal" && signature.Holds(v, x) {
				t.Error("holds for another request")
			}
		})
	}
	x := vectorRequest(vectors[2].input, vectors[2].value)
	p, r := v.Verify(x, nil, nil)
	if r != nil || p.ID != "signed|test-key-rsa-pss" {
		t.Error(r)
	}
	if r := v.VerifyBody(x, nil); r != nil {
		t.Error(r.Cause)
	}
	for _, row := range []int{0, 1, 3, 4} { // they do not cover what they must
		if _, r := v.Verify(vectorRequest(vectors[row].input, vectors[row].value), nil, nil); r == nil || r.Code != gate.CredentialInvalid {
			t.Errorf("%s: %v", vectors[row].name, r)
		}
	}
}
