package jose

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
	"testing"
)

// now is the time of the tests, in seconds since 1970.
const now = 1_800_000_000

// wallet holds the private keys of the tests.
type wallet struct {
	ec, otherEC *ecdsa.PrivateKey
	ec384       *ecdsa.PrivateKey
	ed          ed25519.PrivateKey
	rsa         *rsa.PrivateKey
}

var keys = sync.OnceValue(func() *wallet {
	// The same in each process, so that what a fuzzer hands on stays signed.
	w, fixed := new(wallet), bytes.Repeat([]byte{7}, 48)
	w.ec, _ = ecdsa.ParseRawPrivateKey(elliptic.P256(), fixed[:32])
	w.otherEC, _ = ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{8}, 32))
	w.ec384, _ = ecdsa.ParseRawPrivateKey(elliptic.P384(), fixed)
	w.ed = ed25519.NewKeyFromSeed(fixed[:32])
	w.rsa, _ = rsa.GenerateKey(rand.Reader, 2048)
	return w
})

// publicSet is the key set of the tests: one key of each kind.
func publicSet(t testing.TB) *Set {
	t.Helper()
	w, s := keys(), new(Set)
	for _, k := range []struct {
		id  string
		alg Algorithm
		key any
	}{{"ec", "ES256", &w.ec.PublicKey}, {"ec384", "", &w.ec384.PublicKey}, {"ed", "", w.ed.Public()}, {"rsa", "", &w.rsa.PublicKey}, {"rs", "RS256", &w.rsa.PublicKey}} {
		one, err := newKey(k.id, k.alg, k.key)
		if err != nil {
			t.Fatal(err)
		}
		s.keys = append(s.keys, one)
	}
	return s
}

// b64 is base64url of text.
func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

const (
	goodHeader = `{"alg":"ES256","typ":"at+jwt","kid":"ec"}`
	goodClaims = `{"iss":"https://id.example.com","sub":"alice","aud":"shop","exp":1800000600,"iat":1799999990,"jti":"1","client_id":"web"}`
)

// sign makes a token of parts that are not base64url yet.
func sign(header, claims string) string { return signRaw(b64(header), b64(claims), signES) }

func signRaw(header, claims string, how func(string) []byte) string {
	input := header + "." + claims
	return input + "." + base64.RawURLEncoding.EncodeToString(how(input))
}

func signES(input string) []byte { return signWith(keys().ec, input) }

func signWith(key *ecdsa.PrivateKey, input string) []byte {
	hash := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, hash[:])
	if err != nil {
		panic(err)
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out
}

func signDER(input string) []byte {
	sig := signES(input)
	der, _ := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])})
	return der
}

func signRS(input string) []byte {
	hash := sha256.Sum256([]byte(input))
	sig, _ := rsa.SignPKCS1v15(nil, keys().rsa, crypto.SHA256, hash[:])
	return sig
}

// signPS makes a PS256 signature with a salt of n bytes.
func signPS(n int) func(string) []byte {
	return func(input string) []byte {
		hash := sha256.Sum256([]byte(input))
		sig, _ := rsa.SignPSS(rand.Reader, keys().rsa, crypto.SHA256, hash[:], &rsa.PSSOptions{SaltLength: n})
		return sig
	}
}

func signEd(input string) []byte { return ed25519.Sign(keys().ed, []byte(input)) }

// mac is HS256 with a secret.
func mac(secret []byte) func(string) []byte {
	return func(input string) []byte {
		h := hmac.New(sha256.New, secret)
		h.Write([]byte(input))
		return h.Sum(nil)
	}
}

func constant(sig []byte) func(string) []byte { return func(string) []byte { return sig } }

// publicPEM and publicDER are what an attacker takes for a secret.
func publicDER() []byte {
	der, _ := x509.MarshalPKIXPublicKey(&keys().rsa.PublicKey)
	return der
}

func publicPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER()})
}

// with returns goodClaims with a member in the place of the one of its name, or
// behind the others.
func with(name, value string) string {
	before, rest, ok := strings.Cut(goodClaims, `"`+name+`":`)
	if !ok {
		return strings.TrimSuffix(goodClaims, "}") + `,"` + name + `":` + value + "}"
	}
	_, after, _ := strings.Cut(rest, ",")
	if strings.HasPrefix(rest, `"web"`) {
		return before + `"` + name + `":` + value + "}"
	}
	return before + `"` + name + `":` + value + "," + after
}

// without returns goodClaims less one member.
func without(name string) string {
	return strings.Replace(with(name, "0"), `"`+name+`":0`, `"x":0`, 1)
}

// head returns goodHeader with one more member.
func head(member string) string { return strings.TrimSuffix(goodHeader, "}") + "," + member + "}" }
