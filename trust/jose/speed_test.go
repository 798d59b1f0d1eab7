package jose

import (
	"encoding/json"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
)

// BenchmarkVerify is the first sight of an ES256 token, beside what the library
// needs that verifies its signature: it is to be within a tenth of it.
func BenchmarkVerify(b *testing.B) {
	token, set, v := []byte(sign(goodHeader, goodClaims)), publicSet(b), verifier(b, nil)
	b.Run("gatehouse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, why := v.Verify(token, set, now); why != nil {
				b.Fatal(why)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			jws, err := jose.ParseSignedCompact(string(token), []jose.SignatureAlgorithm{jose.ES256})
			if err != nil {
				b.Fatal(err)
			}
			payload, err := jws.Verify(&keys().ec.PublicKey)
			if err != nil {
				b.Fatal(err)
			}
			var claims map[string]any
			if err := json.Unmarshal(payload, &claims); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestHoldsCosts counts what each request makes.
func TestHoldsCosts(t *testing.T) {
	v := verifier(t, nil)
	token, why := v.Verify([]byte(sign(goodHeader, goodClaims)), publicSet(t), now)
	if why != nil {
		t.Fatal(why)
	}
	audience := []string{"shop"}
	if n := testing.AllocsPerRun(100, func() {
		if v.Holds(token, now, audience) != nil {
			t.Error("refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
