package serve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

const bearerContract = `openapi: 3.1.0
info: {title: A, version: 1.0.0}
components: {securitySchemes: {opaque: {type: http, scheme: bearer}}}
security: [{opaque: []}]
paths:
  /a: {get: {responses: {"200": {description: OK, content: {text/plain: {}}}}}}
`

// ask calls with fields as "Name: value" and returns status and the answer.
func ask(t *testing.T, url string, fields ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Add(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	return answer
}

// TestIntrospection goes through the whole program: a server that says what
// tokens are, one that fails, a reload, and tokens that are bound to a key.
func TestIntrospection(t *testing.T) {
	var says atomic.Pointer[string]
	say := func(text string) { says.Store(&text) }
	say(`{"active":true,"sub":"alice"}`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, secret, _ := r.BasicAuth(); secret != url.QueryEscape(planted) || *says.Load() == "" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, *says.Load())
	}))
	defer server.Close()
	up, _ := upstreamOf(t)
	settings := func(cache string) string {
		return one("a.yaml", up) + fmt.Sprintf(`credentials:
  - name: opaque
    introspection: {url: "%s", issuer: "https://id.example.com", client_id: gate, client_secret: "${file:planted}", cache: %s, negative: 0s, binding: {nonce: always}}
`, server.URL, cache)
	}
	h := openHouse(t, one("a.yaml", up))
	h.write("a.yaml", bearerContract)
	h.write("gatehouse.yaml", settings("1h"))
	h.reload("test", false)
	at := h.URL() + "/a"

	for _, row := range []struct {
		name, says string
		token      string
		status     int
	}{
		{"active", `{"active":true,"sub":"alice"}`, "1", 200},
		{"not-active", `{"active":false}`, "2", 401},
		{"down", "", "3", 503},
		{"down-and-known", "", "1", 200},
	} {
		say(row.says)
		answer := ask(t, at, "Authorization: Bearer "+row.token)
		if answer.StatusCode != row.status {
			t.Errorf("%s: %d", row.name, answer.StatusCode)
		}
		if row.status == 503 && answer.Header.Get("Retry-After") == "" {
			t.Error("503 without Retry-After")
		}
	}

	// A reload keeps what is known, unless it changes the credential.
	h.write("gatehouse.yaml", settings("1h")+"# more\n")
	h.reload("test", false)
	if answer := ask(t, at, "Authorization: Bearer 1"); answer.StatusCode != 200 {
		t.Errorf("after a reload: %d", answer.StatusCode)
	}
	h.write("gatehouse.yaml", settings("0s"))
	h.reload("test", false)
	if answer := ask(t, at, "Authorization: Bearer 1"); answer.StatusCode != 503 {
		t.Errorf("with other settings: %d", answer.StatusCode)
	}

	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	jwk, hash := publicJWK(t, key)
	say(`{"active":true,"sub":"alice","cnf":{"jkt":"` + hash + `"}}`)
	answer := ask(t, at, "Authorization: Bearer t")
	if answer.StatusCode != 401 || !strings.HasPrefix(answer.Header.Get("WWW-Authenticate"), "DPoP ") {
		t.Errorf("bound, as a bearer token: %d %q", answer.StatusCode, answer.Header)
	}
	answer = ask(t, at, "Authorization: DPoP t", "DPoP: "+dpop(t, key, jwk, at, "t", ""))
	nonce := answer.Header.Get("DPoP-Nonce")
	if answer.StatusCode != 401 || nonce == "" || !strings.Contains(answer.Header.Get("WWW-Authenticate"), "use_dpop_nonce") {
		t.Errorf("without nonce: %d %q", answer.StatusCode, answer.Header)
	}
	proof := dpop(t, key, jwk, at, "t", nonce)
	for i, want := range []int{200, 401} { // used twice
		if answer := ask(t, at, "Authorization: DPoP t", "DPoP: "+proof); answer.StatusCode != want {
			t.Errorf("proof %d: %d %q", i, answer.StatusCode, answer.Header)
		}
	}
}

func publicJWK(t *testing.T, key *ecdsa.PrivateKey) (jwk, thumbprint string) {
	t.Helper()
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	jwk = fmt.Sprintf(`{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}`, b64(point[1:33]), b64(point[33:]))
	sum := sha256.Sum256([]byte(jwk)) // RFC 7638: sorted, without spaces
	return jwk, b64(sum[:])
}

// dpop makes a proof for a GET.
func dpop(t *testing.T, key *ecdsa.PrivateKey, jwk, url, token, nonce string) string {
	t.Helper()
	b64 := base64.RawURLEncoding.EncodeToString
	sum := sha256.Sum256([]byte(token))
	claims, err := json.Marshal(map[string]any{"jti": rand.Text(), "htm": "GET", "htu": url, "iat": time.Now().Unix(), "ath": b64(sum[:]), "nonce": nonce})
	if err != nil {
		t.Fatal(err)
	}
	input := b64([]byte(`{"typ":"dpop+jwt","alg":"ES256","jwk":`+jwk+`}`)) + "." + b64(claims)
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// TestKeyOfAClient signs by a key that a reference names, and says what is wrong
// with one that is none, without a word of it.
func TestKeyOfAClient(t *testing.T) {
	key, err := jose.GenerateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	set, err := jose.PublicSet("", "ES256", key.Public())
	if err != nil {
		t.Fatal(err)
	}
	rules, err := jose.New(jose.Rules{Issuer: "gate", Audience: []string{"https://id.example.com"}, Types: []string{"JWT"}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, why := rules.Verify([]byte(r.FormValue("client_assertion")), set, time.Now().Unix()); why != nil {
			t.Error(why)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"active":true,"sub":"alice"}`)
	}))
	defer server.Close()
	up, _ := upstreamOf(t)
	h := openHouse(t, one("a.yaml", up))
	h.write("a.yaml", bearerContract)
	h.write("gate.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	settings := one("a.yaml", up) + fmt.Sprintf(`credentials:
  - name: opaque
    introspection: {url: "%s", issuer: "https://id.example.com", client_id: gate, client_key: "${file:gate.pem}"}
`, server.URL)
	h.write("gatehouse.yaml", settings)
	h.reload("test", false)
	if answer := ask(t, h.URL()+"/a", "Authorization: Bearer 1"); answer.StatusCode != 200 {
		t.Errorf("%d\n%s", answer.StatusCode, h.log.String())
	}
	h.write("gatehouse.yaml", strings.Replace(settings, "gate.pem", "planted", 1))
	h.reload("another", false)
	h.said("client_key: the file is neither PEM nor a JWK")
	if found := Check(filepath.Join(h.dir, "gatehouse.yaml")); found.Problems.Err() == nil {
		t.Error("checking does not say so")
	}
}
