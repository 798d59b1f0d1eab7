package source

import (
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// number follows RFC 8259 section 6.
func (r *reader) number() *syntaxError {
	start := r.at
	r.accept('-')
	switch {
	case r.accept('0'):
	case r.digits():
	default:
		r.at = start
		return r.fail("a value is expected")
	}
	if r.accept('.') && !r.digits() {
		return r.fail("a digit is expected after the decimal point")
	}
	if r.accept('e') || r.accept('E') {
		if !r.accept('+') {
			r.accept('-')
		}
		if !r.digits() {
			return r.fail("a digit is expected in the exponent")
		}
	}
	return nil
}

func (r *reader) accept(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *reader) digits() bool {
	start := r.at
	for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
		r.at++
	}
	return r.at > start
}

// string reads a string and returns it decoded; without escapes it is a view
// of the text. The text is known to be valid UTF-8.
func (r *reader) string() (string, *syntaxError) {
	start := r.at + 1
	r.at = plain(r.text, start)
	if r.at < len(r.text) && r.text[r.at] == '"' {
		r.at++
		return r.text[start : r.at-1], nil
	}
	return r.escaped(start)
}

// plain returns where the next byte from i on stands that is a quotation
// mark, a backslash or a control character. It looks at eight bytes at a
// time: x has a byte equal to c when (x^c) has a zero byte, which borrows from
// the next when one is subtracted. Bytes above the first find may be wrong.
func plain(s string, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(s); i += 8 {
		x := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		quote, backslash := x^(ones*'"'), x^(ones*'\\')
		found := ((quote-ones)&^quote | (backslash-ones)&^backslash | (x-ones*' ')&^x) & highs
		if found != 0 {
			return i + bits.TrailingZeros64(found)>>3
		}
	}
	for i < len(s) && s[i] >= ' ' && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped goes on where string met something that is not plain.
func (r *reader) escaped(start int) (string, *syntaxError) {
	out := append(make([]byte, 0, 2*(r.at-start)+32), r.text[start:r.at]...)
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return string(out), nil
		case c < ' ':
			return "", r.fail("a control character in a string")
		case c == '\\':
			var err *syntaxError
			if out, err = r.escape(out); err != nil {
				return "", err
			}
		}
		end := plain(r.text, r.at)
		out = append(out, r.text[r.at:end]...)
		r.at = end
	}
	return "", r.fail("a string without end")
}

func (r *reader) escape(out []byte) ([]byte, *syntaxError) {
	r.at++
	if r.at >= len(r.text) {
		return nil, r.fail("a string without end")
	}
	if c := r.text[r.at]; c != 'u' {
		if escapes[c] == 0 {
			return nil, r.fail("an unknown escape in a string")
		}
		r.at++
		return append(out, escapes[c]), nil
	}
	high, ok := r.hex()
	if !ok {
		return nil, r.fail("four hexadecimal digits are expected after \\u")
	}
	if !utf16.IsSurrogate(high) {
		return utf8.AppendRune(out, high), nil
	}
	if strings.HasPrefix(r.text[r.at:], `\u`) {
		r.at++
		if low, ok := r.hex(); ok {
			if c := utf16.DecodeRune(high, low); c != utf8.RuneError {
				return utf8.AppendRune(out, c), nil
			}
		}
	}
	return nil, r.fail("half of a surrogate pair in a string")
}

// hex reads the four digits after \u, at the u.
func (r *reader) hex() (rune, bool) {
	if r.at+5 > len(r.text) {
		return 0, false
	}
	v, err := strconv.ParseUint(r.text[r.at+1:r.at+5], 16, 16)
	if err != nil {
		return 0, false
	}
	r.at += 5
	return rune(v), true
}
