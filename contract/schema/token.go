package schema

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Functions of this file read tokens of RFC 8259. They take the text and a
// place and return the place after the token, or -1.

// space skips blanks (RFC 8259 section 2).
func space(d []byte, i int) int {
	for uint(i) < uint(len(d)) && d[i] <= ' ' {
		if c := d[i]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return i
		}
		i++
	}
	return i
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain returns where the run of ordinary ASCII characters at i ends: before
// a quote, a backslash, a control character or a byte from 0x80.
func plain(d []byte, i int) int {
	for i+8 <= len(d) {
		w := binary.LittleEndian.Uint64(d[i:])
		quote := w ^ lows*'"'
		slash := w ^ lows*'\\'
		// A byte of each term has its high bit set exactly where it matters,
		// at least up to the first such byte.
		m := ((quote - lows) | (slash - lows) | (w - lows*0x20) | w) & highs
		if m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
	for i < len(d) {
		if c := d[i]; c < 0x20 || c >= 0x80 || c == '"' || c == '\\' {
			return i
		}
		i++
	}
	return i
}

// text is what scanning a string found out about it.
type text uint8

const (
	wide    text = 1 << iota // has characters beyond ASCII
	escaped                  // has escapes
)

// str reads the string whose opening quote stands at i.
func (st *State) str(d []byte, i int) (int, text) {
	i = plain(d, i+1)
	if uint(i) < uint(len(d)) && d[i] == '"' {
		return i + 1, 0
	}
	return st.strangeString(d, i)
}

// strangeString goes on where str met something that is not plain.
func (st *State) strangeString(d []byte, i int) (int, text) {
	var t text
	for {
		i = plain(d, i)
		if i >= len(d) {
			return st.syntax(i), t
		}
		switch c := d[i]; {
		case c == '"':
			return i + 1, t
		case c == '\\':
			t |= escaped
			n := escape(d, i)
			if n < 0 {
				return st.syntax(i), t
			}
			i = n
		case c >= utf8.RuneSelf:
			t |= wide
			r, size := utf8.DecodeRune(d[i:])
			if r == utf8.RuneError && size <= 1 {
				return st.syntax(i), t
			}
			i += size
		default: // a control character
			return st.syntax(i), t
		}
	}
}

// escape reads the escape at i (RFC 8259 section 7). Surrogates must come in
// pairs.
func escape(d []byte, i int) int {
	if i+1 >= len(d) {
		return -1
	}
	if d[i+1] != 'u' {
		if escapes[d[i+1]] == 0 {
			return -1
		}
		return i + 2
	}
	r := hex4(d, i+2)
	switch {
	case r < 0, r >= 0xdc00 && r <= 0xdfff:
		return -1
	case r < 0xd800 || r > 0xdbff:
		return i + 6
	}
	if i+8 > len(d) || d[i+6] != '\\' || d[i+7] != 'u' {
		return -1
	}
	if low := hex4(d, i+8); low < 0xdc00 || low > 0xdfff {
		return -1
	}
	return i + 12
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// hex4 returns the number that four hexadecimal digits at i write, or -1.
func hex4(d []byte, i int) rune {
	if i+4 > len(d) {
		return -1
	}
	var r rune
	for _, c := range d[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// decode appends the value of the string content d, which has been read
// before, to the scratch memory and returns it. The caller cuts st.decoded
// back when it is done.
func (st *State) decode(d []byte) []byte {
	start := len(st.decoded)
	st.decoded = Unescape(st.decoded, d)
	return st.decoded[start:]
}

// literal reads the rest of true, false or null.
func (st *State) literal(d []byte, i int, word string) int {
	if len(d)-i >= len(word) && string(d[i:i+len(word)]) == word {
		return i + len(word)
	}
	return st.syntax(i)
}
