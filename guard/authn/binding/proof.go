package binding

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/replay"
)

// Bounds of a proof.
const (
	maxProof = 8 << 10 // bytes
	maxModul = 4096    // bits of an RSA key: larger ones cost too much to verify
	minModul = 2048    // RFC 7518 section 3.3
)

// ed25519Name is a name that the library does not know (RFC 9864 section 2.2).
const ed25519Name jose.SignatureAlgorithm = "Ed25519"

// algorithm is one that may sign proofs. All of them are asymmetric (RFC 9449
// section 4.3 point 5).
type algorithm struct {
	name jose.SignatureAlgorithm
	fits func(key any) bool
}

var algorithms = map[string]algorithm{
	"ES256": {jose.ES256, onCurve(256)}, "ES384": {jose.ES384, onCurve(384)}, "ES512": {jose.ES512, onCurve(521)},
	"EdDSA":   {jose.EdDSA, isEd25519},  // RFC 8037 section 3.1, of Ed25519 alone
	"Ed25519": {ed25519Name, isEd25519}, // RFC 9864 section 2.2
	"PS256":   {jose.PS256, isRSA}, "PS384": {jose.PS384, isRSA}, "PS512": {jose.PS512, isRSA},
	"RS256": {jose.RS256, isRSA}, "RS384": {jose.RS384, isRSA}, "RS512": {jose.RS512, isRSA},
}

func onCurve(bits int) func(any) bool {
	return func(key any) bool {
		k, ok := key.(*ecdsa.PublicKey)
		return ok && k.Curve.Params().BitSize == bits
	}
}

func isEd25519(key any) bool { _, ok := key.(ed25519.PublicKey); return ok }

func isRSA(key any) bool {
	k, ok := key.(*rsa.PublicKey)
	return ok && k.N.BitLen() >= minModul && k.N.BitLen() <= maxModul
}

// The refusals of bound tokens and their proofs; all are shared.
var (
	unbound          = refuse("the token came under the scheme DPoP and is bound to no key")
	asBearer         = refuse("the token is bound to a key and came as a bearer token")
	demanded         = refuse("the token is bound to nothing")
	noCertificate    = invalid("the token is bound to a client certificate and the connection shows none of the client's own")
	otherCertificate = invalid("the token is bound to another client certificate than the connection's")
	otherKey         = refuse("the token is bound to another key than the proof's")
	twoProofs        = refuse("the request has not exactly one field DPoP")
	badForm          = refuse("the proof is no compact JWS of strict JSON")
	badType          = refuse("the proof has not the typ dpop+jwt")
	badAlgorithm     = refuse("the proof is signed by an algorithm that is not allowed")
	badKey           = refuse("the proof holds no public key that fits its algorithm")
	badSignature     = refuse("the signature of the proof is not its key's")
	badClaims        = refuse("the proof lacks a claim")
	badMethod        = refuse("the proof is for another method")
	badTarget        = refuse("the proof is for another target")
	badTime          = refuse("the proof is too old or not of now")
	badToken         = refuse("the proof is for another token")
	usedBefore       = refuse("the proof was used before")
	needsNonce       = &gate.Refusal{Code: gate.ProofNonce, In: "header", Name: scheme}
	isFull           = &gate.Refusal{Code: gate.CredentialUnverified, Retry: 5, Cause: errors.New("as many proofs are remembered as there is room for")}
)

// header is the JOSE header of a proof (RFC 9449 section 4.2). Those that send
// their keys or conditions from elsewhere are refused.
type header struct {
	Typ  string         `json:"typ"`
	Alg  string         `json:"alg"`
	JWK  jsontext.Value `json:"jwk"`
	Crit jsontext.Value `json:"crit"`
	B64  jsontext.Value `json:"b64"`
	JKU  jsontext.Value `json:"jku"`
	X5U  jsontext.Value `json:"x5u"`
	X5C  jsontext.Value `json:"x5c"`
}

// secrets are the members of private and symmetric keys (RFC 7518 section 6).
type secrets struct {
	D  jsontext.Value `json:"d"`
	P  jsontext.Value `json:"p"`
	Q  jsontext.Value `json:"q"`
	DP jsontext.Value `json:"dp"`
	DQ jsontext.Value `json:"dq"`
	QI jsontext.Value `json:"qi"`
	O  jsontext.Value `json:"oth"`
	K  jsontext.Value `json:"k"`
}

// claims are those of a proof (RFC 9449 section 4.2).
type claims struct {
	JTI   string   `json:"jti"`
	HTM   string   `json:"htm"`
	HTU   string   `json:"htu"`
	IAT   *float64 `json:"iat"`
	ATH   string   `json:"ath"`
	Nonce string   `json:"nonce"`
}

// proof is one that was read; its signature holds.
type proof struct {
	claims
	key string // RFC 7638 thumbprint
}

// prove is RFC 9449 section 4.3, in an order that spends nothing on what
// cannot be accepted: what is cheap first, the signature behind it, and only
// then what the gate remembers.
func (b *Binder) prove(x *gate.Exchange, token []byte, hash string) *gate.Refusal {
	value, n := x.Field(scheme)
	if n != 1 { // point 1
		if n == 0 && b.nonces != nil {
			b.nonces.give(x, b.nonces.at(x.Received).now)
		}
		return twoProofs
	}
	p, r := b.read(string(value))
	if r != nil {
		return r
	}
	if r := b.judge(x, token, p); r != nil {
		return r
	}
	if p.key != hash { // point 12
		return otherKey
	}
	switch b.used.Use(p.key, p.JTI, x.Received) { // RFC 9449 section 11.1
	case replay.Fresh:
		return nil
	case replay.Seen:
		return usedBefore
	}
	return isFull
}

