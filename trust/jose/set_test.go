package jose

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
)

// jwk writes a key with more members.
func jwk(t testing.TB, key any, members string) string {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKey{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(text), "}") + members + "}"
}

// rsaJWK writes an RSA key of numbers.
func rsaJWK(n *big.Int, e string) string {
	return fmt.Sprintf(`{"kty":"RSA","n":"%s","e":"%s"}`, base64.RawURLEncoding.EncodeToString(n.Bytes()), e)
}

// TestKeysLeftOut are keys that a set must not have; the good one stays.
func TestKeysLeftOut(t *testing.T) {
	w := keys()
	good := jwk(t, &w.ec.PublicKey, `,"kid":"good"`)
	odd := new(big.Int).SetBit(big.NewInt(1), 2047, 1)
	for name, bad := range map[string]string{
		"unknown-kty":          `{"kty":"XYZ","kid":"a"}`,
		"no-kty":               `{"kid":"a"}`,
		"kty-number":           `{"kty":1}`,
		"no-object":            `"key"`,
		"null":                 `null`,
		"secret":               `{"kty":"oct","k":"` + strings.Repeat("A", 43) + `"}`,
		"secret-beside-public": jwk(t, &w.ec.PublicKey, `,"k":"AAAA"`),
		"private-ec":           jwk(t, w.otherEC, ``),
		"private-rsa":          jwk(t, w.rsa, ``),
		"private-ed":           jwk(t, w.ed, ``),
		"for-encryption":       jwk(t, &w.rsa.PublicKey, `,"use":"enc"`),
		"use-list":             jwk(t, &w.rsa.PublicKey, `,"use":["sig"]`),
		"operations":           jwk(t, &w.rsa.PublicKey, `,"key_ops":["encrypt"]`),
		"operations-text":      jwk(t, &w.rsa.PublicKey, `,"key_ops":"verify"`),
		"algorithm-none":       jwk(t, &w.rsa.PublicKey, `,"alg":"none"`),
		"algorithm-unknown":    jwk(t, &w.rsa.PublicKey, `,"alg":"RSA-OAEP"`),
		"algorithm-of-others":  jwk(t, &w.rsa.PublicKey, `,"alg":"ES256"`),
		"algorithm-of-secrets": jwk(t, &w.rsa.PublicKey, `,"alg":"HS256"`),
		"curve-of-others":      jwk(t, &w.ec384.PublicKey, `,"alg":"ES256"`),
		"kid-long":             jwk(t, &w.rsa.PublicKey, `,"kid":"`+strings.Repeat("k", 300)+`"`),
		"kid-number":           jwk(t, &w.rsa.PublicKey, `,"kid":1`),
		"duplicate-name":       jwk(t, &w.rsa.PublicKey, `,"kid":"a","kid":"good"`),
		"rsa-short":            rsaJWK(new(big.Int).SetBit(big.NewInt(1), 1023, 1), "AQAB"),
		"rsa-long":             rsaJWK(new(big.Int).SetBit(big.NewInt(1), 16383, 1), "AQAB"),
		"rsa-even":             rsaJWK(new(big.Int).SetBit(new(big.Int), 2047, 1), "AQAB"),
		"rsa-exponent-one":     rsaJWK(odd, "AQ"),
		"rsa-exponent-three":   rsaJWK(odd, "Aw"),
		"rsa-exponent-even":    rsaJWK(odd, "AQAC"),
		"rsa-exponent-huge":    rsaJWK(odd, strings.Repeat("_", 40)),
		"rsa-exponent-missing": `{"kty":"RSA","n":"` + strings.Repeat("A", 342) + `"}`,
		"rsa-not-base64":       `{"kty":"RSA","n":"####","e":"AQAB"}`,
		"ec-off-the-curve":     `{"kty":"EC","crv":"P-256","x":"` + strings.Repeat("A", 43) + `","y":"` + strings.Repeat("A", 43) + `"}`,
		"ec-short":             `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`,
		"ec-other-curve":       `{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}`,
		"ed-short":             `{"kty":"OKP","crv":"Ed25519","x":"AA"}`,
		"ed448":                `{"kty":"OKP","crv":"Ed448","x":"` + strings.Repeat("A", 76) + `"}`,
		"ec-named-as-ed25519":  jwk(t, &w.ec.PublicKey, `,"alg":"Ed25519"`),
		"ec-named-as-in-cose":  jwk(t, &w.ec.PublicKey, `,"alg":"ESP256"`),
		"okp-of-exchange":      `{"kty":"OKP","crv":"X25519","x":"` + strings.Repeat("A", 43) + `"}`,
		"deep":                 `{"kty":"RSA","x":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "duplicate") || name == "deep" { // the set itself is not strict JSON
				if _, _, err := ReadSet([]byte(`{"keys":[` + bad + `,` + good + `]}`)); err == nil {
					t.Error("read")
				}
				return
			}
			set, notes, err := ReadSet([]byte(`{"keys":[` + bad + `,` + good + `]}`))
			if err != nil || len(set.keys) != 1 || set.keys[0].ID != "good" || len(notes) != 1 {
				t.Errorf("%v, %v, %v", set, notes, err)
			}
			if _, _, err := ReadSet([]byte(`{"keys":[` + bad + `]}`)); err == nil {
				t.Error("a set of it alone is read")
			}
		})
	}
}

func TestSetsRefused(t *testing.T) {
	w := keys()
	good := jwk(t, &w.ec.PublicKey, "")
	for name, text := range map[string]string{
		"empty":      "",
		"html":       "<html>",
		"list":       "[" + good + "]",
		"no-keys":    `{}`,
		"keys-null":  `{"keys":null}`,
		"keys-text":  `{"keys":"x"}`,
		"keys-empty": `{"keys":[]}`,
		"keys-twice": `{"keys":[],"keys":[` + good + `]}`,
		"trailing":   `{"keys":[` + good + `]} x`,
		"many":       `{"keys":[` + good + strings.Repeat(","+good, MaxKeys) + `]}`,
		"large":      `{"keys":[` + good + `],"x":"` + strings.Repeat("a", MaxSetBytes) + `"}`,
		"utf8":       "{\"keys\":[" + good + "],\"x\":\"\xff\"}",
	} {
		if _, _, err := ReadSet([]byte(text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	mixed := `{"keys":[` + good + `,{"kty":"oct","k":"` + strings.Repeat("A", 43) + `"}]}`
	if _, _, err := ReadSecretSet([]byte(mixed)); err == nil {
		t.Error("secrets are mixed with public keys")
	}
	if set, _, err := ReadSet([]byte(good)); err != nil || len(set.keys) != 1 {
		t.Errorf("one key alone: %v, %v", set, err)
	}
}

// TestAdopt keeps what was verified with a key while the key is there.
func TestAdopt(t *testing.T) {
	w := keys()
	read := func(keys ...string) *Set {
		set, _, err := ReadSet([]byte(`{"keys":[` + strings.Join(keys, ",") + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	a, b := jwk(t, &w.ec.PublicKey, `,"kid":"a"`), jwk(t, &w.otherEC.PublicKey, `,"kid":"b"`)
	old, same, fresh := read(a), read(a), read(b, a)
	if !old.Equal(same) || old.Equal(fresh) {
		t.Error("equal sets are told apart, or others are not")
	}
	if fresh = fresh.Adopt(old); !fresh.Has(old.keys[0]) {
		t.Error("a key that stays is a new one")
	}
	for name, other := range map[string]string{
		"another-key-of-the-id":    jwk(t, &w.otherEC.PublicKey, `,"kid":"a"`),
		"another-id-of-the-key":    jwk(t, &w.ec.PublicKey, `,"kid":"c"`),
		"another-use-of-algorithm": jwk(t, &w.ec.PublicKey, `,"kid":"a","alg":"ES256"`),
	} {
		if next := read(other).Adopt(old); next.Has(old.keys[0]) {
			t.Errorf("%s is taken for the old one", name)
		}
	}
}
