package jose

import (
	"slices"

	jose "github.com/go-jose/go-jose/v4"
)

// Header is what a token says of its signature.
type Header struct {
	Algorithm Algorithm
	Type      string // typ as it is compared; Absent when it does not say
	KeyID     string // kid; "" for none
}

// state is one token while it is judged. What a step has not found out is zero.
type state struct {
	v    *Verifier
	raw  []byte
	keys *Set
	now  int64

	has    have
	parts  compact
	text   [2][]byte      // header and claims, decoded
	object map[string]any // the header
	head   Header
	found  []*Key // that may have signed it
	token  *Token
}

// have says what has been found out of a token, so that a check that needs more
// is not made.
type have uint8

const (
	hasParts     have = 1 << iota // header and claims, decoded
	hasSignature                  // in its form
	hasHeader
	hasKey
	hasClaims
)

// step is one check of a token itself.
type step struct {
	check Check
	needs have
	gives have
	run   func(*state) *Failure
}

// steps are the checks whose outcome does not change while the key is trusted
// and the token has not expired: what they say of a token may be remembered.
// The signature is checked before any claim is read.
var steps = [...]step{
	{CheckSize, 0, 0, (*state).size},
	{CheckForm, 0, hasSignature, (*state).form},
	{CheckHeader, hasParts, hasHeader, (*state).header},
	{CheckAlgorithm, hasHeader, 0, (*state).algorithm},
	{CheckType, hasHeader, 0, (*state).typ},
	{CheckExtensions, hasHeader, 0, (*state).extensions},
	{CheckEmbedded, hasHeader, 0, (*state).embedded},
	{CheckKey, hasHeader, hasKey, (*state).key},
	{CheckSignature, hasKey | hasSignature, 0, (*state).signature},
	{CheckClaims, hasParts, hasClaims, (*state).claims},
	{CheckIssuer, hasClaims, 0, (*state).issuer},
	{CheckSubject, hasClaims, 0, (*state).subject},
	{CheckProfile, hasHeader | hasClaims, 0, (*state).profile},
	{CheckRequired, hasClaims, 0, (*state).required},
	{CheckLifetime, hasClaims, 0, (*state).lifetime},
}

// Verify judges all of a token but what Holds judges: its outcome may be
// remembered as long as the key of the token is in the set. keys may be nil
// when there are none yet. now is in seconds since 1970. raw is not kept.
func (v *Verifier) Verify(raw []byte, keys *Set, now int64) (*Token, *Failure) {
	s := state{v: v, raw: raw, keys: keys, now: now, token: new(Token)}
	for i := range steps {
		if why := steps[i].run(&s); why != nil {
			return nil, why
		}
	}
	return s.token, nil
}

func (s *state) size() *Failure {
	switch {
	case len(s.raw) == 0:
		return noToken
	case len(s.raw) > s.v.rules.MaxBytes:
		return tooLarge
	}
	return nil
}

func (s *state) form() (why *Failure) {
	if len(s.raw) > MaxBytes { // while explaining, where the size has not ended it
		return tooLarge
	}
	if s.parts, why = split(s.raw); why != nil && why != formUnsigned {
		return why
	}
	buffer := make([]byte, 0, len(s.raw))
	for i, part := range [...][]byte{s.parts.header, s.parts.payload, s.parts.signature} {
		begin, ok := len(buffer), false
		if buffer, ok = decode(buffer, part); !ok {
			return formCanonical
		}
		if i < len(s.text) {
			s.text[i] = buffer[begin:]
		}
		if i == 1 { // they can be explained, whatever stands behind them
			s.has |= hasParts
		}
	}
	return why
}

func (s *state) header() *Failure {
	object, err := ReadObject(s.text[0])
	if err != nil {
		return headerJSON
	}
	for _, name := range [...]string{"alg", "typ", "kid"} {
		if v, ok := object[name]; ok {
			if _, isText := v.(string); !isText {
				return headerTypes
			}
		}
	}
	id, named := object["kid"].(string)
	if named && (id == "" || len(id) > maxKeyID) {
		return headerKeyID
	}
	alg, _ := object["alg"].(string)
	s.object, s.head = object, Header{Algorithm: Algorithm(alg), Type: Absent, KeyID: id}
	if typ, ok := object["typ"].(string); ok {
		s.head.Type = mediaType(typ)
		if s.head.Type == Absent { // the word stands for no type and is none itself
			s.head.Type = ""
		}
	}
	s.token.Header = s.head
	return nil
}

// algorithm holds the token's algorithm against the configured ones (RFC 8725
// section 3.1): exactly, since names of algorithms have case.
func (s *state) algorithm() *Failure {
	if s.head.Algorithm == "none" || s.head.Algorithm == "" {
		return algorithmNone
	}
	if !slices.Contains(s.v.rules.Algorithms, s.head.Algorithm) {
		return algorithmRefused
	}
	return nil
}

// typ keeps tokens of one purpose from being taken for another (RFC 8725
// section 3.11, RFC 9068 section 4).
func (s *state) typ() *Failure {
	if !slices.Contains(s.v.rules.Types, s.head.Type) {
		return typeRefused
	}
	return nil
}

func (s *state) extensions() *Failure {
	for _, e := range [...]struct {
		name string
		why  *Failure
	}{
		{"crit", extensionCritical}, // RFC 7515 section 4.1.11
		{"b64", extensionPayload},   // RFC 7797 section 7: not for JWTs
		{"zip", extensionCompressed},
		{"enc", extensionEncrypted},
		{"cty", extensionNested}, // RFC 7519 section 5.2
	} {
		if _, ok := s.object[e.name]; ok {
			return e.why
		}
	}
	return nil
}

// embedded refuses keys that the token brings (RFC 8725 sections 3.9 and 3.10).
func (s *state) embedded() *Failure {
	for _, name := range [...]string{"jku", "jwk", "x5u", "x5c"} {
		if _, ok := s.object[name]; ok {
			return embeddedKey
		}
	}
	return nil
}

// key looks for the key; signature makes the choice when the token leaves one.
func (s *state) key() (why *Failure) {
	s.found, why = s.v.candidates(s.head, s.keys)
	return why
}

func (s *state) signature() *Failure {
	found := s.found
	jws, err := jose.ParseSignedCompact(string(s.raw), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(s.head.Algorithm)})
	if err != nil {
		return signatureWrong
	}
	for _, k := range found {
		if _, err := jws.Verify(k.verifier(s.head.Algorithm)); err == nil {
			s.token.Key = k
			return nil
		}
	}
	if found[0].ID == "" || s.head.KeyID == "" {
		return signatureWrongNewer
	}
	return signatureWrong
}
