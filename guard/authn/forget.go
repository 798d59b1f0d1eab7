package authn

import (
	"github.com/gatehouse-api/gatehouse/gate"
	cookies "github.com/gatehouse-api/gatehouse/guard/internal/cookie"
)

// forget removes the credential of u, which was verified, from what goes to the
// API: its field, with the proof that belongs to it, or its cookie.
func (u *use) forget(x *gate.Exchange) {
	switch u.Place {
	case gate.InHeader:
		gone(x, u.Name)
	case gate.InAuthorization:
		gone(x, u.Name)
		gone(x, "DPoP")
	case gate.InCookie:
		u.forgetCookie(x)
	}
}

func gone(x *gate.Exchange, name string) {
	for i := range x.Fields {
		if f := &x.Fields[i]; gate.EqualFold(f.Name, name) {
			f.Gone = true
		}
	}
}

// forgetCookie writes the field anew without the cookie. find has split it, so
// that it is known to be one that every server splits alike.
func (u *use) forgetCookie(x *gate.Exchange) {
	for i := range x.Fields {
		f := &x.Fields[i]
		if f.Gone || !gate.EqualFold(f.Name, "Cookie") {
			continue
		}
		raw := f.Value
		rest := make([]byte, 0, len(raw))
		for at := 0; at < len(raw); {
			p, next, ok := cookies.Next(raw, at)
			if !ok {
				break
			}
			if string(p.Name(raw)) != u.Name {
				if len(rest) > 0 {
					rest = append(rest, "; "...)
				}
				rest = append(rest, raw[p.Start:p.End]...)
			}
			at = next
		}
		if f.Value = rest; len(rest) == 0 {
			f.Gone = true
		}
	}
}
