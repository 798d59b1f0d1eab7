package detect

// maxNesting bounds how deep JSON in a value is followed.
const maxNesting = 64

// looksJSON says whether the whole of s is one JSON array or object (RFC
// 8259), as far as the reading of its strings needs it: brackets pair,
// strings end, and nothing but JSON stands between them.
func looksJSON(s []byte) bool {
	var open [maxNesting]byte
	depth, begun := 0, false
	for i := 0; i < len(s); i++ {
		switch b := s[i]; b {
		case ' ', '\t', '\r', '\n':
		case '{', '[':
			if depth == maxNesting || depth == 0 && begun {
				return false
			}
			if b == '{' && !named(s[i+1:]) {
				return false
			}
			open[depth] = b
			depth, begun = depth+1, true
		case '}', ']':
			if depth == 0 || open[depth-1] != b-2 { // '[' is ']'-2 and '{' is '}'-2
				return false
			}
			depth--
		case '"':
			if depth == 0 {
				return false
			}
			if i = stringEnd(s, i); i < 0 {
				return false
			}
		case ',', ':':
			if depth == 0 {
				return false
			}
		default:
			n := literal(s[i:])
			if depth == 0 || n == 0 {
				return false
			}
			i += n - 1
		}
	}
	return begun && depth == 0
}

// named says whether what follows { is a name or the end of the object: a
// second brace or a number begins an expression of a template.
func named(s []byte) bool {
	for _, b := range s {
		if kinds[b]&(cSpace|cTab|cNewline) == 0 {
			return b == '"' || b == '}'
		}
	}
	return false
}

// stringEnd is the index of the quote that ends the JSON string which begins
// at i, or -1.
func stringEnd(s []byte, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return -1
}

// literal is the length of a number, true, false or null at the beginning of
// s, 0 if there is none.
func literal(s []byte) int {
	for _, word := range [...]string{"true", "false", "null"} {
		if len(s) >= len(word) && string(s[:len(word)]) == word {
			return len(word)
		}
	}
	n := 0
	for n < len(s) && (kinds[s[n]]&(cDigit|cMinus|cPlus|cDot) != 0 || s[n]|0x20 == 'e') {
		n++
	}
	if n > 0 && s[0]|0x20 == 'e' {
		return 0
	}
	return n
}

// leaves reads every string of the JSON in text, names as well as values.
func (v *view) leaves(text []byte, layer uint8) {
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		end := stringEnd(text, i)
		if end < 0 {
			return
		}
		leaf := jsonString(v.bufs[layer][:0], text[i+1:end])
		v.bufs[layer] = leaf
		v.walk(leaf, scan(leaf), layer)
		i = end
	}
}

// jsonString appends the value of the JSON string s (RFC 8259, section 7).
// \u escapes are left to the next layer when they are not of ASCII.
func jsonString(dst, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			dst = append(dst, s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'b', 'f':
			dst = append(dst, ' ')
		case 'u':
			if r, n := backslash(s[i-1:]); n > 0 {
				if r >= 0 {
					dst = append(dst, byte(r))
				}
				i += n - 2
				continue
			}
			dst = append(dst, '\\', 'u')
		default:
			dst = append(dst, s[i])
		}
	}
	return dst
}
