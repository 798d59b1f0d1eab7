package gate

import "strconv"

// Code is why an exchange was refused: stable, documented in docs/refusals.md,
// safe to show to anyone. The zero Code is a guard that denied without saying
// why.
type Code uint8

const (
	Undecided Code = iota
	Internal
	NotReady
	Overloaded
	Malformed
	LengthConflict
	FieldsTooLarge
	HeadTimeout
	TargetTooLong
	TransferCoding
	HostInvalid
	Misdirected
	CertificateInvalid
	CertificateUnchecked
	PathForm
	PathUnknown
	MethodUnknown
	AddressRefused
	CountryRefused
	FeedUnavailable
	CredentialMissing
	CredentialInvalid
	CredentialExpired
	CredentialRevoked
	CredentialMisplaced
	CredentialLocked
	CredentialUnverified
	CredentialRestricted
	ProofInvalid
	ProofNonce
	StepUp
	ScopeMissing
	RoleMissing
	PolicyDenied
	PolicyUnavailable
	OwnerDenied
	OwnerUnknown
	OwnerUnavailable
	FieldDenied
	LimitExceeded
	LimitUnavailable
	LoginLocked
	LoginFailed
	LoginUnavailable
	PasswordBreached
	ChallengeRequired
	BotSuspected
	OriginRefused
	CrossSite
	SensitiveMisplaced
	URLForm
	URLTarget
	URLUnresolved
	QueryForm
	ParameterUnknown
	ParameterMissing
	ParameterRepeated
	ParameterForm
	ParameterSchema
	BodyUnexpected
	BodyMissing
	BodyTooLarge
	BodyIncomplete
	BodyTimeout
	BodyMedia
	BodyCharset
	BodyCoding
	BodySyntax
	BodySchema
	BodyPart
	Injection
	GraphQLForm
	GraphQLLimit
	GraphQLDenied
	AuditUnavailable
	UpstreamUnreachable
	UpstreamTimeout
	UpstreamBroken
	UpstreamUnavailable
	AnswerStatus
	AnswerMedia
	AnswerHeader
	AnswerCoding
	AnswerTooLarge
	AnswerSyntax
	AnswerSchema
	AnswerError
	AnswerInternals
	AuditIncomplete
	Loop
	ClientGone
	codes // how many there are
)

// row is what is said of one code.
type row struct {
	name   string
	status int
	title  string // one short sentence for the client
	source string // where the standard says so
}

