package request

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// disposition reads `form-data; name="..."; filename="..."` (RFC 7578 section
// 4.2) and refuses every form that Go, Node or Python read differently: other
// parameters, a filename* that does not repeat the filename, backslashes, paths in
// file names, and in names the escapes that browsers write for quotes and line
// ends (WHATWG HTML section 4.10.21.8), which some readers turn back. Nobody
// finds a value by its file name, so those may hold them. An empty file name is
// that of a file input in which no file was chosen. value begins at at in raw;
// p gets the place of the name.
func disposition(raw []byte, at int, value []byte, p *pair, h *partHead) style.Issue {
	const kind = "form-data"
	var file, extended []byte
	if len(value) < len(kind) || !strings.EqualFold(media.View(value[:len(kind)]), kind) {
		return badDisposition
	}
	for i := len(kind); i < len(value); {
		i = skipBlank(value, i)
		if i == len(value) || value[i] != ';' {
			return badDisposition
		}
		i = skipBlank(value, i+1)
		begin := i
		for i < len(value) && media.Tokens[value[i]] {
			i++
		}
		name := value[begin:i]
		if i == len(value) || value[i] != '=' {
			return badDisposition
		}
		from, to, next := paramValue(value, i+1)
		if next < 0 || !plainValue(value[from:to]) {
			return badDisposition
		}
		escaped := holdsEscape(value[from:to])
		switch quoted := next > to; {
		case strings.EqualFold(media.View(name), "name") && p.eq == 0 && to > from && !escaped:
			p.start, p.eq = uint32(at+from), uint32(at+to)
		case strings.EqualFold(media.View(name), "filename") && !h.file && plainFile(value[from:to]) && (quoted || !escaped):
			h.file, h.unnamed, file = true, to == from, value[from:to]
			h.from, h.to = uint32(at+from), uint32(at+to)
		case strings.EqualFold(media.View(name), "filename*") && extended == nil && !escaped:
			extended = value[from:to]
		default:
			return badDisposition
		}
		i = next
	}
	if p.eq == 0 || strings.EqualFold(media.View(raw[p.start:p.eq]), "_charset_") {
		return badDisposition // RFC 7578 section 4.6 would change the charset
	}
	if extended != nil && (!h.file || h.unnamed || !sameExtended(extended, file)) {
		return badDisposition
	}
	return style.Fine
}

// sameExtended reports whether an extended value (RFC 8187 section 3.2.1) says
// plain in UTF-8. RFC 7578 section 4.2 forbids them, and some clients send both
// all the same.
func sameExtended(extended, plain []byte) bool {
	const charset = "utf-8''"
	if len(extended) < len(charset) || !strings.EqualFold(media.View(extended[:len(charset)]), charset) {
		return false
	}
	extended = extended[len(charset):]
	for len(extended) > 0 && len(plain) > 0 {
		c, n := extended[0], 1
		if c == '%' {
			if n = 3; len(extended) < n || style.Hex[extended[1]]|style.Hex[extended[2]] > 15 {
				return false
			}
			c = style.Hex[extended[1]]<<4 | style.Hex[extended[2]]
		}
		if c != plain[0] {
			return false
		}
		extended, plain = extended[n:], plain[1:]
	}
	return len(extended) == 0 && len(plain) == 0
}

// paramValue finds a quoted string or token that begins at i; next is -1 when
// there is none.
func paramValue(b []byte, i int) (from, to, next int) {
	if i < len(b) && b[i] == '"' {
		end := bytes.IndexByte(b[i+1:], '"')
		if end < 0 {
			return 0, 0, -1
		}
		return i + 1, i + 1 + end, i + 2 + end
	}
	from = i
	for i < len(b) && media.Tokens[b[i]] {
		i++
	}
	if i == from {
		return 0, 0, -1
	}
	return from, i, i
}

// plainValue reports whether all readers take v as it stands.
func plainValue(v []byte) bool {
	for i, c := range v {
		switch {
		case c == '\\', c < 0x20, c == 0x7f:
			return false
		case c == '=' && i+1 < len(v) && v[i+1] == '?':
			return false // an encoded word (RFC 2047) to readers of mail
		}
	}
	return utf8.Valid(v)
}

// holdsEscape reports whether v holds %22, %0D or %0A.
func holdsEscape(v []byte) bool {
	for i, c := range v {
		if c != '%' || i+2 >= len(v) || style.Hex[v[i+1]] > 15 {
			continue
		}
		if d := style.Hex[v[i+1]]<<4 | style.Hex[v[i+2]]; d == '"' || d == '\r' || d == '\n' {
			return true
		}
	}
	return false
}

// plainFile reports whether all readers take a file name as it stands: some
// keep only what follows a slash.
func plainFile(v []byte) bool {
	return bytes.IndexByte(v, '/') < 0 && string(v) != "." && string(v) != ".."
}

func skipBlank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}
