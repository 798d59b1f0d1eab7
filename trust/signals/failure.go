package signals

import "github.com/gatehouse-api/gatehouse/trust/jose"

// Code is why a token is refused, as RFC 8935 section 2.4 has it. The zero Code
// is none of a token that is good.
type Code string

// The codes.
const (
	InvalidRequest  Code = "invalid_request"
	InvalidKey      Code = "invalid_key"
	InvalidIssuer   Code = "invalid_issuer"
	InvalidAudience Code = "invalid_audience"
	Unauthentic     Code = "authentication_failed"
	Unavailable     Code = "unavailable" // to be sent again: none of RFC 8935, and told by the status
)

// Failure is why a token is refused. It holds nothing of the token.
type Failure struct {
	Code  Code
	Text  string
	Retry int // in how many seconds it is worth while to send it again; of Unavailable
}

func (f *Failure) Error() string { return string(f.Code) + ": " + f.Text }

func refuse(text string) *Failure { return &Failure{Code: InvalidRequest, Text: text} }

var (
	noID          = refuse("jti is missing, empty or too long")
	noTime        = refuse("iat is missing")
	repeated      = refuse("the token was received before")
	noEvents      = refuse("events is missing, empty, too long or has an event that is no object")
	noLogoutEvent = refuse("events does not say that it is a logout")
	nonce         = refuse("it has a nonce: it may be an identity token")
	noSubject     = refuse("neither sid nor sub says who is logged out, or one of them is no text or is too long")
	strangeIssuer = refuse("the subject is of another issuer")
	vagueSubject  = refuse("sub_id does not say of whom in a form that is known here: iss_sub, opaque, jwt_id, or complex with session or user")
)

// codes are those of what is asked of every token. What is not here is
// InvalidRequest.
var codes = map[jose.Check]Code{
	jose.CheckAlgorithm: InvalidKey, jose.CheckEmbedded: InvalidKey, jose.CheckKey: InvalidKey,
	jose.CheckSignature: Unauthentic,
	jose.CheckIssuer:    InvalidIssuer,
	jose.CheckAudience:  InvalidAudience,
}

func failureOf(why *jose.Failure) *Failure {
	code := codes[why.Check]
	if code == "" {
		code = InvalidRequest
	}
	return &Failure{Code: code, Text: why.Text}
}
