package owner

import "strconv"

// An id has one spelling here, whatever it is written like: percent-encoded in
// a path, a number or a text in JSON, with escapes. Otherwise another spelling
// would be another object, which nobody owns yet. What does not become equal is
// never more than unknown.

// canonical appends to out the one spelling of the JSON scalar text, which is
// well-formed. It reports false for what can be no id: null, booleans, lists,
// objects, an empty text.
func canonical(out, text []byte) ([]byte, bool) {
	if len(text) == 0 {
		return out, false
	}
	switch c := text[0]; {
	case c == '"':
		n := len(out)
		out = unescape(out, text[1:len(text)-1])
		lowerUUID(out[n:])
		return out, len(out) > n
	case c == '-' || '0' <= c && c <= '9':
		return number(out, text)
	}
	return out, false
}

// canonicalText does the same for text that stands in no JSON; with numeric
// only numbers are ids.
func canonicalText(out, text []byte, numeric bool) ([]byte, bool) {
	if numeric {
		return number(out, text)
	}
	n := len(out)
	out = append(out, text...)
	lowerUUID(out[n:])
	return out, len(out) > n
}

// lowerUUID writes the letters of a UUID small: as text they have no case
// (RFC 9562 section 4).
func lowerUUID(b []byte) {
	if len(b) != 36 {
		return
	}
	for i, c := range b {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') {
			return
		} else if !dash && !isHex(c) {
			return
		}
	}
	for i, c := range b {
		if 'A' <= c && c <= 'F' {
			b[i] = c + 'a' - 'A'
		}
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// maxExponent bounds the zeros that an exponent is written out as.
const maxExponent = 400

// number appends the digits of a number: without a sign of zero, without zeros
// before or behind, written out where it is an integer.
func number(out, text []byte) ([]byte, bool) {
	start := len(out)
	i, negative := 0, false
	if len(text) > 0 && text[0] == '-' {
		negative, i = true, 1
	}
	if negative {
		out = append(out, '-')
	}
	digits, point, seen := len(out), 0, false
	exponent := 0
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case '0' <= c && c <= '9':
			if c != '0' || len(out) > digits {
				out = append(out, c)
			}
			if seen {
				point++
			}
		case c == '.' && !seen && i+1 < len(text):
			seen = true
		case (c == 'e' || c == 'E') && i > 0:
			e, err := strconv.Atoi(string(text[i+1:]))
			if err != nil || e > 1<<20 || e < -1<<20 {
				return out[:start], false
			}
			exponent, i = e, len(text)
		default:
			return out[:start], false
		}
	}
	if text == nil || i == 0 || len(text) == 1 && negative {
		return out[:start], false
	}
	exponent -= point
	if len(out) == digits { // zero
		return append(out[:start], '0'), true
	}
	for out[len(out)-1] == '0' {
		out, exponent = out[:len(out)-1], exponent+1
	}
	switch {
	case 0 < exponent && exponent <= maxExponent:
		for range exponent {
			out = append(out, '0')
		}
	case exponent != 0:
		out = strconv.AppendInt(append(out, 'e'), int64(exponent), 10)
	}
	return out, true
}

// unescape appends what a JSON string without its quotes means (RFC 8259
// section 7).
func unescape(out, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			out = append(out, b[i])
			continue
		}
		i++
		switch c := b[i]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(b[i+1:])
			i += 4
			if 0xd800 <= r && r < 0xdc00 && i+6 < len(b) && b[i+1] == '\\' && b[i+2] == 'u' {
				if low := hex4(b[i+3:]); 0xdc00 <= low && low < 0xe000 {
					r, i = (r-0xd800)<<10|(low-0xdc00)+0x10000, i+6
				}
			}
			out = appendRune(out, r)
		default:
			out = append(out, c)
		}
	}
	return out
}

func appendRune(out []byte, r rune) []byte { return append(out, string(r)...) }

func hex4(b []byte) (r rune) {
	for i := range min(4, len(b)) {
		v, _ := strconv.ParseUint(string(b[i:i+1]), 16, 8)
		r = r<<4 | rune(v)
	}
	return r
}