// table describes every code. docs/refusals.md lists the same rows; a test
// keeps them together.
var table = [codes]row{
	Undecided:            {"undecided", 500, "A check could not decide, so the request was refused.", "RFC 9110 section 15.6.1"},
	Internal:             {"internal", 500, "The gate failed while it handled this request.", "RFC 9110 section 15.6.1"},
	NotReady:             {"not-ready", 503, "The gate is starting or stopping.", "RFC 9110 section 15.6.4"},
	Overloaded:           {"overloaded", 503, "The gate has too much to do.", "RFC 9110 section 15.6.4"},
	Malformed:            {"malformed", 400, "The request is not well-formed HTTP.", "RFC 9112 section 2.2"},
	LengthConflict:       {"length-conflict", 400, "The request states the length of its body in more than one way.", "RFC 9112 section 6.3"},
	FieldsTooLarge:       {"fields-too-large", 431, "The header fields are too large or too many.", "RFC 6585 section 5"},
	HeadTimeout:          {"head-timeout", 408, "The head of the request did not arrive in time.", "RFC 9110 section 15.5.9"},
	TargetTooLong:        {"target-too-long", 414, "The request target is too long.", "RFC 9110 section 15.5.15"},
	TransferCoding:       {"transfer-coding", 501, "The transfer coding is not supported.", "RFC 9112 section 6.1"},
	HostInvalid:          {"host-invalid", 400, "The Host field is missing, repeated or not a host.", "RFC 9112 section 3.2"},
	Misdirected:          {"misdirected", 421, "This connection is not for this host.", "RFC 9110 section 15.5.20"},
	CertificateInvalid:   {"certificate-invalid", 403, "The client certificate of the connection is not valid any more.", "RFC 9110 section 15.5.4"},
	CertificateUnchecked: {"certificate-unchecked", 503, "Whether the client certificate was revoked cannot be found out.", "RFC 9110 section 15.6.4"},
	PathForm:             {"path-form", 400, "The path is written in a form that others could read differently.", "RFC 3986 section 3.3"},
	PathUnknown:          {"path-unknown", 404, "The contract does not describe this path.", "RFC 9110 section 15.5.5"},
	MethodUnknown:        {"method-unknown", 405, "The contract does not describe this method on this path.", "RFC 9110 section 15.5.6"},
	AddressRefused:       {"address-refused", 403, "Calls from this address are not taken.", "RFC 9110 section 15.5.4"},
	CountryRefused:       {"country-refused", 403, "Calls from this country are not taken.", "RFC 9110 section 15.5.4"},
	FeedUnavailable:      {"feed-unavailable", 503, "Whether calls from this address are taken cannot be found out for the moment.", "RFC 9110 section 15.6.4"},
	CredentialMissing:    {"credential-missing", 401, "The operation needs a credential and the request has none.", "RFC 9110 section 15.5.2"},
	CredentialInvalid:    {"credential-invalid", 401, "The credential of the request is not valid.", "RFC 6750 section 3.1"},
	CredentialExpired:    {"credential-expired", 401, "The credential of the request has expired.", "RFC 6750 section 3.1"},
	CredentialRevoked:    {"credential-revoked", 401, "The credential of the request was revoked.", "RFC 6750 section 3.1"},
	CredentialMisplaced:  {"credential-misplaced", 400, "A credential stands in the URL, where others can read it.", "RFC 6750 section 5.3"},
	CredentialLocked:     {"credential-locked", 429, "Too many credentials that were not valid came from here.", "RFC 6585 section 4"},
	CredentialUnverified: {"credential-unverified", 503, "The credential cannot be verified for the moment.", "RFC 9110 section 15.6.4"},
	CredentialRestricted: {"credential-restricted", 403, "The credential is not good for this operation or from this address.", "RFC 9110 section 15.5.4"},
	ProofInvalid:         {"proof-invalid", 401, "The proof that the credential is the caller's own is missing or not valid.", "RFC 9449 section 7.1"},
	ProofNonce:           {"proof-nonce", 401, "The proof must hold the nonce that this answer gives.", "RFC 9449 section 9"},
	StepUp:               {"step-up", 401, "The operation needs a stronger or a more recent authentication.", "RFC 9470 section 3"},
	ScopeMissing:         {"scope-missing", 403, "The token does not have the scopes that the operation needs.", "RFC 6750 section 3.1"},
	RoleMissing:          {"role-missing", 403, "The caller does not have a role that the operation needs.", "RFC 9110 section 15.5.4"},
	PolicyDenied:         {"policy-denied", 403, "No rule allows this call, or one forbids it.", "RFC 9110 section 15.5.4"},
	PolicyUnavailable:    {"policy-unavailable", 503, "Whether the call is allowed cannot be found out for the moment.", "RFC 9110 section 15.6.4"},
	OwnerDenied:          {"owner-denied", 403, "The object belongs to somebody else.", "RFC 9110 section 15.5.4"},
	OwnerUnknown:         {"owner-unknown", 403, "Nobody is known to own the object.", "RFC 9110 section 15.5.4"},
	OwnerUnavailable:     {"owner-unavailable", 503, "Who owns the object cannot be found out for the moment.", "RFC 9110 section 15.6.4"},
	FieldDenied:          {"field-denied", 403, "The caller may not read or write this property.", "RFC 9110 section 15.5.4"},
	LimitExceeded:        {"limit-exceeded", 429, "There were too many calls, or too much was asked for, within a time.", "RFC 6585 section 4"},
	LimitUnavailable:     {"limit-unavailable", 503, "How many calls there were cannot be found out for the moment.", "RFC 9110 section 15.6.4"},
	LoginLocked:          {"login-locked", 429, "Too many logins failed. Wait before the next one.", "RFC 6585 section 4"},
	LoginFailed:          {"login-failed", 401, "The login failed.", "RFC 9110 section 15.5.2"},
	LoginUnavailable:     {"login-unavailable", 503, "The password cannot be checked for the moment.", "RFC 9110 section 15.6.4"},
	PasswordBreached:     {"password-breached", 403, "This password became known in a breach. Choose another one.", "RFC 9110 section 15.5.4"},
	BotSuspected:         {"bot-suspected", 403, "Calls like this one are not taken.", "RFC 9110 section 15.5.4"},
	ChallengeRequired:    {"challenge-required", 403, "The call needs a proof of work.", "RFC 9110 section 15.5.4"},
	OriginRefused:        {"origin-refused", 403, "A page of this origin may not open this connection.", "RFC 6455 section 10.2"},
	SensitiveMisplaced:   {"sensitive-misplaced", 400, "Sensitive data stands in the URL, where others can read it.", "RFC 9110 section 17.9"},
	CrossSite:            {"cross-site", 403, "A page of another site may not make this call with the cookies of its visitors.", "RFC 9110 section 15.5.4"},
	URLForm:              {"url-form", 400, "The request holds a URL in a form that others could read differently.", "RFC 9110 section 15.5.1"},
	URLTarget:            {"url-target", 403, "The request holds a URL that leads where it may not.", "RFC 9110 section 15.5.4"},
	URLUnresolved:        {"url-unresolved", 503, "Where a URL of the request leads cannot be found out for the moment.", "RFC 9110 section 15.6.4"},
	QueryForm:            {"query-form", 400, "The query is written in a form that others could read differently.", "RFC 3986 section 3.4"},
	ParameterUnknown:     {"parameter-unknown", 400, "The request has a parameter that the contract does not describe.", "RFC 9110 section 15.5.1"},
	ParameterMissing:     {"parameter-missing", 400, "A required parameter is missing.", "RFC 9110 section 15.5.1"},
	ParameterRepeated:    {"parameter-repeated", 400, "A parameter that takes one value stands more than once.", "RFC 9110 section 15.5.1"},
	ParameterForm:        {"parameter-form", 400, "A parameter is not written as the contract says.", "RFC 9110 section 15.5.1"},
	ParameterSchema:      {"parameter-schema", 400, "A parameter has a value that the contract does not allow.", "RFC 9110 section 15.5.1"},
	BodyUnexpected:       {"body-unexpected", 400, "The operation takes no body.", "RFC 9110 section 9.3"},
	BodyMissing:          {"body-missing", 400, "The operation needs a body.", "RFC 9110 section 15.5.1"},
	BodyTooLarge:         {"body-too-large", 413, "The body is larger than the operation takes.", "RFC 9110 section 15.5.14"},
	BodyIncomplete:       {"body-incomplete", 400, "The body ended before its stated length.", "RFC 9112 section 8"},
	BodyTimeout:          {"body-timeout", 408, "The body did not arrive in time.", "RFC 9110 section 15.5.9"},
	BodyMedia:            {"body-media", 415, "The contract does not describe this content type.", "RFC 9110 section 15.5.16"},
	BodyCharset:          {"body-charset", 415, "The charset is not UTF-8.", "RFC 8259 section 8.1"},
	BodyCoding:           {"body-coding", 415, "The content coding is not supported.", "RFC 9110 section 8.4"},
	BodySyntax:           {"body-syntax", 400, "The body is not well-formed.", "RFC 9110 section 15.5.1"},
	BodySchema:           {"body-schema", 400, "The body is not what the contract describes.", "RFC 9110 section 15.5.1"},
	BodyPart:             {"body-part", 400, "A part of the body is not what the contract describes.", "RFC 7578 section 4"},
	Injection:            {"injection", 400, "A value of the request looks like an attack.", "RFC 9110 section 15.5.1"},
	GraphQLForm:          {"graphql-form", 400, "The request holds no query that the schema describes.", "RFC 9110 section 15.5.1"},
	GraphQLLimit:         {"graphql-limit", 400, "The query is larger than the operation takes.", "RFC 9110 section 15.5.1"},
	GraphQLDenied:        {"graphql-denied", 403, "The query asks for what the caller may not have.", "RFC 9110 section 15.5.4"},
	AuditUnavailable:     {"audit-unavailable", 503, "The call must be recorded, and cannot be for the moment.", "RFC 9110 section 15.6.4"},
	UpstreamUnreachable:  {"upstream-unreachable", 502, "The API behind the gate could not be reached.", "RFC 9110 section 15.6.3"},
	UpstreamTimeout:      {"upstream-timeout", 504, "The API behind the gate did not answer in time.", "RFC 9110 section 15.6.5"},
	UpstreamBroken:       {"upstream-broken", 502, "The API behind the gate broke off or answered with something that is not HTTP.", "RFC 9110 section 15.6.3"},
	UpstreamUnavailable:  {"upstream-unavailable", 503, "The API behind the gate takes no calls for the moment.", "RFC 9110 section 15.6.4"},
	AnswerStatus:         {"answer-status", 502, "The API answered with a status that the contract does not describe; the call may have been performed.", "RFC 9110 section 15.6.3"},
	AnswerMedia:          {"answer-media", 502, "The API answered with a content type that the contract does not describe; the call may have been performed.", "RFC 9110 section 15.6.3"},
	AnswerHeader:         {"answer-header", 502, "The API answered with a header field that is not what the contract describes; the call may have been performed.", "RFC 9110 section 15.6.3"},
	AnswerCoding:         {"answer-coding", 502, "The API answered in a content coding that the gate did not ask for; the call may have been performed.", "RFC 9110 section 15.6.3"},
	AnswerTooLarge:       {"answer-too-large", 502, "The API's answer is larger than the gate takes; the call may have been performed.", "RFC 9110 section 15.6.3"},
	AnswerSyntax:         {"answer-syntax", 502, "The API's answer is not well-formed; the call may have been performed.", "RFC 9110 section 15.6.3"},
	AnswerSchema:         {"answer-schema", 502, "The API's answer is not what the contract describes; the call may have been performed.", "RFC 9110 section 15.6.3"},
	AnswerError:          {"answer-error", 502, "The API answered with an error that the contract does not describe.", "RFC 9110 section 15.6.3"},
	AnswerInternals:      {"answer-internals", 502, "The API answered with an error that shows its internals.", "RFC 9110 section 15.6.3"},
	AuditIncomplete:      {"audit-incomplete", 503, "The answer must be recorded before it is given, and could not be; the call may have been performed.", "RFC 9110 section 15.6.4"},
	Loop:                 {"loop", 508, "The request has come through this gate before.", "RFC 5842 section 7.2"},
	ClientGone:           {"client-gone", 499, "The client went away before the exchange was done.", ""},
}

