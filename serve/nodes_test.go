package serve

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

const nodeContract = `openapi: 3.1.0
info: {title: Nodes, version: 1.0.0}
security: [{tokens: []}, {key: []}]
paths:
  /orders: {get: {operationId: listOrders, responses: {"200": {description: OK, content: {text/plain: {}}}}}}
components:
  securitySchemes:
    tokens: {type: http, scheme: bearer}
    key: {type: apiKey, in: header, name: X-Api-Key}
`

const nodeSettings = `store: {postgres: {url: "${env:STORE_URL}"}}
locks: {disabled: true}
credentials:
  - {name: tokens, jwt: {issuer: "https://id.example", audience: [shop], jwks: {file: keys.json}, signals: {audience: [gatehouse]}}}
  - {name: key, keys: {pepper: "${file:pepper}"}}
admin: {address: "127.0.0.1:0", pepper: "${file:pepper}", first_credential: first.txt}
`

// nodes are two gates on one PostgreSQL, of which the first is told what is void.
type nodes struct {
	t           *testing.T
	told, other *office
	signer      *jose.Signer
	begun       time.Time
}

func openNodes(t *testing.T, api string) *nodes {
	t.Helper()
	t.Setenv("STORE_URL", testdata.StartPostgres(t).Database())
	key, err := jose.GenerateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	n := &nodes{t: t, begun: time.Now()}
	if n.signer, err = jose.NewSigner("k", "", key); err != nil {
		t.Fatal(err)
	}
	set, err := jose.Public(n.signer)
	if err != nil {
		t.Fatal(err)
	}
	open := func() *office {
		return &office{house: openHouse(t, one("nodes.yaml", api)+nodeSettings, func(c *Config) {
			c.recheck = time.Nanosecond
			before := &house{t: t, dir: filepath.Dir(c.File)}
			for name, text := range map[string]string{"pepper": pepperOfTests, "nodes.yaml": nodeContract, "keys.json": string(set)} {
				before.write(name, text)
			}
		})}
	}
	n.told = open()
	first, err := os.ReadFile(filepath.Join(n.told.dir, "first.txt"))
	if err != nil {
		t.Fatal(err)
	}
	n.told.first = strings.TrimSpace(string(first))
	n.other = open()
	return n
}

// sign makes a token of the issuer.
func (n *nodes) sign(typ string, claims map[string]any) string {
	n.t.Helper()
	for name, v := range map[string]any{"iss": "https://id.example", "iat": n.begun.Unix(), "exp": n.begun.Unix() + 600} {
		claims[name] = v
	}
	text, err := json.Marshal(claims)
	if err != nil {
		n.t.Fatal(err)
	}
	raw, err := n.signer.Sign(typ, text)
	if err != nil {
		n.t.Fatal(err)
	}
	return raw
}

// token makes an access token, whose subject, session, client and jti have its
// name in them.
func (n *nodes) token(name string) string {
	return n.sign(jose.AccessToken, map[string]any{"aud": "shop", "sub": "sub-" + name, "sid": "sid-" + name, "client_id": "app-" + name, "jti": "jti-" + name})
}

