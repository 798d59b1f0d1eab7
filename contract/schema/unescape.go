package schema

import "unicode/utf8"

// Unescape appends what the content of a JSON string, without its quotes,
// means (RFC 8259 section 7). A schema must have read it before: of text that is
// not well-formed it makes something or other.
func Unescape(out, d []byte) []byte {
	for i := 0; i < len(d); {
		if d[i] != '\\' {
			j := i + 1
			for j < len(d) && d[j] != '\\' {
				j++
			}
			out = append(out, d[i:j]...)
			i = j
			continue
		}
		if i+1 == len(d) {
			break
		}
		if d[i+1] != 'u' {
			out = append(out, escapes[d[i+1]])
			i += 2
			continue
		}
		if i+6 > len(d) {
			break
		}
		r := hex4(d, i+2)
		i += 6
		if r >= 0xd800 && r <= 0xdbff && i+6 <= len(d) {
			r = (r-0xd800)<<10 + (hex4(d, i+2) - 0xdc00) + 0x10000
			i += 6
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
