package request

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/cookie"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// judgeCookies judges the declared cookies. Undeclared ones pass, but where
// one is declared the whole string must be one that every server splits alike.
func (g *Guard) judgeCookies(x *gate.Exchange, r *reader) gate.Verdict {
	if len(g.cookie.list) == 0 {
		return gate.Allow
	}
	raw, n := x.Field("Cookie")
	if n > 1 {
		return deny(x, style.TooManyValues, "header", "Cookie") // RFC 6265 section 5.4
	}
	if bad := r.splitCookies(raw, g.cookie); bad != style.Fine {
		return deny(x, bad, "cookie", "")
	}
	if _, bad := g.cookie.sort(r, raw, style.Literal); bad != style.Fine {
		return deny(x, badCookie, "cookie", "")
	}
	// The style says that values are percent-encoded, and half of all servers
	// decode them: a value must satisfy the contract both ways.
	rounds := [...]style.Escapes{style.Literal, style.Percent}
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

// splitCookies reads a cookie string into r.pairs. One that some server could
// split otherwise is refused.
func (r *reader) splitCookies(raw []byte, fs *fields) style.Issue {
	r.pairs = r.pairs[:0]
	for at := 0; at < len(raw); {
		p, next, ok := cookie.Next(raw, at)
		if !ok || len(r.pairs) == cookie.Max {
			return badCookie
		}
		fits := p.Other
		if fs.slot(p.Name(raw)) != noSlot {
			fits = p.Plain
		}
		if !fits(raw) {
			return badCookie
		}
		if fs.foldsCookie(p.Name(raw)) {
			return cookieTwin
		}
		r.pairs = append(r.pairs, pair{start: uint32(p.Start), eq: uint32(p.Equals), from: uint32(p.From), end: uint32(p.End)})
		at = next
	}
	return style.Fine
}

// foldsCookie reports whether a server that turns names of cookies into names
// of variables, as PHP does, reads the undeclared name as a declared one.
func (fs *fields) foldsCookie(name []byte) bool {
	if slot := fs.slot(name); slot != noSlot && slot != fs.rest {
		return false
	}
	for i := range fs.claims {
		if cookie.Folds(name, fs.claims[i].name) {
			return true
		}
	}
	return false
}
