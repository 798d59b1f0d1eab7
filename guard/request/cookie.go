package request

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
)

// maxCookies bounds the cookies of a request to an operation that declares
// one.
const maxCookies = 256

// judgeCookies judges the declared cookies. Undeclared ones pass, but where
// one is declared the whole string must be one that every server splits alike.
func (g *Guard) judgeCookies(x *gate.Exchange, r *reader) gate.Verdict {
	if len(g.cookie.list) == 0 {
		return gate.Allow
	}
	raw, n := x.Field("Cookie")
	if n > 1 {
		return deny(x, tooManyValues, "header", "Cookie") // RFC 6265 section 5.4
	}
	if bad := r.splitCookies(raw, g.cookie); bad != fine {
		return deny(x, bad, "cookie", "")
	}
	if _, bad := g.cookie.sort(r, raw, literal); bad != fine {
		return deny(x, badCookie, "cookie", "")
	}
	// The style says that values are percent-encoded, and half of all servers
	// decode them: a value must satisfy the contract both ways.
	rounds := [...]escapes{literal, percent}
	for i := range g.cookie.list {
		for _, how := range rounds {
			if v := g.judgeField(x, r, &g.cookie.list[i], "cookie", raw, how); v != gate.Allow {
				return v
			}
			if bytes.IndexByte(raw, '%') < 0 {
				break
			}
		}
	}
	return gate.Allow
}

// cookieOctets are the bytes of a name, of which a token is a part, and of an
// unquoted value (RFC 6265 section 4.1.1).
var cookieOctets = func() (t [256]bool) {
	for i := 0x21; i < 0x7f; i++ {
		t[i] = i != '"' && i != ',' && i != '\\'
	}
	return t
}()

// splitCookies reads a cookie string (RFC 6265 section 4.2.1) into r.pairs.
func (r *reader) splitCookies(raw []byte, fs *fields) issue {
	r.pairs = r.pairs[:0]
	for at := 0; at < len(raw); {
		end := at
		for end < len(raw) && raw[end] != ';' {
			end++
		}
		eq := at
		for eq < end && raw[eq] != '=' {
			eq++
		}
		p := pair{start: uint32(at), eq: uint32(eq), from: uint32(min(eq+1, end)), end: uint32(end)}
		if bad := checkCookie(p.name(raw), p.value(raw), eq < end, fs); bad != fine {
			return bad
		}
		if len(r.pairs) == maxCookies {
			return badCookie
		}
		r.pairs = append(r.pairs, p)
		if at = end + 1; at == len(raw) {
			return badCookie // ends with a separator
		}
		if at < len(raw) && raw[at] == ' ' {
			at++
		}
	}
	return fine
}

// checkCookie refuses a pair that some server could read as another one, or as
// several: blanks and commas are separators to readers of older standards
// (RFC 2109 section 4.3.4), quotes hide a semicolon from some, and names beyond
// ASCII may begin or end with white space that some cut off.
func checkCookie(name, value []byte, named bool, fs *fields) issue {
	if len(name) == 0 {
		return badCookie
	}
	for _, c := range name {
		if !cookieOctets[c] {
			return badCookie
		}
	}
	if fs.slot(name) == noSlot {
		return checkOtherCookie(value)
	}
	if !named {
		return badCookie
	}
	for _, c := range value {
		if !cookieOctets[c] && c != ',' { // lists hold commas
			return badCookie
		}
	}
	return fine
}

// checkOtherCookie refuses values of undeclared cookies that could be taken for
// several pairs.
func checkOtherCookie(value []byte) issue {
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		for _, c := range value[1 : n-1] {
			if c == '"' || c == '\\' || c < 0x20 || c == 0x7f {
				return badCookie
			}
		}
		return fine
	}
	comma := bytes.IndexByte(value, ',')
	if !plainCookie(value) || comma >= 0 && bytes.IndexByte(value[comma:], '=') >= 0 {
		return badCookie
	}
	return fine
}

// plainCookie reports text without blanks, quotes and control characters.
func plainCookie(text []byte) bool {
	for _, c := range text {
		if c <= ' ' || c == '"' || c == 0x7f {
			return false
		}
	}
	return true
}
