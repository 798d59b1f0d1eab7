package serve

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

const tokened = `openapi: 3.1.0
info: {title: Tokened, version: 1.0.0}
security: [{tokens: []}]
paths:
  /orders: {get: {operationId: listOrders, responses: {"200": {description: OK, content: {text/plain: {}}}}}}
components: {securitySchemes: {tokens: {type: http, scheme: bearer}}}
`

const heard = `store: {}
locks: {disabled: true}
credentials:
  - {name: tokens, jwt: {issuer: "https://id.example", audience: [shop], jwks: {file: keys.json}, signals: {audience: [gatehouse]}}}
  - {name: deaf, jwt: {issuer: "https://deaf.example", audience: [shop], jwks: {file: keys.json}}}
admin: {address: "127.0.0.1:0", pepper: "${file:pepper}", first_credential: first.txt}
`

// issuer makes the key of an issuer, and the set of keys by which it is known.
func issuer(t *testing.T) (signer *jose.Signer, set []byte) {
	t.Helper()
	key, err := jose.GenerateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	signer, err = jose.NewSigner("k", "", key)
	if err != nil {
		t.Fatal(err)
	}
	set, err = jose.Public(signer)
	if err != nil {
		t.Fatal(err)
	}
	return signer, set
}

// TestSignalsReachTheNextRequest: what an issuer says by a logout token or an
// event is void at the next request, and nothing else is.
func TestSignalsReachTheNextRequest(t *testing.T) {
	signer, set := issuer(t)
	api, _ := upstreamOf(t)
	h := openHouse(t, one("tokened.yaml", api)+heard, func(c *Config) {
		for name, text := range map[string]string{"pepper": pepperOfTests, "tokened.yaml": tokened, "keys.json": string(set)} {
			if err := os.WriteFile(filepath.Join(filepath.Dir(c.File), name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	begun := time.Now().Unix()
	sign := func(typ string, claims map[string]any) string {
		for name, v := range map[string]any{"iss": "https://id.example", "iat": begun, "exp": begun + 600} {
			if claims[name] == nil {
				claims[name] = v
			}
		}
		text, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := signer.Sign(typ, text)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	tokens := 0
	access := func(subject, session string, iat int64) string {
		tokens++
		return sign(jose.AccessToken, map[string]any{"sub": subject, "sid": session, "aud": "shop", "client_id": "app", "jti": "t" + strconv.Itoa(tokens), "iat": iat})
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	do := func(r *http.Request, err error) (int, string) {
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	get := func(token string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL()+"/orders", nil)
		if err == nil {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		return do(r, err)
	}
	say := func(path, media, body string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.AdminURL()+path, strings.NewReader(body))
		if err == nil {
			r.Header.Set("Content-Type", media)
		}
		return do(r, err)
	}
	eventually(t, func() bool { got, _ := get(access("alice", "s1", begun)); return got == 200 })
	alice, aliceElsewhere, bob := access("alice", "s1", begun), access("alice", "s2", begun), access("bob", "s3", begun)
	hold := func(token string, want int) {
		t.Helper()
		if got, text := get(token); got != want || want == 401 && !strings.Contains(text, "credential-revoked") {
			t.Errorf("%d %s, want %d", got, text, want)
		}
	}
	for _, token := range []string{alice, aliceElsewhere, bob} {
		hold(token, 200)
	}
	logout := url.Values{"logout_token": {sign("logout+jwt", map[string]any{"aud": "gatehouse", "jti": "l1", "sid": "s1", "sub": "alice",
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}})}}.Encode()
	const form = "application/x-www-form-urlencoded"
	if got, text := say("/v1/signals/deaf/logout", form, logout); got != 404 {
		t.Errorf("a credential without signals: %d %s", got, text)
	}
	if got, text := say("/v1/signals/tokens/logout", form, logout); got != 200 {
		t.Fatalf("logout: %d %s", got, text)
	}
	hold(alice, 401)
	hold(aliceElsewhere, 200)
	hold(bob, 200)
	if got, _ := say("/v1/signals/tokens/logout", form, logout); got != 400 {
		t.Errorf("the logout token again: %d", got)
	}
	event := sign("secevent+jwt", map[string]any{"aud": "gatehouse", "jti": "e1", "sub_id": map[string]any{"format": "iss_sub", "iss": "https://id.example", "sub": "bob"},
		"events": map[string]any{"https://schemas.openid.net/secevent/caep/event-type/session-revoked": map[string]any{}}})
	for range 2 {
		if got, text := say("/v1/signals/tokens/events", "application/secevent+jwt", event); got != 202 {
			t.Fatalf("event: %d %s", got, text)
		}
	}
	hold(bob, 401)
	hold(aliceElsewhere, 200)
	hold(access("bob", "s4", begun+5), 200) // who has come back
}
