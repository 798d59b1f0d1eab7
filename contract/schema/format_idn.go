package schema

import (
	"unicode"
	"unicode/utf8"
)

// Internationalised labels: RFC 5891 and 5892 without normalisation, whose
// tables the standard library does not have.

// isALabel judges what follows xn--: it must decode (RFC 3492) to a valid
// U-label of at least one character beyond ASCII.
func isALabel(b []byte) bool {
	var runes [maxLabel]rune
	n := punycode(b, &runes)
	if n <= 0 {
		return false
	}
	wide := false
	for _, r := range runes[:n] {
		wide = wide || r >= utf8.RuneSelf
	}
	return wide && isLabelRunes(runes[:n])
}

// isULabel judges a label with characters beyond ASCII and returns its length
// in ASCII form.
func isULabel(b []byte) (int, bool) {
	var runes [maxLabel]rune
	n := 0
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if n == maxLabel {
			return 0, false
		}
		runes[n] = r
		n++
		i += size
	}
	length := punycodeLength(runes[:n]) + len("xn--")
	return length, length <= maxLabel && isLabelRunes(runes[:n])
}

// isLabelRunes applies the rules of RFC 5891 section 4.2.3 and the contextual
// rules of RFC 5892 appendix A.
func isLabelRunes(label []rune) bool {
	if unicode.Is(unicode.M, label[0]) || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	if len(label) >= 4 && label[2] == '-' && label[3] == '-' {
		return false
	}
	arabic, extended := false, false
	for i, r := range label {
		if !allowedRune(r) && !inContext(label, i) {
			return false
		}
		arabic = arabic || r >= 0x660 && r <= 0x669
		extended = extended || r >= 0x6f0 && r <= 0x6f9
	}
	return !arabic || !extended
}

// exceptions of RFC 5892 section 2.6, apart from those with context.
var (
	allowedAnyway = []rune{0xdf, 0x3c2, 0x6fd, 0x6fe, 0xf0b, 0x3007}
	neverAllowed  = []rune{0x640, 0x7fa, 0x302e, 0x302f, 0x3031, 0x3032, 0x3033, 0x3034, 0x3035, 0x303b}
)

func has(list []rune, r rune) bool {
	for _, x := range list {
		if x == r {
			return true
		}
	}
	return false
}

func allowedRune(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r == '-' || r-'0' >= 0 && r-'0' <= 9 || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	case has(allowedAnyway, r):
		return true
	case has(neverAllowed, r), r == 0x200c || r == 0x200d:
		return false
	}
	return unicode.In(r, unicode.Ll, unicode.Lu, unicode.Lo, unicode.Lm, unicode.Mn, unicode.Mc, unicode.Nd) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point)
}

// inContext applies the rules of RFC 5892 appendix A.
func inContext(label []rune, i int) bool {
	before, after := rune(-1), rune(-1)
	if i > 0 {
		before = label[i-1]
	}
	if i+1 < len(label) {
		after = label[i+1]
	}
	switch label[i] {
	case 0x200c, 0x200d: // zero width (non-)joiner: after a virama
		return has(viramas, before) || label[i] == 0x200c && joins(label, i)
	case 0xb7: // middle dot
		return before == 'l' && after == 'l'
	case 0x375: // Greek lower numeral sign
		return after >= 0 && unicode.Is(unicode.Greek, after)
	case 0x5f3, 0x5f4: // Hebrew geresh, gershayim
		return before >= 0 && unicode.Is(unicode.Hebrew, before)
	case 0x30fb: // Katakana middle dot
		for _, r := range label {
			if unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) && r != 0x30fb {
				return true
			}
		}
	}
	return false
}

// joins approximates the joining types of RFC 5892 appendix A.1: between
// letters of scripts whose letters join.
func joins(label []rune, i int) bool {
	return i > 0 && i+1 < len(label) &&
		unicode.In(label[i-1], unicode.Arabic, unicode.Syriac, unicode.Mongolian) &&
		unicode.In(label[i+1], unicode.Arabic, unicode.Syriac, unicode.Mongolian)
}