// judge holds what a proof says against the exchange.
func (b *Binder) judge(x *gate.Exchange, token []byte, p *proof) *gate.Refusal {
	if p.JTI == "" || p.HTM == "" || p.HTU == "" || p.IAT == nil { // point 3
		return badClaims
	}
	if p.HTM != string(x.Method) { // point 8
		return badMethod
	}
	if !sameTarget(x, p.HTU) { // point 9
		return badTarget
	}
	sum := sha256.Sum256(token) // point 12
	if p.ATH != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return badToken
	}
	if !b.timely(*p.IAT, x.Received) { // point 11
		return badTime
	}
	if b.nonces != nil && !b.nonces.accept(x, p.Nonce) { // point 10
		return needsNonce
	}
	return nil
}

func (b *Binder) timely(iat float64, now time.Time) bool {
	if math.IsNaN(iat) || iat < 0 || iat > 1<<40 {
		return false
	}
	whole, part := math.Modf(iat)
	at := time.Unix(int64(whole), int64(part*1e9))
	return !at.Before(now.Add(-b.maxAge)) && !at.After(now.Add(b.skew))
}

// read takes a proof apart and verifies its signature by the key in it.
func (b *Binder) read(text string) (*proof, *gate.Refusal) {
	if len(text) > maxProof {
		return nil, badForm
	}
	first, rest, _ := strings.Cut(text, ".")
	second, third, ok := strings.Cut(rest, ".")
	if !ok || strings.Contains(third, ".") || third == "" {
		return nil, badForm
	}
	var h header
	if !decode(first, &h) {
		return nil, badForm
	}
	if !gate.EqualFold([]byte(h.Typ), "dpop+jwt") && !gate.EqualFold([]byte(h.Typ), "application/dpop+jwt") { // point 4; RFC 7515 section 4.1.9
		return nil, badType
	}
	if h.Crit != nil || h.B64 != nil || h.JKU != nil || h.X5U != nil || h.X5C != nil {
		return nil, badForm
	}
	algorithm := b.algorithm(h.Alg)
	if algorithm == nil { // point 5
		return nil, badAlgorithm
	}
	key, thumbprint, ok := public(h.JWK, algorithm)
	if !ok { // point 7
		return nil, badKey
	}
	p := &proof{key: thumbprint}
	if !decode(second, &p.claims) {
		return nil, badForm
	}
	signed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{algorithm.name})
	if err != nil {
		return nil, badForm
	}
	if _, err := signed.Verify(algorithm.verifier(key)); err != nil { // point 6
		return nil, badSignature
	}
	return p, nil
}

// pssHashes are those of PS256, PS384 and PS512.
var pssHashes = map[jose.SignatureAlgorithm]crypto.Hash{jose.PS256: crypto.SHA256, jose.PS384: crypto.SHA384, jose.PS512: crypto.SHA512}

// verifier returns what the library verifies with: the key, or our own code
// where the library takes too much or too little.
func (a *algorithm) verifier(key any) any {
	switch key := key.(type) {
	case ed25519.PublicKey:
		if a.name == ed25519Name { // what EdDSA verifies, under another name
			return opaque(func(payload, signature []byte) bool { return ed25519.Verify(key, payload, signature) })
		}
	case *rsa.PublicKey:
		if hash, ok := pssHashes[a.name]; ok {
			return opaque(func(payload, signature []byte) bool {
				h := hash.New()
				h.Write(payload)
				// RFC 7518 section 3.5: the salt is as long as the hash. The
				// library takes any length.
				return rsa.VerifyPSS(key, hash, h.Sum(nil), signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
			})
		}
	}
	return key
}

// opaque is a verifier of ours inside the library's.
type opaque func(payload, signature []byte) bool

// VerifyPayload implements jose.OpaqueVerifier.
func (verify opaque) VerifyPayload(payload, signature []byte, _ jose.SignatureAlgorithm) error {
	if !verify(payload, signature) {
		return jose.ErrCryptoFailure
	}
	return nil
}

func (b *Binder) algorithm(name string) *algorithm {
	for i := range b.allowed {
		if string(b.allowed[i].name) == name {
			return &b.allowed[i]
		}
	}
	return nil
}

// public reads a public key that fits an algorithm, and its thumbprint.
func public(raw jsontext.Value, a *algorithm) (key any, thumbprint string, ok bool) {
	var private secrets
	if raw.Kind() != '{' || json.Unmarshal(raw, &private) != nil || private.any() {
		return nil, "", false
	}
	var k jose.JSONWebKey
	if k.UnmarshalJSON(raw) != nil || !k.IsPublic() || !k.Valid() || !a.fits(k.Key) {
		return nil, "", false
	}
	sum, err := k.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, "", false
	}
	return k.Key, base64.RawURLEncoding.EncodeToString(sum), true
}

func (s *secrets) any() bool {
	return s.D != nil || s.P != nil || s.Q != nil || s.DP != nil || s.DQ != nil || s.QI != nil || s.O != nil || s.K != nil
}

// decode reads one part of a compact JWS: base64url without padding, written
// in the one way there is, and strict JSON: UTF-8, each name once, one object.
func decode(part string, to any) bool {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil || strings.ContainsAny(part, "\r\n") || jsontext.Value(text).Kind() != '{' {
		return false
	}
	return json.Unmarshal(text, to) == nil
}
