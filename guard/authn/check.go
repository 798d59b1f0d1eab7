package authn

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	cookies "github.com/gatehouse-api/gatehouse/guard/internal/cookie"
)

// place is where a credential stands. The zero place holds nothing.
type place uint8

const (
	nowhere       place = iota
	header              // the field called name
	cookie              // the cookie called name
	authorization       // the field Authorization, with the scheme auth
	certificate         // the client certificate of the connection
)

// check is one credential that must be there.
type check struct {
	place place
	name  string // of the field or the cookie
	auth  string // authorization: the scheme in lower case
	token bool   // authorization: the credentials are one token68
}

var placeNames = [...]string{nowhere: "", header: "header", cookie: "cookie", authorization: "header", certificate: ""}

func (c *check) where() string { return placeNames[c.place] }

func (c *check) holds(x *gate.Exchange) bool {
	switch c.place {
	case header:
		value, n := x.Field(c.name)
		return n == 1 && len(value) > 0
	case cookie:
		return hasCookie(x, c.name)
	case authorization:
		value, n := x.Field(c.name)
		return n == 1 && c.credentials(value)
	case certificate:
		return x.TLS != nil && len(x.TLS.VerifiedChains) > 0
	}
	return false
}

// credentials reports whether a value of Authorization is of the scheme and
// has something to verify: auth-scheme 1*SP ( token68 / auth-params ), the
// scheme in any case (RFC 9110 sections 11.1 and 11.4).
func (c *check) credentials(value []byte) bool {
	n := len(c.auth)
	if len(value) <= n || value[n] != ' ' || !gate.EqualFold(value[:n], c.auth) {
		return false
	}
	value = value[n:]
	for len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	return len(value) > 0 && (!c.token || token68(value))
}

// token68 reports whether b is one token68 (RFC 9110 section 11.2), as RFC
// 6750 section 2.1 demands of bearer tokens and RFC 7617 section 2 of basic
// credentials.
func token68(b []byte) bool {
	end := len(b)
	for end > 0 && b[end-1] == '=' {
		end--
	}
	for _, c := range b[:end] {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '.', c == '_', c == '~', c == '+', c == '/':
		default:
			return false
		}
	}
	return end > 0
}

// hasCookie reports whether exactly one cookie is called name and holds
// something, in one cookie string (RFC 6265 section 5.4) that every server
// splits alike.
func hasCookie(x *gate.Exchange, name string) bool {
	raw, n := x.Field("Cookie")
	if n != 1 {
		return false
	}
	found, filled, pairs := 0, false, 0
	for at := 0; at < len(raw); pairs++ {
		p, next, ok := cookies.Next(raw, at)
		if !ok || pairs == cookies.Max {
			return false
		}
		if string(p.Name(raw)) != name {
			if !p.Other(raw) || cookies.Folds(p.Name(raw), name) {
				return false
			}
		} else if found++; !p.Plain(raw) {
			return false
		} else {
			filled = len(p.Value(raw)) > 0
		}
		at = next
	}
	return found == 1 && filled
}

// kind is a security scheme as the gate checks and names it.
type kind struct {
	check check
	words string // "a bearer token in Authorization"
	tag   string // auth-scheme of the challenge
	extra string // parameters of the challenge after the realm
}

// kindOf reports false for a scheme that is not understood; its check never
// holds.
func kindOf(s *contract.Scheme) (kind, bool) {
	none := kind{words: "a credential that the gate does not know", tag: "Unknown"}
	if s == nil {
		return none, false
	}
	name := strings.Clone(s.Param)
	bearer := kind{check: check{authorization, "Authorization", "bearer", true}, words: "a bearer token in Authorization", tag: "Bearer"}
	switch {
	case s.Type == contract.OAuth2, s.Type == contract.OpenIDConnect, s.Type == contract.HTTPAuth && s.Auth == "bearer":
		return bearer, true
	case s.Type == contract.HTTPAuth && s.Auth == "basic": // RFC 7617 section 2.1: charset
		return kind{check{authorization, "Authorization", "basic", true}, "a user name and password in Authorization", "Basic", `, charset="UTF-8"`}, true
	case s.Type == contract.HTTPAuth && s.Auth != "":
		auth := strings.Clone(s.Auth)
		return kind{check{authorization, "Authorization", auth, false}, "credentials of the scheme " + auth + " in Authorization", auth, ""}, true
	case s.Type == contract.APIKey && s.In == contract.Header && name != "":
		return kind{check{place: header, name: name}, "an API key in the header " + name, "ApiKey", `, in="header", name="` + name + `"`}, true
	case s.Type == contract.APIKey && s.In == contract.Cookie && name != "":
		return kind{check{place: cookie, name: name}, "an API key in the cookie " + name, "ApiKey", `, in="cookie", name="` + name + `"`}, true
	case s.Type == contract.MutualTLS:
		return kind{check{place: certificate}, "a client certificate", "ClientCertificate", ""}, true
	}
	return none, false
}

// challenge writes the value of WWW-Authenticate (RFC 9110 section 11.6.1).
// For bearer tokens it names the scopes and no error, since the request had no
// token (RFC 6750 section 3). API keys and certificates have no registered
// scheme; theirs are private names, so that the field is never missing.
func (k kind) challenge(realm string, scopes []string) string {
	value := k.tag + ` realm="` + quotable(realm) + `"` + k.extra
	if k.tag == "Bearer" && len(scopes) > 0 {
		value += `, scope="` + quotable(strings.Join(scopes, " ")) + `"`
	}
	return value
}

// quotable leaves out what may not stand in a quoted string as it is (RFC 9110
// section 5.6.4).
func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, s)
}
