package ssrf

// numeric reports whether host is an IPv4 address in any of the ways in which
// somebody reads one: its last label is a number (WHATWG URL, "ends in a number
// checker"), or all of its labels are made of the digits of one. host is in
// small letters and without a dot at its end.
func numeric(host []byte) bool {
	last := host
	for i := len(host) - 1; i >= 0; i-- {
		if host[i] == '.' {
			last = host[i+1:]
			break
		}
	}
	return number(last)
}

// number reports whether a label is digits, or 0x with hexadecimal digits or
// none.
func number(label []byte) bool {
	if len(label) == 0 {
		return false
	}
	if len(label) >= 2 && label[0] == '0' && label[1] == 'x' {
		for _, c := range label[2:] {
			if !isDigit(c) && (c < 'a' || c > 'f') {
				return false
			}
		}
		return true
	}
	for _, c := range label {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
