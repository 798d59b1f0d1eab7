package forwarded

import (
	"bytes"
	"net/netip"

	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// strictNode reads a node of RFC 7239 section 6 and returns its address; one
// that is hidden, unknown or written otherwise has none.
func strictNode(b []byte) netip.Addr {
	if len(b) > 0 && b[0] != '[' && bytes.Count(b, colon) > 1 {
		return netip.Addr{} // an address of version 6 stands in brackets
	}
	return looseNode(b)
}

var colon = []byte(":")

// looseNode reads a node as X-Forwarded-For has it, where nothing is standard:
// an address, in brackets or not, with a port or without.
func looseNode(b []byte) netip.Addr {
	address, port := b, []byte(nil)
	switch i := bytes.IndexByte(b, ':'); {
	case len(b) > 0 && b[0] == '[':
		end := bytes.IndexByte(b, ']')
		if end < 0 {
			return netip.Addr{}
		}
		address, port = b[1:end], b[end+1:]
		if bytes.IndexByte(address, ':') < 0 {
			return netip.Addr{}
		}
	case i >= 0 && bytes.IndexByte(b[i+1:], ':') < 0:
		address, port = b[:i], b[i:]
	}
	if len(port) > 0 && !isPort(port) {
		return netip.Addr{}
	}
	if bytes.IndexByte(address, ':') >= 0 {
		return address6(address).Unmap()
	}
	four, ok := address4(address)
	if !ok {
		return netip.Addr{}
	}
	return netip.AddrFrom4(four)
}

// isPort takes ":" with a port, or with one that is hidden (RFC 7239 section
// 6: obfport).
func isPort(b []byte) bool {
	if len(b) < 2 || b[0] != ':' {
		return false
	}
	if b = b[1:]; b[0] == '_' {
		return len(b) > 1 && octet.All(b, octet.Host)
	}
	_, ok := octet.Number(b)
	return ok && len(b) <= 5
}

// address4 reads four numbers without leading zeros. It is here because
// netip's own reader allocates.
func address4(b []byte) (a [4]byte, ok bool) {
	for i := range a {
		n, digits := 0, 0
		for digits < len(b) && '0' <= b[digits] && b[digits] <= '9' && digits < 4 {
			n = 10*n + int(b[digits]-'0')
			digits++
		}
		if digits == 0 || n > 255 || digits > 1 && b[0] == '0' {
			return a, false
		}
		a[i], b = byte(n), b[digits:]
		if i < 3 {
			if len(b) == 0 || b[0] != '.' {
				return a, false
			}
			b = b[1:]
		}
	}
	return a, len(b) == 0
}

// address6 reads what RFC 4291 section 2.2 allows, without a zone.
func address6(b []byte) netip.Addr {
	var a [16]byte
	n, gap := 0, -1 // bytes so far; where "::" stands
	if bytes.HasPrefix(b, []byte("::")) {
		gap, b = 0, b[2:]
	}
	for len(b) > 0 {
		value, digits := 0, 0
		for digits < len(b) && digits < 5 && hex(b[digits]) >= 0 {
			value = value<<4 | hex(b[digits])
			digits++
		}
		if digits < len(b) && b[digits] == '.' {
			four, ok := address4(b)
			if !ok || n > 12 {
				return netip.Addr{}
			}
			n += copy(a[n:], four[:])
			break
		}
		if digits == 0 || digits > 4 || n > 14 {
			return netip.Addr{}
		}
		a[n], a[n+1] = byte(value>>8), byte(value)
		n += 2
		if b = b[digits:]; len(b) == 0 {
			break
		}
		if b[0] != ':' || len(b) == 1 {
			return netip.Addr{}
		}
		if b = b[1:]; b[0] == ':' {
			if gap >= 0 {
				return netip.Addr{}
			}
			gap, b = n, b[1:]
		}
	}
	switch {
	case gap < 0 && n < 16, gap >= 0 && n == 16:
		return netip.Addr{}
	case gap >= 0:
		moved := copy(a[16-(n-gap):], a[gap:n])
		clear(a[gap : 16-moved])
	}
	return netip.AddrFrom16(a)
}

func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