// String is the code's stable name, as "body-schema".
func (c Code) String() string {
	if c >= codes {
		return "code-" + strconv.Itoa(int(c))
	}
	return table[c].name
}

var codesByName = func() map[string]Code {
	m := make(map[string]Code, codes)
	for c := range codes {
		m[table[c].name] = c
	}
	return m
}()

// CodeNamed returns the code of a name.
func CodeNamed(name string) (Code, bool) {
	c, ok := codesByName[name]
	return c, ok
}

// Status is the HTTP status that the code is sent with.
func (c Code) Status() int { return table[c].status }

// Title is the sentence that clients see.
func (c Code) Title() string { return table[c].title }

// Source is the section of the standard that the status follows.
func (c Code) Source() string { return table[c].source }

// status is what the refusal is sent with.
func (r *Refusal) status() int {
	if r.Status != 0 {
		return r.Status
	}
	return r.Code.Status()
}

// Codes iterates over every code, for documentation and tests.
func Codes(yield func(Code) bool) {
	for c := range codes {
		if !yield(c) {
			return
		}
	}
}

// Finding is what a guard found in text that looks like an attack, in words of
// the gate. The zero Finding is nothing.
type Finding struct {
	Class   string // "sql", "xss"
	Score   uint8  // 1 to 100
	Reasons [4]string
}

// Refusal says why an exchange was refused. Nothing in it may come from the
// request: no value, no name that the contract does not hold.
type Refusal struct {
	Code    Code
	Status  int    // sent instead of the code's own; 0 for that one
	In      string // "path", "query", "header", "cookie", "body", "answer"; "" when it is none of these
	Name    string // of the parameter or part, as the contract writes it
	Pointer string // JSON pointer into the value or body, of declared names only
	Keyword string // of the schema: "maxLength"; where nothing is named by In, for the operator alone
	Detail  string // what was expected, for the client
	Kind    string // of the object, as the operator calls it; for the event alone
	// Caller is a keyed hash of who called, 0 for none. Only would-be refusals
	// of an object have it: the event tells one caller from many.
	Caller  uint64
	Finding Finding // of what looks like an attack; for the event alone
	// Page is sent in place of the problem document: a page for a browser, with
	// fields that a guard has added. nil for none.
	Page []byte
	// Retry is sent as Retry-After in seconds when above zero.
	Retry int
	// Cause is for the operator's log of the program, never for the client
	// and never on an event.
	Cause error
}
