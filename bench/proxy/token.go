//go:build linux

package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// The tokens of callers: how many there are, who issues them and what for.
const (
	tokens   = 1000
	issuer   = "https://id.bench.example"
	audience = "https://api.bench.example"
	rule     = `permit(principal, action, resource) when { principal.subject like "caller-*" };`
)

// mint makes the tokens of callers, and the keys that vouch for them in both
// forms that are read: as JWKS (RFC 7517) and as PEM.
func (at *stage) mint(now time.Time) (jwks, public []byte, err error) {
	key, err := jose.GenerateKey("ES256")
	if err != nil {
		return nil, nil, err
	}
	signer, err := jose.NewSigner("bench", "", key)
	if err != nil {
		return nil, nil, err
	}
	at.tokens = make([]string, tokens)
	for i := range at.tokens {
		claims := fmt.Appendf(nil, `{"iss":%q,"aud":%q,"sub":"caller-%d","client_id":"web","jti":"%d","iat":%d,"exp":%d,"scope":"orders:read orders:write","tenant":"t-17","roles":["customer"]}`,
			issuer, audience, i, i, now.Unix(), now.Add(time.Hour).Unix())
		if at.tokens[i], err = signer.Sign(jose.AccessToken, claims); err != nil {
			return nil, nil, err
		}
	}
	if jwks, err = jose.Public(signer); err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	return jwks, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), err
}

// tokensLua has wrk send each request r with the next token.
func (at *stage) tokensLua(r *request, body []byte) []byte {
	headers, content := "", "nil"
	if body != nil {
		headers, content = `, ["Content-Type"] = "application/json"`, quoteLua(body)
	}
	return fmt.Appendf(nil, `local tokens = {"%s"}
local n, requests, body = 0, {}, %s
init = function()
	for i, token in ipairs(tokens) do
		requests[i] = wrk.format("%s", "%s", {["Authorization"] = "Bearer " .. token%s}, body)
	end
end
request = function()
	n = n %% #requests + 1
	return requests[n]
end
`, strings.Join(at.tokens, `", "`), content, r.method, r.path, headers)
}

// spoil changes the signature of a token.
func spoil(token string) string {
	end := byte('A')
	if i := len(token) - 10; token[i] == end {
		end = 'B'
	}
	return token[:len(token)-10] + string(end) + token[len(token)-9:]
}
