package style

import (
	"unicode/utf8"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Escapes says how text is encoded in its place.
type Escapes uint8

const (
	Literal Escapes = iota // as it stands: header fields, cookies, parts
	Percent                // percent-encoded: paths
	Plus                   // percent-encoded, and "+" is a space: queries and forms
)

// Decode returns raw with its escapes undone once: a view of raw, or of r.Text
// that is valid until the next decode. The result is UTF-8 without control
// characters other than tab, line feed and carriage return.
func (r *Writer) Decode(raw []byte, how Escapes) ([]byte, Issue) {
	at := 0
	if how != Literal {
		for at < len(raw) && raw[at] != '%' && (how != Plus || raw[at] != '+') {
			at++
		}
		if at < len(raw) {
			t := append(r.Text[:0], raw[:at]...)
			for i := at; i < len(raw); i++ {
				switch c := raw[i]; {
				case c == '+' && how == Plus:
					t = append(t, ' ')
				case c != '%':
					t = append(t, c)
				case i+2 >= len(raw) || Hex[raw[i+1]]|Hex[raw[i+2]] > 15:
					return nil, BadEscape
				default:
					t = append(t, Hex[raw[i+1]]<<4|Hex[raw[i+2]])
					i += 2
				}
			}
			r.Text, raw = t, t
		}
	}
	return raw, CheckText(raw)
}

// Hex holds the values of hexadecimal digits, 255 for all other bytes.
var Hex = func() (t [256]byte) {
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

// CheckText refuses what is not UTF-8 and control characters that no text
// needs.
func CheckText(text []byte) Issue {
	var wide byte
	for _, c := range text {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return BadControl
		}
		wide |= c
	}
	if wide >= utf8.RuneSelf && !utf8.Valid(text) {
		return BadUTF8
	}
	return Fine
}

// AllTypes are the kinds of a schema that says nothing.
const AllTypes = 1<<source.Null | 1<<source.Bool | 1<<source.Number | 1<<source.String | 1<<source.Array | 1<<source.Object

// ScalarTypes are those without parts.
const ScalarTypes = 1<<source.Null | 1<<source.Bool | 1<<source.Number | 1<<source.String

// TypesOf returns the kinds of a shape; all of them for none.
func TypesOf(s *schema.Shape) schema.Types {
	if s == nil {
		return AllTypes
	}
	return s.Types
}

// Digits returns the end of the digits that begin at i.
func Digits(text []byte, i int) int {
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	return i
}

// Constrains reports whether a schema of shape s asks more of bytes than to be
// bytes.
func Constrains(s *schema.Shape) bool {
	if s == nil || TypesOf(s)&AllTypes == AllTypes {
		return false
	}
	return TypesOf(s)&(1<<source.String) == 0 || !s.Binary
}
