// Package octet knows which bytes HTTP allows in tokens, field values, targets
// and hosts, so that engines and upstreams refuse alike. The packages below
// wire import it; it imports nothing and knows nothing of messages.
package octet

import "encoding/binary"

// Class is a set of bytes. A byte may be in several.
type Class uint8

const (
	Token  Class = 1 << iota // RFC 9110 section 5.6.2
	Value                    // RFC 9110 section 5.5: no control characters but HTAB
	Target                   // visible ASCII without "#": a fragment is never sent
	Host                     // letters, digits, "-", "_" and "."
)

var classes = func() (t [256]Class) {
	for c := range t {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' && c < 0x80
		digit := '0' <= c && c <= '9'
		if letter || digit || c == '-' || c == '_' || c == '.' {
			t[c] |= Host | Token
		}
		if 0x20 < c && c < 0x7f && c != '#' {
			t[c] |= Target
		}
		if c == '\t' || 0x20 <= c && c != 0x7f {
			t[c] |= Value
		}
	}
	for _, c := range []byte("!#$%&'*+^`|~") {
		t[c] |= Token
	}
	return t
}()

// Is reports whether b is in class.
func Is(b byte, class Class) bool { return classes[b]&class != 0 }

// All reports whether every byte of v is in class.
func All(v []byte, class Class) bool {
	for _, c := range v {
		if classes[c]&class == 0 {
			return false
		}
	}
	return true
}

// IsValue reports whether every byte of v is in Value. It is All for what is
// long: it looks at eight bytes at once.
func IsValue(v []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for len(v) >= 8 {
		x := binary.LittleEndian.Uint64(v)
		low := (x - 0x20*ones) &^ x                     // a high bit where a byte is below 0x20, and perhaps above such a byte
		del := x ^ 0x7f*ones                            // 0 where a byte is 0x7f
		del = (del - ones) &^ del                       // as above
		if (low|del)&highs != 0 && !All(v[:8], Value) { // HTAB is allowed
			return false
		}
		v = v[8:]
	}
	return All(v, Value)
}

// Trim removes the white space around a value (RFC 9110 section 5.6.3).
func Trim(v []byte) []byte {
	for len(v) > 0 && (v[0] == ' ' || v[0] == '\t') {
		v = v[1:]
	}
	for len(v) > 0 && (v[len(v)-1] == ' ' || v[len(v)-1] == '\t') {
		v = v[:len(v)-1]
	}
	return v
}

// IsToken reports whether v is a token.
func IsToken(v []byte) bool { return len(v) > 0 && All(v, Token) }

// Number reads digits; at most 18, so that nothing overflows.
func Number(v []byte) (n int64, ok bool) {
	if len(v) == 0 || len(v) > 18 {
		return 0, false
	}
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
