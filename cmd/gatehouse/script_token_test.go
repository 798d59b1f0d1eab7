package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// signingKey signs the tokens of scripts.
var signingKey = sync.OnceValues(func() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
})

// makeToken signs an access token (RFC 9068) of https://id.example for shop.
func makeToken(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 1)
	key, err := signingKey()
	ts.Check(err)
	now := time.Now()
	claims := map[string]any{"iss": "https://id.example", "aud": "shop", "sub": "alice", "client_id": "app", "jti": "t1", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	for _, arg := range args[1:] {
		name, text, _ := strings.Cut(arg, "=")
		var value any = text
		if d, err := time.ParseDuration(text); err == nil && strings.ContainsAny(text[:1], "+-") {
			value = now.Add(d).Unix()
		} else if json.Unmarshal([]byte(text), &value) != nil {
			value = text
		}
		claims[name] = value
	}
	encode := base64.RawURLEncoding.EncodeToString
	body, err := json.Marshal(claims)
	ts.Check(err)
	text := encode([]byte(`{"alg":"ES256","kid":"k","typ":"at+jwt"}`)) + "." + encode(body)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	ts.Check(err)
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	ts.Setenv(args[0], text+"."+encode(signature))
	on(ts).planted.add("", encode(signature))
	point, err := key.PublicKey.Bytes()
	ts.Check(err)
	set := `{"keys":[{"kty":"EC","crv":"P-256","kid":"k","alg":"ES256","use":"sig","x":"` + encode(point[1:33]) + `","y":"` + encode(point[33:]) + `"}]}`
	ts.Check(os.WriteFile(ts.MkAbs("keys.json"), []byte(set), 0o600))
}
