package authn

import (
	"github.com/gatehouse-api/gatehouse/gate"
	cookies "github.com/gatehouse-api/gatehouse/guard/internal/cookie"
)

// state is what is known of a credential. The zero state is nothing.
type state uint8

const (
	unknown  state = iota
	absent         // it is not there
	doubtful       // whether it is there, others could see differently
	bad            // it is there and not valid
	good           // it is there, and verified where somebody verifies it
)

// find returns the credential of u: its text without the scheme of
// Authorization, good when it is there once and in its form. It does not
// verify it.
func (u *use) find(x *gate.Exchange) (raw []byte, s state) {
	switch u.Place {
	case gate.InHeader:
		value, n := x.Field(u.Name)
		switch {
		case n > 1:
			return nil, bad
		case len(value) == 0:
			return nil, absent
		}
		return value, good
	case gate.InCookie:
		return findCookie(x, u.Name)
	case gate.InAuthorization:
		value, n := x.Field(u.Name)
		switch {
		case n > 1:
			return nil, bad
		case n == 0:
			return nil, absent
		}
		return u.credentials(value)
	case gate.InCertificate:
		if x.TLS != nil && len(x.TLS.VerifiedChains) > 0 {
			return nil, good
		}
	}
	return nil, absent
}

// auth is a scheme of Authorization.
type auth struct {
	tag   string // as challenges write it
	extra string // parameters of challenges beside the realm
	token bool   // the credentials are one token68
}

// credentials returns what a value of Authorization has to verify, when it is
// of a scheme of u: auth-scheme 1*SP ( token68 / auth-params ), the scheme in
// any case (RFC 9110 sections 11.1 and 11.4).
func (u *use) credentials(value []byte) (raw []byte, s state) {
	for i := range u.auths {
		a := &u.auths[i]
		n := len(a.tag)
		if len(value) < n || !gate.EqualFold(value[:n], a.tag) {
			continue
		}
		raw = value[n:]
		switch {
		case len(raw) == 0:
			return nil, bad
		case raw[0] == '\t':
			return nil, bad
		case raw[0] != ' ':
			continue // another scheme, whose name is longer
		}
		for len(raw) > 0 && raw[0] == ' ' {
			raw = raw[1:]
		}
		// A verifier looks at every byte itself.
		if len(raw) == 0 || a.token && u.verifier == nil && !token68(raw) {
			return nil, bad
		}
		return raw, good
	}
	return nil, absent
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
		if !tokenBytes[c] {
			return false
		}
	}
	return end > 0
}

var tokenBytes = func() (t [256]bool) {
	for c := range t {
		t[c] = isDigitOrLetter(byte(c))
	}
	for _, c := range "-._~+/" {
		t[c] = true
	}
	return t
}()

// findCookie returns the one cookie called name, in one cookie string (RFC 6265
// section 5.4) that every server splits alike. A string that some would split
// in another way leaves in doubt whether it holds the cookie.
func findCookie(x *gate.Exchange, name string) (value []byte, s state) {
	raw, n := x.Field("Cookie")
	switch {
	case n == 0:
		return nil, absent
	case n > 1:
		return nil, doubtful
	}
	found, pairs := 0, 0
	for at := 0; at < len(raw); pairs++ {
		p, next, ok := cookies.Next(raw, at)
		if !ok || pairs == cookies.Max {
			return nil, doubtful
		}
		if string(p.Name(raw)) != name {
			if !p.Other(raw) || cookies.Folds(p.Name(raw), name) {
				return nil, doubtful
			}
		} else if found++; !p.Plain(raw) || found > 1 {
			return nil, bad
		} else {
			value = p.Value(raw)
		}
		at = next
	}
	if len(value) == 0 {
		return nil, absent
	}
	return value, good
}
