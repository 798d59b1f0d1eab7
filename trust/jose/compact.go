package jose

import "encoding/base64"

// compact are the three parts of a token, as they stand in it.
type compact struct{ header, payload, signature []byte }

// split takes a token apart (RFC 7515 section 7.1).
func split(raw []byte) (c compact, why *Failure) {
	var dots [2]int
	n := 0
	for i, b := range raw {
		if b == '.' {
			if n < len(dots) {
				dots[n] = i
			}
			n++
		} else if !base64url[b] {
			if b == '{' && i == 0 {
				return c, formJSON
			}
			return c, formCharacter
		}
	}
	switch {
	case n == 4: // RFC 7516 section 9
		return c, formEncrypted
	case n != 2:
		return c, formParts
	}
	c = compact{raw[:dots[0]], raw[dots[0]+1 : dots[1]], raw[dots[1]+1:]}
	switch {
	case len(c.header) == 0 || len(c.payload) == 0:
		return c, formEmpty
	case len(c.signature) == 0: // RFC 8725 section 3.2
		return c, formUnsigned
	}
	return c, nil
}

// base64url are the characters of RFC 4648 section 5.
var base64url = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_'
	}
	return t
}()

// encoding is base64url without padding whose last character holds no bits
// that mean nothing: one text has one form (RFC 7515 section 2, RFC 4648
// section 3.5).
var encoding = base64.RawURLEncoding.Strict()

// decode appends what text stands for to dst. split has seen to its
// characters, since Go's decoder passes over line ends.
func decode(dst, text []byte) ([]byte, bool) {
	dst, err := encoding.AppendDecode(dst, text)
	return dst, err == nil
}