// begin calls a gate with a credential, a key or a token.
func (n *nodes) begin(o *office, credential string) *http.Response {
	n.t.Helper()
	r, err := http.NewRequestWithContext(n.t.Context(), http.MethodGet, o.URL()+"/orders", nil)
	if err != nil {
		n.t.Fatal(err)
	}
	if strings.HasPrefix(credential, "ghk_") {
		r.Header.Set("X-Api-Key", credential)
	} else {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	return answer
}

// ask calls a gate and returns the status.
func (n *nodes) ask(o *office, credential string) int {
	n.t.Helper()
	answer := n.begin(o, credential)
	answer.Body.Close()
	return answer.StatusCode
}

// revoke takes something back at the first gate.
func (n *nodes) revoke(kind, value string) {
	n.t.Helper()
	if status, found := n.told.call("POST", "/v1/revocations", n.told.first, `{"kind":"`+kind+`","value":"`+value+`"}`); status != 201 {
		n.t.Fatal(status, found)
	}
}

// tell has an issuer say something to the first gate.
func (n *nodes) tell(path, media, body string) {
	n.t.Helper()
	answer, err := http.Post(n.told.AdminURL()+path, media, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		n.t.Fatal(path, answer.Status)
	}
}

// TestRevocationsReachEveryNode: what is taken back at one gate is void there at
// the next request, and at another gate on the same PostgreSQL within a second.
func TestRevocationsReachEveryNode(t *testing.T) {
	api, _ := upstreamOf(t)
	n := openNodes(t, api)
	_, found := n.told.call("POST", "/v1/environments/live/keys", n.told.first, `{"name":"nightly"}`)
	key, keyID := n.told.made(found)
	bystander := n.token("bystander")
	for _, row := range []struct {
		what, credential string
		take             func()
	}{
		{"token", n.token("a"), func() { n.revoke("token", "jti-a") }},
		{"session", n.token("b"), func() { n.revoke("session", "sid-b") }},
		{"subject", n.token("c"), func() { n.revoke("subject", "sub-c") }},
		{"client", n.token("d"), func() { n.revoke("client", "app-d") }},
		{"key", key, func() {
			if status, found := n.told.call("POST", "/v1/environments/live/keys/"+keyID+"/revoke", n.told.first, ""); status != 204 {
				t.Fatal(status, found)
			}
		}},
		{"logout", n.token("e"), func() {
			n.tell("/v1/signals/tokens/logout", "application/x-www-form-urlencoded", url.Values{"logout_token": {n.sign("logout+jwt", map[string]any{
				"aud": "gatehouse", "jti": "l1", "sid": "sid-e", "events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}})}}.Encode())
		}},
		{"event", n.token("f"), func() {
			n.tell("/v1/signals/tokens/events", "application/secevent+jwt", n.sign("secevent+jwt", map[string]any{
				"aud": "gatehouse", "jti": "e1", "sub_id": map[string]any{"format": "iss_sub", "iss": "https://id.example", "sub": "sub-f"},
				"events": map[string]any{"https://schemas.openid.net/secevent/caep/event-type/session-revoked": map[string]any{}}}))
		}},
	} {
		t.Run(row.what, func(t *testing.T) {
			for _, o := range []*office{n.told, n.other} {
				eventually(t, func() bool { return n.ask(o, row.credential) == 200 })
			}
			row.take()
			begun := time.Now()
			if got := n.ask(n.told, row.credential); got != 401 {
				t.Errorf("the next request at the gate that was told: %d", got)
			}
			eventually(t, func() bool { return n.ask(n.other, row.credential) == 401 })
			if took := time.Since(begun); took > time.Second {
				t.Errorf("the other gate knows after %v", took)
			}
			for _, o := range []*office{n.told, n.other} {
				if got := n.ask(o, bystander); got != 200 {
					t.Errorf("a token that nobody took back: %d", got)
				}
			}
		})
	}
}

// TestRevocationsEndLongCalls: what is taken back at one gate ends the calls that
// it opened at both, when they are asked again.
func TestRevocationsEndLongCalls(t *testing.T) {
	n := openNodes(t, endlessAPI(t))
	var gone, stays []*http.Response
	for _, o := range []*office{n.told, n.other} {
		gone, stays = append(gone, n.begin(o, n.token("a"))), append(stays, n.begin(o, n.token("b")))
	}
	some := func(answer *http.Response, bytes int64) error {
		_, err := io.CopyN(io.Discard, answer.Body, bytes)
		return err
	}
	for _, answer := range append(gone, stays...) {
		defer answer.Body.Close()
		if err := some(answer, 3); answer.StatusCode != 200 || err != nil {
			t.Fatal(answer.Status, err)
		}
	}
	n.revoke("session", "sid-a")
	for _, answer := range gone {
		if err := some(answer, 10_000); err == nil {
			t.Error("goes on with a token that was taken back")
		}
	}
	for _, answer := range stays {
		if err := some(answer, 100); err != nil {
			t.Error("ended with a token that nobody took back: ", err)
		}
	}
}
