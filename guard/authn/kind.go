package authn

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
)

// placeNames are those of refusals.
var placeNames = [...]string{gate.Nowhere: "", gate.InHeader: "header", gate.InCookie: "cookie", gate.InAuthorization: "header", gate.InCertificate: "", gate.InSignature: "header"}

// kind is a security scheme as the gate looks for it and names it.
type kind struct {
	use   gate.Use // place and names
	words string   // "a bearer token in Authorization"
	auths []auth   // the schemes of its challenges
}

// kindOf reports false for a scheme that is not understood; its credential
// never is there.
func kindOf(s *contract.Scheme) (kind, bool) {
	none := kind{words: "a credential that the gate does not know", auths: []auth{{tag: "Unknown"}}}
	if s == nil {
		return none, false
	}
	name := strings.Clone(s.Param)
	switch {
	case s.Type == contract.OAuth2, s.Type == contract.OpenIDConnect, s.Type == contract.HTTPAuth && s.Auth == "bearer":
		return authorization("bearer", "a bearer token in Authorization", auth{"Bearer", "", true}), true
	case s.Type == contract.HTTPAuth && s.Auth == "basic": // RFC 7617 section 2.1: charset
		return authorization("basic", "a user name and password in Authorization", auth{"Basic", `charset="UTF-8"`, true}), true
	case s.Type == contract.HTTPAuth && s.Auth != "":
		word := strings.Clone(s.Auth)
		return authorization(word, "credentials of the scheme "+word+" in Authorization", auth{word, "", false}), true
	case s.Type == contract.APIKey && s.In == contract.Header && name != "":
		return kind{gate.Use{Place: gate.InHeader, Name: name}, "an API key in the header " + name, []auth{{tag: "ApiKey", extra: `in="header", name="` + quotable(name) + `"`}}}, true
	case s.Type == contract.APIKey && s.In == contract.Cookie && name != "":
		return kind{gate.Use{Place: gate.InCookie, Name: name}, "an API key in the cookie " + name, []auth{{tag: "ApiKey", extra: `in="cookie", name="` + quotable(name) + `"`}}}, true
	case s.Type == contract.MutualTLS:
		return kind{gate.Use{Place: gate.InCertificate}, "a client certificate", []auth{{tag: "ClientCertificate"}}}, true
	}
	return none, false
}

func authorization(scheme, words string, a auth) kind {
	return kind{gate.Use{Place: gate.InAuthorization, Name: "Authorization", Auth: scheme}, words, []auth{a}}
}
