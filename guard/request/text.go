package request

import (
	"unicode/utf8"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// escapes says how text is encoded in its place.
type escapes uint8

const (
	literal escapes = iota // as it stands: header fields, cookies, parts
	percent                // percent-encoded: paths
	plus                   // percent-encoded, and "+" is a space: queries and forms
)

// decode returns raw with its escapes undone once: a view of raw, or of r.text
// that is valid until the next decode. The result is UTF-8 without control
// characters other than tab, line feed and carriage return.
func (r *reader) decode(raw []byte, how escapes) ([]byte, issue) {
	at := 0
	if how != literal {
		for at < len(raw) && raw[at] != '%' && (how != plus || raw[at] != '+') {
			at++
		}
		if at < len(raw) {
			t := append(r.text[:0], raw[:at]...)
			for i := at; i < len(raw); i++ {
				switch c := raw[i]; {
				case c == '+' && how == plus:
					t = append(t, ' ')
				case c != '%':
					t = append(t, c)
				case i+2 >= len(raw) || hexValues[raw[i+1]]|hexValues[raw[i+2]] > 15:
					return nil, badEscape
				default:
					t = append(t, hexValues[raw[i+1]]<<4|hexValues[raw[i+2]])
					i += 2
				}
			}
			r.text, raw = t, t
		}
	}
	return raw, checkText(raw)
}

// hexValues are the values of hexadecimal digits, 255 for all other bytes.
var hexValues = func() (t [256]byte) {
	for i := range t {
		switch c := byte(i); {
		case '0' <= c && c <= '9':
			t[i] = c - '0'
		case 'a' <= c && c <= 'f':
			t[i] = c - 'a' + 10
		case 'A' <= c && c <= 'F':
			t[i] = c - 'A' + 10
		default:
			t[i] = 255
		}
	}
	return t
}()

// checkText refuses what is not UTF-8 and control characters that no text
// needs.
func checkText(text []byte) issue {
	var wide byte
	for _, c := range text {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return badControl
		}
		wide |= c
	}
	if wide >= utf8.RuneSelf && !utf8.Valid(text) {
		return badUTF8
	}
	return fine
}

// allTypes are the kinds of a schema that says nothing.
const allTypes = 1<<source.Null | 1<<source.Bool | 1<<source.Number | 1<<source.String | 1<<source.Array | 1<<source.Object

const scalarTypes = 1<<source.Null | 1<<source.Bool | 1<<source.Number | 1<<source.String

func typesOf(s *schema.Shape) schema.Types {
	if s == nil {
		return allTypes
	}
	return s.Types
}

// appendScalar writes text as the most specific JSON kind that it parses as
// and that types allow: boolean, null, integer or number in JSON's own
// grammar, else string. Text that fits no allowed kind becomes a string, which
// the schema then refuses.
func appendScalar(dst, text []byte, types schema.Types) []byte {
	switch {
	case types&(1<<source.Bool) != 0 && (string(text) == "true" || string(text) == "false"),
		types&(1<<source.Null) != 0 && string(text) == "null",
		types&(1<<source.Number) != 0 && isNumber(text, types&schema.Integer != 0):
		return append(dst, text...)
	}
	return appendString(dst, text)
}

// isNumber reports whether text is a number of RFC 8259 section 6; when whole
// is set, one without fraction and exponent, since "1.0" and "1e3" are
// integers to some readers only.
func isNumber(text []byte, whole bool) bool {
	i := 0
	if i < len(text) && text[i] == '-' {
		i++
	}
	begin := i
	i = digits(text, i)
	if i == begin || text[begin] == '0' && i > begin+1 {
		return false
	}
	if i == len(text) || whole {
		return i == len(text)
	}
	if text[i] == '.' {
		begin = i + 1
		if i = digits(text, begin); i == begin {
			return false
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		begin = i
		if i = digits(text, begin); i == begin {
			return false
		}
	}
	return i == len(text)
}

func digits(text []byte, i int) int {
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	return i
}

const lowerHex = "0123456789abcdef"

// appendString writes text, which is UTF-8, as a JSON string.
func appendString[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		if c >= 0x20 {
			dst = append(dst, '\\', c)
		} else {
			dst = append(dst, '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
		}
	}
	dst = append(dst, text[from:]...)
	return append(dst, '"')
}
