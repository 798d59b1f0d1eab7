package schema

import (
	"unicode"
	"unicode/utf8"
)

// The rule for names that are written from right to left (RFC 5893 section
// 2), with classes by block and category instead of the tables of UAX 9.

type bidiClass uint8

const (
	bidiL bidiClass = iota
	bidiR           // R and AL
	bidiAN
	bidiEN
	bidiNSM
	bidiOther // ES, CS, ET, ON, BN
)

func classOf(r rune) bidiClass {
	switch {
	case r >= '0' && r <= '9', r >= 0x6f0 && r <= 0x6f9:
		return bidiEN
	case r >= 0x660 && r <= 0x669:
		return bidiAN
	case r == '-', r == 0xb7, r == 0x375, r == 0x30fb, r == 0x200c, r == 0x200d:
		return bidiOther
	case unicode.Is(unicode.Mn, r):
		return bidiNSM
	case r >= 0x590 && r <= 0x8ff, r >= 0xfb1d && r <= 0xfdff, r >= 0xfe70 && r <= 0xfeff,
		r >= 0x10800 && r <= 0x10fff, r >= 0x1e800 && r <= 0x1efff:
		return bidiR
	}
	return bidiL
}

// isBidiSafe judges a whole name whose labels are valid by themselves.
func isBidiSafe(b []byte, idn bool) bool {
	return eachLabel(b, idn, false) || eachLabel(b, idn, true)
}

// eachLabel decodes the labels one by one: with strict all must satisfy the
// rule, without it none may need it.
func eachLabel(b []byte, idn, strict bool) bool {
	var runes [maxLabel]rune
	for len(b) > 0 {
		end, size := labelEnd(b, idn)
		label := b[:end]
		b = b[end+size:]
		n := 0
		if len(label) > 4 && label[0]|0x20 == 'x' && label[1]|0x20 == 'n' && label[2] == '-' && label[3] == '-' {
			n = max(punycode(label[4:], &runes), 0)
		} else {
			for len(label) > 0 && n < maxLabel {
				r, size := utf8.DecodeRune(label)
				runes[n], label = r, label[size:]
				n++
			}
		}
		if strict && !isBidiLabel(runes[:n]) || !strict && rightToLeft(runes[:n]) {
			return false
		}
	}
	return true
}

func rightToLeft(label []rune) bool {
	for _, r := range label {
		if c := classOf(r); c == bidiR || c == bidiAN {
			return true
		}
	}
	return false
}

// isBidiLabel applies the six conditions.
func isBidiLabel(label []rune) bool {
	if len(label) == 0 {
		return false
	}
	first := classOf(label[0])
	if first != bidiL && first != bidiR {
		return false
	}
	var have [bidiOther + 1]bool
	last := first
	for _, r := range label {
		c := classOf(r)
		have[c] = true
		if c != bidiNSM {
			last = c
		}
	}
	if first == bidiR {
		return !have[bidiL] && !(have[bidiEN] && have[bidiAN]) && last != bidiOther
	}
	return !have[bidiR] && !have[bidiAN] && (last == bidiL || last == bidiEN)
}
