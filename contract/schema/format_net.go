package schema

import (
	"bytes"
	"unicode/utf8"
)

// isIPv4 reads four numbers from 0 to 255 without leading zeros (RFC 2673
// section 3.2).
func isIPv4(b []byte) bool {
	for part := range 4 {
		n := leadingDigits(b)
		if n == 0 || n > 3 || n > 1 && b[0] == '0' {
			return false
		}
		v := 0
		for _, c := range b[:n] {
			v = v*10 + int(c-'0')
		}
		if v > 255 {
			return false
		}
		b = b[n:]
		if part < 3 {
			if len(b) == 0 || b[0] != '.' {
				return false
			}
			b = b[1:]
		}
	}
	return len(b) == 0
}

// isIPv6 reads an address without zone (RFC 4291 section 2.2).
func isIPv6(b []byte) bool {
	groups, gap := 0, false
	if len(b) < 2 || b[0] == ':' && b[1] != ':' {
		return false
	}
	if b[0] == ':' {
		gap = true
		b = b[2:]
	}
	for len(b) > 0 {
		n := 0
		for n < len(b) && isHex(b[n]) {
			n++
		}
		if n < len(b) && b[n] == '.' {
			return isIPv4(b) && fills(groups, 6, gap)
		}
		if n == 0 || n > 4 {
			return false
		}
		groups++
		if b = b[n:]; len(b) == 0 {
			break
		}
		if b[0] != ':' || len(b) == 1 {
			return false
		}
		if b = b[1:]; b[0] == ':' {
			if gap {
				return false
			}
			gap = true
			b = b[1:]
		}
	}
	return fills(groups, 8, gap)
}

// fills reports whether groups are all of the wanted ones. A gap stands for
// at least one.
func fills(groups, wanted int, gap bool) bool {
	if gap {
		return groups < wanted
	}
	return groups == wanted
}

func isHex(c byte) bool { return c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isAlnum(c byte) bool { return c-'0' <= 9 || letter(c) }

// isHostname reads labels of letters, digits and hyphens (RFC 1123 section
// 2.1); those that begin with xn-- must be valid A-labels (RFC 5890).
func isHostname(b []byte) bool { return isHost(b, false) }

func isIDNHostname(b []byte) bool { return isHost(b, true) }

const (
	maxHost  = 253
	maxLabel = 63
)

func isHost(b []byte, idn bool) bool {
	if len(b) == 0 || len(b) > 4*maxHost {
		return false
	}
	length, whole := 0, b
	for len(b) > 0 {
		label := b
		end, size := labelEnd(b, idn)
		if label, b = b[:end], b[end:]; size > 0 {
			if b = b[size:]; len(b) == 0 {
				return false
			}
		}
		n, ok := isLabel(label, idn)
		if !ok {
			return false
		}
		length += n + 1
	}
	return length-1 <= maxHost && isBidiSafe(whole, idn)
}

// labelEnd finds the next dot; IDNA knows three more (RFC 3490 section 3.1).
func labelEnd(b []byte, idn bool) (end, size int) {
	if !idn {
		if i := bytes.IndexByte(b, '.'); i >= 0 {
			return i, 1
		}
		return len(b), 0
	}
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == '.' || r == 0x3002 || r == 0xff0e || r == 0xff61 {
			return i, n
		}
		i += n
	}
	return len(b), 0
}

// isLabel judges one label and returns its length as it travels.
func isLabel(b []byte, idn bool) (int, bool) {
	if len(b) == 0 || b[0] == '-' || b[len(b)-1] == '-' {
		return 0, false
	}
	unicode := false
	for _, c := range b {
		if c >= utf8.RuneSelf && idn {
			unicode = true
		} else if !isAlnum(c) && c != '-' {
			return 0, false
		}
	}
	if unicode {
		return isULabel(b)
	}
	if len(b) > maxLabel {
		return 0, false
	}
	if len(b) >= 4 && b[2] == '-' && b[3] == '-' {
		return len(b), b[0]|0x20 == 'x' && b[1]|0x20 == 'n' && isALabel(b[4:])
	}
	return len(b), true
}

// isEmail reads local-part@domain (RFC 5321 section 4.1.2).
func isEmail(b []byte) bool { return isMailbox(b, false) }

// isIDNEmail allows what RFC 6531 section 3.3 adds.
func isIDNEmail(b []byte) bool { return isMailbox(b, true) }

func isMailbox(b []byte, idn bool) bool {
	at := bytes.LastIndexByte(b, '@')
	if at < 1 || at == len(b)-1 {
		return false
	}
	return isLocalPart(b[:at], idn) && isMailDomain(b[at+1:], idn)
}

func isLocalPart(b []byte, idn bool) bool {
	if b[0] == '"' {
		return len(b) > 1 && isQuoted(b, idn)
	}
	dot := true // before the first character, as after a dot
	for _, c := range b {
		switch {
		case c == '.' && dot:
			return false
		case c == '.':
			dot = true
			continue
		case c >= utf8.RuneSelf && idn:
		case !isAlnum(c) && bytes.IndexByte([]byte("!#$%&'*+-/=?^_`{|}~"), c) < 0:
			return false
		}
		dot = false
	}
	return !dot
}

func isQuoted(b []byte, idn bool) bool {
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i == len(b)-1
		case c == '\\':
			i++
			if i >= len(b)-1 || b[i] < ' ' || b[i] > '~' {
				return false
			}
		case c >= utf8.RuneSelf && !idn, c < ' ', c == 0x7f:
			return false
		}
	}
	return false
}

func isMailDomain(b []byte, idn bool) bool {
	if b[0] != '[' {
		return isHost(b, idn)
	}
	if b[len(b)-1] != ']' {
		return false
	}
	b = b[1 : len(b)-1]
	if rest, ok := bytes.CutPrefix(b, []byte("IPv6:")); ok {
		return isIPv6(rest)
	}
	return isIPv4(b)
}