// viramas have canonical combining class 9.
var viramas = []rune{
	0x94d, 0x9cd, 0xa4d, 0xacd, 0xb4d, 0xbcd, 0xc4d, 0xccd, 0xd3b, 0xd3c, 0xd4d, 0xdca, 0xe3a, 0xeba, 0xf84,
	0x1039, 0x103a, 0x1714, 0x1734, 0x17d2, 0x1a60, 0x1b44, 0x1baa, 0x1bab, 0x1bf2, 0x1bf3, 0x2d7f, 0xa806,
	0xa8c4, 0xa953, 0xa9c0, 0xaaf6, 0xabed, 0x10a3f, 0x11046, 0x1107f, 0x110b9, 0x11133, 0x11134, 0x111c0,
}

// The parameters of punycode (RFC 3492 section 5).
const (
	pyBase, pyMin, pyMax, pySkew, pyDamp = 36, 1, 26, 38, 700
	pyBias, pyFirst                      = 72, 128
)

// punycode decodes b and returns the number of characters, or -1.
func punycode(b []byte, out *[maxLabel]rune) int {
	n := 0
	for i := len(b) - 1; i > 0; i-- {
		if b[i] == '-' {
			for _, c := range b[:i] {
				out[n] = rune(c)
				n++
			}
			b = b[i+1:]
			break
		}
	}
	code, at, bias := pyFirst, 0, pyBias
	for first := true; len(b) > 0; first = false {
		old, weight := at, 1
		for k := pyBase; ; k += pyBase {
			if len(b) == 0 {
				return -1
			}
			digit := pyDigit(b[0])
			b = b[1:]
			if digit < 0 || digit > (1<<30-at)/weight {
				return -1
			}
			at += digit * weight
			t := min(max(k-bias, pyMin), pyMax)
			if digit < t {
				break
			}
			if weight *= pyBase - t; weight > 1<<30 {
				return -1
			}
		}
		bias = pyAdapt(at-old, n+1, first)
		code += at / (n + 1)
		at %= n + 1
		if n == maxLabel || code > utf8.MaxRune {
			return -1
		}
		copy(out[at+1:n+1], out[at:n])
		out[at] = rune(code)
		n, at = n+1, at+1
	}
	return n
}

func pyDigit(c byte) int {
	switch {
	case c-'0' <= 9:
		return int(c-'0') + 26
	case letter(c):
		return int(c | 0x20 - 'a')
	}
	return -1
}

func pyAdapt(delta, points int, first bool) int {
	if first {
		delta /= pyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (pyBase-pyMin)*pyMax/2; k += pyBase {
		delta /= pyBase - pyMin
	}
	return k + (pyBase-pyMin+1)*delta/(delta+pySkew)
}

// punycodeLength returns how many characters the encoding of label has.
func punycodeLength(label []rune) int {
	length, basic := 0, 0
	for _, r := range label {
		if r < utf8.RuneSelf {
			basic++
		}
	}
	if length = basic; basic > 0 {
		length++
	}
	code, delta, bias, done := rune(pyFirst), 0, pyBias, basic
	for done < len(label) {
		next := rune(utf8.MaxRune)
		for _, r := range label {
			if r >= code && r < next {
				next = r
			}
		}
		delta += int(next-code) * (done + 1)
		code = next
		for _, r := range label {
			if r < code {
				delta++
			}
			if r != code {
				continue
			}
			q := delta
			for k := pyBase; ; k += pyBase {
				length++
				t := min(max(k-bias, pyMin), pyMax)
				if q < t {
					break
				}
				q = (q - t) / (pyBase - t)
			}
			bias = pyAdapt(delta, done+1, done == basic)
			delta = 0
			done++
		}
		delta++
		code++
	}
	return length
}
