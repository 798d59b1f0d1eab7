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

// Classes of the bytes of a cookie string.
const (
	cookieBad   = iota
	cookieOctet // RFC 6265 section 4.1.1
	cookieOther // not allowed there, but read alike outside of declared cookies
)

var cookieClasses = func() (t [256]uint8) {
	for i := 0x20; i < 256; i++ {
		t[i] = cookieOther
	}
	for i := 0x21; i < 0x7f; i++ {
		t[i] = cookieOctet
	}
	for _, c := range `",\` {
		t[c] = cookieOther
	}
	t['\t'], t[0x7f] = cookieBad, cookieBad
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
// several.
func checkCookie(name, value []byte, named bool, fs *fields) issue {
	trimmed := bytes.Trim(name, " \t")
	if len(trimmed) == 0 {
		return badCookie
	}
	slot := fs.slot(trimmed)
	if slot != noSlot && (!named || len(trimmed) != len(name)) {
		return badCookie
	}
	for _, c := range name {
		if cookieClasses[c] == cookieBad || c == '"' || c == ',' {
			return badCookie
		}
	}
	for i, c := range value {
		switch class := cookieClasses[c]; {
		case class == cookieBad, c == '"' && (i != 0 && i != len(value)-1 || value[0] != value[len(value)-1] || len(value) == 1):
			return badCookie
		case slot == noSlot, class == cookieOctet, c == ',':
		default:
			return badCookie
		}
	}
	return fine
}
