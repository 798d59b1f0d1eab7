package owner

import (
	"strconv"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

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
		out = schema.Unescape(out, text[1:len(text)-1])
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
