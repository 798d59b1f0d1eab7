package detect

import "bytes"

// Coded text is looked into from this length on: what is shorter is a word.
const leastBase64 = 16

var base64Digits = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i, b := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[b] = int8(i)
	}
	t['-'], t['_'] = 62, 63 // RFC 4648, section 5
	return t
}()

// fromBase64 decodes s when all of it, or what follows "base64,", is base64
// (RFC 4648) of text. A picture, a hash and a long word are none: their bytes
// are not text. m are the kinds of characters of s.
func fromBase64(dst, s []byte, m chars) ([]byte, bool) {
	if m&cDigit == 0 || m&cComma == 0 {
		// no prefix
	} else if at := bytes.Index(s[:min(len(s), 100)], []byte("base64,")); at >= 0 {
		s = s[at+len("base64,"):]
		if end := bytes.IndexAny(s, "\"' )<>"); end >= 0 {
			s = s[:end]
		}
	}
	for i, b := range s { // most texts have a space soon, and a word behind it
		if base64Digits[b] < 0 && b != '\r' && b != '\n' {
			if i+1 < len(s) && base64Digits[s[i+1]] >= 0 || b != '=' && b != ' ' {
				return dst, false
			}
			break
		}
	}
	s = bytes.TrimRight(s, "= \r\n")
	if len(s) < leastBase64 || len(s)%4 == 1 || base64Digits[s[0]] < 0 {
		return dst, false
	}
	for _, b := range s {
		if base64Digits[b] < 0 && b != '\r' && b != '\n' { // lines of mail (RFC 2045, section 6.8)
			return dst, false
		}
	}
	begin := len(dst)
	bits, n := uint32(0), 0
	for i, b := range s {
		d := base64Digits[b]
		if d < 0 {
			continue
		}
		if bits, n = bits<<6|uint32(d), n+6; n >= 8 {
			n -= 8
			c := byte(bits >> n)
			if kinds[c]&(cControl|cNUL) != 0 {
				return dst, false
			}
			dst = append(dst, c)
		}
		if i == 64 && !textual(dst[begin:]) {
			return dst, false
		}
	}
	return dst, textual(dst[begin:])
}

// textual says whether a text is mostly ASCII.
func textual(s []byte) bool {
	high := 0
	for _, b := range s {
		high += int(b >> 7)
	}
	return high*8 <= len(s)
}
