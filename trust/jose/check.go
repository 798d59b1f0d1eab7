package jose

// Check is one thing that is asked of a token.
type Check string

// The checks, in the order in which they are made.
const (
	CheckSize       Check = "size"
	CheckForm       Check = "form"
	CheckHeader     Check = "header"
	CheckAlgorithm  Check = "algorithm"
	CheckType       Check = "type"
	CheckExtensions Check = "extensions"
	CheckEmbedded   Check = "embedded-keys"
	CheckKey        Check = "key"
	CheckSignature  Check = "signature"
	CheckClaims     Check = "claims"
	CheckIssuer     Check = "issuer"
	CheckSubject    Check = "subject"
	CheckProfile    Check = "profile"
	CheckRequired   Check = "required"
	CheckLifetime   Check = "lifetime"
	CheckNotBefore  Check = "not-before"
	CheckExpiry     Check = "expiry"
	CheckAudience   Check = "audience"
)

// Kind is what a failure means for whoever shows the token. The zero Kind is a
// token that is not valid.
type Kind uint8

const (
	Invalid    Kind = iota
	Expired         // it was valid
	Unverified      // it may be valid: there are no keys to tell with
)

// Failure is why a token is refused. Failures are shared and immutable; a text
// holds nothing of a token.
type Failure struct {
	Check Check
	Kind  Kind
	Text  string
	// Newer says that a newer set of keys may make a difference: the key that
	// the token was signed with may not be in this one yet.
	Newer bool
}

func (f *Failure) Error() string { return string(f.Check) + ": " + f.Text }

func fail(c Check, text string) *Failure { return &Failure{Check: c, Text: text} }

var (
	tooLarge = fail(CheckSize, "the token is larger than the verifier takes")
	noToken  = fail(CheckSize, "there is no token")

	formJSON      = fail(CheckForm, "it is written as JSON, not in the compact form")
	formCharacter = fail(CheckForm, "it has a character that base64url does not have")
	formEncrypted = fail(CheckForm, "it has five parts: it is encrypted, not signed")
	formParts     = fail(CheckForm, "it has not three parts")
	formEmpty     = fail(CheckForm, "its header or its claims are empty")
	formUnsigned  = fail(CheckForm, "it has no signature")
	formCanonical = fail(CheckForm, "a part is not base64url in its one canonical form")

	headerJSON  = fail(CheckHeader, "the header is no strict JSON object: UTF-8, each name once, of bounded depth")
	headerTypes = fail(CheckHeader, "alg, typ or kid of the header is no text")
	headerKeyID = fail(CheckHeader, "the id of the key is empty or too long")

	algorithmNone    = fail(CheckAlgorithm, "it is not signed: its algorithm is none")
	algorithmRefused = fail(CheckAlgorithm, "its algorithm is not one that the verifier accepts")

	typeRefused = fail(CheckType, "its type is not one that the verifier accepts")

	extensionCritical   = fail(CheckExtensions, "it says that something must be understood (crit) and nothing is")
	extensionPayload    = fail(CheckExtensions, "it says how its payload is written (b64)")
	extensionCompressed = fail(CheckExtensions, "it is compressed (zip)")
	extensionEncrypted  = fail(CheckExtensions, "it is encrypted (enc)")
	extensionNested     = fail(CheckExtensions, "it says what its payload is (cty): tokens are not nested")

	embeddedKey = fail(CheckEmbedded, "it brings a key of its own or says where one is (jku, jwk, x5u, x5c)")

	keyNone      = &Failure{Check: CheckKey, Kind: Unverified, Text: "there are no keys to verify it with", Newer: true}
	keyUnknown   = &Failure{Check: CheckKey, Text: "no key of the set has its key id and fits its algorithm", Newer: true}
	keyUnfit     = &Failure{Check: CheckKey, Text: "the key of its id is not for its algorithm", Newer: true}
	keyAmbiguous = fail(CheckKey, "several keys of the set have its key id")
	keyMany      = fail(CheckKey, "it names no key and too many fit")

	signatureWrong      = fail(CheckSignature, "the signature is not that of the key")
	signatureWrongNewer = &Failure{Check: CheckSignature, Text: "the signature is of none of the keys", Newer: true}

	claimsJSON = fail(CheckClaims, "the claims are no strict JSON object: UTF-8, each name once, of bounded depth")
	claimsTime = fail(CheckClaims, "exp, nbf or iat is no number of seconds between the years 1970 and 9999")
	claimsExp  = fail(CheckClaims, "it has no exp: it would never expire")
	claimsIat  = fail(CheckClaims, "it has neither exp nor iat: how old it is cannot be said")
	claimsAud  = fail(CheckClaims, "aud is missing or is neither a text nor a list of texts")
	claimsText = fail(CheckClaims, "iss, sub, jti, client_id or azp is no text")

	issuerWrong = fail(CheckIssuer, "it is not of the issuer")

	subjectMissing = fail(CheckSubject, "it has no subject")
	subjectSPIFFE  = fail(CheckSubject, "its subject is no SPIFFE ID of the trust domain")

	profileMissing = fail(CheckProfile, "it is an access token without client_id, iat or jti, which RFC 9068 demands")

	requiredMissing = fail(CheckRequired, "a claim has not a value that the verifier demands")

	lifetimeLong    = fail(CheckLifetime, "it lives longer than the verifier accepts")
	lifetimeReverse = fail(CheckLifetime, "it ends before it begins")

	notYet  = fail(CheckNotBefore, "it is not valid yet, or was issued in the future")
	expired = &Failure{Check: CheckExpiry, Kind: Expired, Text: "it has expired"}

	audienceWrong   = fail(CheckAudience, "it is not for this API")
	audienceUnknown = fail(CheckAudience, "nothing says for whom it has to be")
)
