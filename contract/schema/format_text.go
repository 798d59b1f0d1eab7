package schema

// isJSONPointer reads RFC 6901 section 3.
func isJSONPointer(b []byte) bool {
	if len(b) > 0 && b[0] != '/' {
		return false
	}
	for i, c := range b {
		if c == '~' && (i+1 == len(b) || b[i+1] != '0' && b[i+1] != '1') {
			return false
		}
	}
	return true
}

// isRelativeJSONPointer reads draft-bhutton-relative-json-pointer-00 section 3.
func isRelativeJSONPointer(b []byte) bool {
	n := leadingDigits(b)
	if n == 0 || n > 1 && b[0] == '0' {
		return false
	}
	if b = b[n:]; len(b) > 1 && (b[0] == '+' || b[0] == '-') {
		n = leadingDigits(b[1:])
		if n == 0 || b[1] == '0' {
			return false
		}
		b = b[1+n:]
	}
	return len(b) == 1 && b[0] == '#' || isJSONPointer(b)
}

// isUUID reads RFC 9562 section 4.
func isUUID(b []byte) bool {
	if len(b) != 36 {
		return false
	}
	for i, c := range b {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !isHex(c) {
				return false
			}
		}
	}
	return true
}

// isBase64 reads RFC 4648 section 4, with padding.
func isBase64(b []byte) bool {
	if len(b)%4 != 0 {
		return false
	}
	n := len(b)
	for pad := 0; pad < 2 && n > 0 && b[n-1] == '='; pad++ {
		n--
	}
	for _, c := range b[:n] {
		if !isAlnum(c) && c != '+' && c != '/' {
			return false
		}
	}
	return true
}

// maxRegex bounds expressions that documents may carry, since compiling one
// costs more than reading it.
const maxRegex = 1000

// isRegex reports whether b is an expression that this package can use.
func isRegex(b []byte) bool {
	if len(b) > maxRegex {
		return false
	}
	_, err := compilePattern(string(b))
	return err == nil || err.hint == hintRewrite
}
