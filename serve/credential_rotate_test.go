package serve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// TestNonceKeyIsRotated rotates the key of nonces while the gate serves: the next
// request sees it, nonces that were given out live on, and nothing that the
// credential knows is lost.
func TestNonceKeyIsRotated(t *testing.T) {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	jwk, hash := publicJWK(t, key)
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"active":true,"sub":"alice","cnf":{"jkt":"%s"}}`, hash)
	}))
	defer server.Close()
	up, _ := upstreamOf(t)
	text := one("a.yaml", up) + fmt.Sprintf(`credentials:
  - name: opaque
    introspection: {url: "%s", issuer: "https://id.example.com", client_id: gate, client_secret: "${file:planted}", cache: 1h, binding: {nonce: always}}
trust:
  keys_file: gate.keys
  key: {passphrase: "${file:planted}"}
`, server.URL)
	h := openHouse(t, text, func(c *Config) {
		(&house{t: t, dir: filepath.Dir(c.File)}).write("a.yaml", bearerContract)
	})
	defer h.Stop()
	at := h.URL() + "/a"
	call := func(nonce string) (int, string) {
		answer := ask(t, at, "Authorization: DPoP t", "DPoP: "+dpop(t, key, jwk, at, "t", nonce))
		return answer.StatusCode, answer.Header.Get("DPoP-Nonce")
	}
	_, first := call("")
	if code, _ := call(first); code != 200 {
		t.Fatal(code, h.log.String())
	}
	if _, problems := RotateKeys(t.Context(), filepath.Join(h.dir, "gatehouse.yaml"), []string{"nonces"}); problems.Err() != nil {
		t.Fatal(problems)
	}
	h.reload("test", false)
	code, second := call(first)
	if code != 200 || second == "" || second == first {
		t.Errorf("a nonce of before: %d, given %q", code, second)
	}
	if code, _ := call(second); code != 200 || asked.Load() != 1 {
		t.Errorf("the new one: %d; the server was asked %d times", code, asked.Load())
	}
}
