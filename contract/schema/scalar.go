package schema

import "github.com/gatehouse-api/gatehouse/contract/source"

// AppendScalar writes text, which is UTF-8, as the most specific JSON kind
// that it parses as and that types allow: boolean, null, integer or number in
// JSON's own grammar, else string. Text that fits no allowed kind becomes a
// string, which a schema of these kinds then refuses. An integer has no
// fraction and no exponent, since "1.0" and "1e3" are integers to some readers
// only.
func AppendScalar(dst, text []byte, types Types) []byte {
	switch {
	case types&(1<<source.Bool) != 0 && (string(text) == "true" || string(text) == "false"),
		types&(1<<source.Null) != 0 && string(text) == "null",
		types&(1<<source.Number) != 0 && isNumber(text, types&Integer != 0):
		return append(dst, text...)
	}
	return AppendString(dst, text)
}

// AppendString writes text, which is UTF-8, as a JSON string.
func AppendString[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		switch {
		case c >= 0x20:
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
		}
	}
	dst = append(dst, text[from:]...)
	return append(dst, '"')
}

const lowerHex = "0123456789abcdef"

// isNumber reports whether text is a number of RFC 8259 section 6; when whole
// is set, one without fraction and exponent.
func isNumber(text []byte, whole bool) bool {
	i := 0
	if i < len(text) && text[i] == '-' {
		i++
	}
	begin := i
	i = decimals(text, i)
	if i == begin || text[begin] == '0' && i > begin+1 {
		return false
	}
	if i == len(text) || whole {
		return i == len(text)
	}
	if text[i] == '.' {
		begin = i + 1
		if i = decimals(text, begin); i == begin {
			return false
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		begin = i
		if i = decimals(text, begin); i == begin {
			return false
		}
	}
	return i == len(text)
}

func decimals(text []byte, i int) int {
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	return i
}
