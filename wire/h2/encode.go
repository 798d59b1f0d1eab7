package h2

import (
	"strconv"
)

// Answers are encoded without a dynamic table (RFC 7541 section 4.2 leaves its
// use to the encoder), so that a field block depends on no other: streams make
// theirs side by side, and no secret can be guessed by what a table saves.

// literal and secret are the representations that are written (RFC 7541
// sections 6.2.2 and 6.2.3), with their prefixes.
const (
	literal, secret byte = 0x00, 0x10
	prefix               = 4
)

// names are the indexes of the static table (RFC 7541 appendix A) under which
// answers find names.
var names = func() map[string]uint64 {
	m := map[string]uint64{}
	for i, n := range [...]string{
		15: "accept-charset", 16: "accept-encoding", 17: "accept-language", 18: "accept-ranges", 19: "accept", 20: "access-control-allow-origin",
		21: "age", 22: "allow", 23: "authorization", 24: "cache-control", 25: "content-disposition", 26: "content-encoding", 27: "content-language",
		28: "content-length", 29: "content-location", 30: "content-range", 31: "content-type", 32: "cookie", 33: "date", 34: "etag", 35: "expect",
		36: "expires", 37: "from", 38: "host", 39: "if-match", 40: "if-modified-since", 41: "if-none-match", 42: "if-range", 43: "if-unmodified-since",
		44: "last-modified", 45: "link", 46: "location", 47: "max-forwards", 48: "proxy-authenticate", 49: "proxy-authorization", 50: "range",
		51: "referer", 52: "refresh", 53: "retry-after", 54: "server", 55: "set-cookie", 56: "strict-transport-security", 57: "transfer-encoding",
		58: "user-agent", 59: "vary", 60: "via", 61: "www-authenticate",
	} {
		if n != "" {
			m[n] = uint64(i)
		}
	}
	return m
}()

// appendStatus appends ":status" (RFC 9113 section 8.3.2).
func appendStatus(b []byte, status int) []byte {
	for i, known := range [...]int{200, 204, 206, 304, 400, 404, 500} {
		if status == known {
			return append(b, 0x80|byte(8+i))
		}
	}
	b = append(b, literal|8, 3)
	return strconv.AppendInt(b, int64(status), 10)
}

// appendField appends a field, its name in lower case (RFC 9113 section
// 8.2.1).
func appendField(b, name, value []byte) []byte {
	var lower [64]byte
	if len(name) > len(lower) {
		return appendLong(b, name, value)
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	key := lower[:len(name)]
	kind := literal
	if string(key) == "set-cookie" { // RFC 7541 section 7.1.3
		kind = secret
	}
	if i, ok := names[string(key)]; ok {
		b = appendNumber(b, kind, prefix, i)
	} else {
		b = appendText(append(b, kind), key)
	}
	return appendText(b, value)
}

func appendLong(b, name, value []byte) []byte {
	b = appendNumber(append(b, literal), 0, 7, uint64(len(name)))
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return appendText(b, value)
}

// appendText appends a string literal as it is (RFC 7541 section 5.2).
func appendText(b, text []byte) []byte {
	b = appendNumber(b, 0, 7, uint64(len(text)))
	return append(b, text...)
}

// appendNumber appends an integer behind bits of a first byte (RFC 7541
// section 5.1).
func appendNumber(b []byte, first byte, bits uint, n uint64) []byte {
	most := uint64(1)<<bits - 1
	if n < most {
		return append(b, first|byte(n))
	}
	b = append(b, first|byte(most))
	for n -= most; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}
