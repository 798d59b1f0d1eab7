package schema

import (
	"bytes"
	"unicode/utf8"
)

func isURI(b []byte) bool          { return isReference(b, true, false) }
func isURIReference(b []byte) bool { return isReference(b, false, false) }
func isIRI(b []byte) bool          { return isReference(b, true, true) }
func isIRIReference(b []byte) bool { return isReference(b, false, true) }

// The character classes of RFC 3986 section 2, beyond letters and digits.
const (
	unreserved = "-._~"
	subDelims  = "!$&'()*+,;="
)

// uriSets says where a byte may stand.
var uriSets = func() (sets [256]uint8) {
	add := func(bit uint8, chars string) {
		for _, c := range []byte(chars) {
			sets[c] |= bit
		}
	}
	for c := range 128 {
		if isAlnum(byte(c)) {
			sets[c] = inUser | inHost | inPath | inQuery
		}
	}
	add(inUser|inHost|inPath|inQuery, unreserved+subDelims)
	add(inUser, ":")
	add(inPath, ":@/")
	add(inQuery, ":@/?")
	return sets
}()

const (
	inUser uint8 = 1 << iota
	inHost
	inPath
	inQuery
)

// isReference reads a URI, or a relative reference (RFC 3986 section 4.1),
// with the characters of RFC 3987 when iri is set.
func isReference(b []byte, absolute, iri bool) bool {
	if i := bytes.IndexByte(b, '#'); i >= 0 {
		if !uriChars(b[i+1:], inQuery, iri) {
			return false
		}
		b = b[:i]
	}
	if i := bytes.IndexByte(b, '?'); i >= 0 {
		if !uriChars(b[i+1:], inQuery, iri) {
			return false
		}
		b = b[:i]
	}
	n := scheme(b)
	if absolute && n == 0 {
		return false
	}
	if b = b[n:]; len(b) >= 2 && b[0] == '/' && b[1] == '/' {
		end := len(b)
		if i := bytes.IndexByte(b[2:], '/'); i >= 0 {
			end = i + 2
		}
		return isAuthority(b[2:end], iri) && uriChars(b[end:], inPath, iri)
	}
	if n == 0 {
		// The first segment of a relative path has no colon (section 4.2).
		first := b
		if i := bytes.IndexByte(b, '/'); i >= 0 {
			first = b[:i]
		}
		if bytes.IndexByte(first, ':') >= 0 {
			return false
		}
	}
	return uriChars(b, inPath, iri)
}

// scheme returns the length of the scheme with its colon, 0 for none.
func scheme(b []byte) int {
	for i, c := range b {
		switch {
		case c == ':' && i > 0:
			return i + 1
		case letter(c), i > 0 && (c-'0' <= 9 || c == '+' || c == '-' || c == '.'):
		default:
			return 0
		}
	}
	return 0
}

func isAuthority(b []byte, iri bool) bool {
	if i := bytes.LastIndexByte(b, '@'); i >= 0 {
		if !uriChars(b[:i], inUser, iri) {
			return false
		}
		b = b[i+1:]
	}
	if len(b) > 0 && b[0] == '[' {
		i := bytes.IndexByte(b, ']')
		return i > 0 && isIPLiteral(b[1:i]) && isPort(b[i+1:])
	}
	if i := bytes.IndexByte(b, ':'); i >= 0 {
		if !isPort(b[i:]) {
			return false
		}
		b = b[:i]
	}
	return uriChars(b, inHost, iri)
}

func isPort(b []byte) bool {
	return len(b) == 0 || b[0] == ':' && leadingDigits(b[1:]) == len(b)-1
}

func isIPLiteral(b []byte) bool {
	if len(b) > 0 && b[0]|0x20 == 'v' {
		dot := bytes.IndexByte(b, '.')
		if dot < 2 || dot == len(b)-1 {
			return false
		}
		for _, c := range b[1:dot] {
			if !isHex(c) {
				return false
			}
		}
		return bytes.IndexByte(b[dot:], '%') < 0 && uriChars(b[dot+1:], inUser, false)
	}
	return isIPv6(b)
}

// uriChars reports whether all of b belongs to the set.
func uriChars(b []byte, set uint8, iri bool) bool {
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case uriSets[c]&set != 0:
		case c == '%':
			if i+2 >= len(b) || !isHex(b[i+1]) || !isHex(b[i+2]) {
				return false
			}
			i += 2
		case c >= utf8.RuneSelf && iri:
			r, size := utf8.DecodeRune(b[i:])
			if !isUCSChar(r, set == inQuery) {
				return false
			}
			i += size - 1
		default:
			return false
		}
	}
	return true
}

// isUCSChar is ucschar, and iprivate in queries (RFC 3987 section 2.2).
func isUCSChar(r rune, private bool) bool {
	switch {
	case r >= 0xa0 && r <= 0xd7ff, r >= 0xf900 && r <= 0xfdcf, r >= 0xfdf0 && r <= 0xffef:
		return true
	case r >= 0x10000 && r <= 0xefffd:
		return r&0xffff <= 0xfffd && (r < 0xe0000 || r >= 0xe1000)
	case r >= 0xe000 && r <= 0xf8ff, r >= 0xf0000 && r <= 0x10fffd:
		return private
	}
	return false
}

// isURITemplate reads literals and expressions (RFC 6570 section 2).
func isURITemplate(b []byte) bool {
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '{':
			end := bytes.IndexByte(b[i:], '}')
			if end < 0 || !isTemplateExpression(b[i+1:i+end]) {
				return false
			}
			i += end
		case c == '%':
			if i+2 >= len(b) || !isHex(b[i+1]) || !isHex(b[i+2]) {
				return false
			}
			i += 2
		case c <= ' ', c == 0x7f, bytes.IndexByte([]byte("\"<>\\^`|}"), c) >= 0:
			return false
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(b[i:])
			if !isUCSChar(r, true) {
				return false
			}
			i += size - 1
		}
	}
	return true
}

func isTemplateExpression(b []byte) bool {
	if len(b) > 0 && bytes.IndexByte([]byte("+#./;?&=,!@|"), b[0]) >= 0 {
		b = b[1:]
	}
	for {
		end := bytes.IndexByte(b, ',')
		spec := b
		if end >= 0 {
			spec = b[:end]
		}
		if !isVariable(spec) {
			return false
		}
		if end < 0 {
			return true
		}
		b = b[end+1:]
	}
}

// isVariable reads varspec: a name, then * or :length.
func isVariable(b []byte) bool {
	if n := len(b); n > 0 && b[n-1] == '*' {
		b = b[:n-1]
	} else if i := bytes.IndexByte(b, ':'); i >= 0 {
		if n := len(b) - i - 1; n < 1 || n > 4 || b[i+1] == '0' || leadingDigits(b[i+1:]) != n {
			return false
		}
		b = b[:i]
	}
	dot := true
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '.' && !dot:
			dot = true
			continue
		case isAlnum(c), c == '_':
		case c == '%' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]):
			i += 2
		default:
			return false
		}
		dot = false
	}
	return !dot
}
