package gate

// AuthScheme is a scheme of the field Authorization (RFC 9110 section 11.1).
type AuthScheme struct {
	Name string // as challenges write it: "DPoP"
	// Parameters of its challenges beside the realm, as `algs="ES256 EdDSA"`.
	Parameters string
}

// SchemeVerifier is a Verifier that takes what stands in Authorization under
// other schemes than the contract writes, such as DPoP beside or in place of
// Bearer. Under which one a credential came it reads from the field.
type SchemeVerifier interface {
	Verifier
	// AuthSchemes are all that it takes where use says InAuthorization, in the
	// order of their challenges. The engine asks once, when it compiles.
	AuthSchemes(use *Use) []AuthScheme
}

// FindingVerifier is a Verifier that finds its credential itself: a signature
// over the request, whatever the contract calls it. The engine asks it of every
// exchange, with raw nil.
type FindingVerifier interface {
	Verifier
	// Finds says where the credential stands, and, for clients, what it is, as
	// "a signature of the request".
	Finds(use *Use) (place CredentialPlace, words string)
}
