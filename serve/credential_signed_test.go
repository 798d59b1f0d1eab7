package serve

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/guard/authn/basic"
)

const signedContract = `openapi: 3.1.0
info: {title: A, version: 1.0.0}
components:
  securitySchemes:
    hmac: {type: http, scheme: HMAC-SHA256}
    signed: {type: http, scheme: Signature}
    legacy: {type: http, scheme: basic}
paths:
  /hmac: {post: {security: [{hmac: []}], requestBody: {content: {application/json: {schema: {type: object, properties: {a: {type: integer}}}}}}, responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /signed: {post: {security: [{signed: []}], requestBody: {content: {application/json: {schema: {type: object, properties: {a: {type: integer}}}}}}, responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /legacy: {get: {operationId: legacy, security: [{legacy: []}], responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /modern: {get: {operationId: modern, security: [{legacy: []}], responses: {"200": {description: OK, content: {text/plain: {}}}}}}
`

// post sends a JSON body and returns the status.
func post(t *testing.T, url, body string, fields map[string]string) int {
	t.Helper()
	r, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range fields {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	return answer.StatusCode
}

// TestSignedRequests goes through the whole program: requests that are signed
// with a secret and with a key, their bodies, and passwords.
func TestSignedRequests(t *testing.T) {
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	secret := rand.Text() + rand.Text()
	up, _ := upstreamOf(t)
	h := openHouse(t, one("b.yaml", up))
	h.write("a.yaml", signedContract)
	h.write("secret", secret)
	h.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	hash, err := basic.NewHash([]byte(planted))
	if err != nil {
		t.Fatal(err)
	}
	h.write("users", "ann:"+hash+"\n")
	h.write("gatehouse.yaml", one("a.yaml", up)+`credentials:
  - {name: hmac, hmac: {keys: [{id: acme, secret: "${file:secret}"}], headers: [Content-Type]}}
  - {name: signed, signature: {keys: [{id: acme, file: key.pem}]}}
  - {name: legacy, basic: {users: users, operations: [legacy]}}
`)
	h.reload("test", false)
	h.said("because=test")

	b64 := base64.StdEncoding.EncodeToString
	withSecret := func(body string) map[string]string {
		digest := sha256.Sum256([]byte(body))
		now, nonce := fmt.Sprint(time.Now().Unix()), rand.Text()
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "HMAC-SHA256\n%s\n%s\nPOST\n%s/hmac\ncontent-type:application/json\n%s", now, nonce, h.URL(), digest[:])
		return map[string]string{"Authorization": fmt.Sprintf(`HMAC-SHA256 keyId="acme", timestamp=%s, nonce="%s", headers="content-type", digest="%s", signature="%s"`, now, nonce, b64(digest[:]), b64(mac.Sum(nil)))}
	}
	withKey := func(body string) map[string]string {
		digest := sha256.Sum256([]byte(body))
		content := "sha-256=:" + b64(digest[:]) + ":"
		input := fmt.Sprintf(`("@method" "@target-uri" "content-digest");created=%d;keyid="acme";nonce="%s"`, time.Now().Unix(), rand.Text())
		base := fmt.Sprintf("\"@method\": POST\n\"@target-uri\": %s/signed\n\"content-digest\": %s\n\"@signature-params\": %s", h.URL(), content, input)
		return map[string]string{"Content-Digest": content, "Signature-Input": "s=" + input, "Signature": "s=:" + b64(ed25519.Sign(private, []byte(base))) + ":"}
	}
	for path, sign := range map[string]func(string) map[string]string{"/hmac": withSecret, "/signed": withKey} {
		once := sign(`{"a":1}`)
		for _, row := range []struct {
			name, body string
			fields     map[string]string
			want       int
		}{
			{"signed", `{"a":1}`, once, 200},
			{"again", `{"a":1}`, once, 401},
			{"another-body", `{"a":2}`, sign(`{"a":1}`), 401},
			{"no-body", ``, sign(`{"a":1}`), 401},
			{"not-signed", `{"a":1}`, nil, 401},
		} {
			if got := post(t, h.URL()+path, row.body, row.fields); got != row.want {
				t.Errorf("%s %s: %d, want %d", path, row.name, got, row.want)
			}
		}
	}
	for _, row := range []struct {
		path, password string
		want           int
	}{{"/legacy", planted, 200}, {"/legacy", planted, 200}, {"/legacy", "x", 401}, {"/modern", planted, 403}} {
		if got := ask(t, h.URL()+row.path, "Authorization: Basic "+b64([]byte("ann:"+row.password))).StatusCode; got != row.want {
			t.Errorf("%s: %d, want %d", row.path, got, row.want)
		}
	}
}
