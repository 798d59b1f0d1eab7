package bench

import (
	"encoding/json"
	"testing"
	"time"

	library "github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// tokenRatios hold the first sight of a token against what the library needs
// that verifies its signature.
func tokenRatios(t *testing.T) []ratio {
	key, err := jose.GenerateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner("k", "", key)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signer.Sign(jose.AccessToken, []byte(`{"iss":"https://id.example.com","sub":"alice","aud":"shop","exp":1800000600,"iat":1800000000,"jti":"1","client_id":"web","scope":"read write"}`))
	if err != nil {
		t.Fatal(err)
	}
	set, err := jose.PublicSet("k", "", key.Public())
	if err != nil {
		t.Fatal(err)
	}
	v, err := jose.New(jose.Rules{Issuer: "https://id.example.com", Audience: []string{"shop"}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1800000000, 0).Unix()
	ours := func() {
		for range 20 {
			got, why := v.Verify([]byte(token), set, now)
			if why == nil {
				why = v.Holds(got, now, nil)
			}
			if why != nil {
				t.Fatal(why)
			}
		}
	}
	them := func() {
		for range 20 {
			signed, err := library.ParseSignedCompact(token, []library.SignatureAlgorithm{library.ES256})
			if err != nil {
				t.Fatal(err)
			}
			payload, err := signed.Verify(key.Public())
			if err != nil {
				t.Fatal(err)
			}
			var claims map[string]any
			if err := json.Unmarshal(payload, &claims); err != nil {
				t.Fatal(err)
			}
		}
	}
	return []ratio{{name: "first-es256-token-against-go-jose", ours: ours, them: them, rounds: 21, most: 1.1}}
}
