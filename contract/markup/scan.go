package markup

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// Functions of this file read tokens of XML 1.0 (Fifth Edition). They take a
// place in the document and return the place after the token, or -1 when they
// have recorded why there is none.

// clean reports whether d is UTF-8 of the characters that XML allows (section
// 2.2, production 2). A byte order mark is refused: some readers remove it,
// some take it for text.
func clean(d []byte) bool {
	if bytes.HasPrefix(d, []byte("\xef\xbb\xbf")) {
		return false
	}
	const lows, highs = 0x0101010101010101, 0x8080808080808080
	for i := 0; i < len(d); {
		if i+8 <= len(d) {
			w := binary.LittleEndian.Uint64(d[i:])
			if (w|(w-lows*0x20))&highs == 0 { // all from 0x20 to 0x7f
				i += 8
				continue
			}
		}
		for end := min(i+8, len(d)); i < end; {
			c := d[i]
			if c < utf8.RuneSelf {
				if c < 0x20 && !isSpace(c) {
					return false
				}
				i++
				continue
			}
			r, size := utf8.DecodeRune(d[i:])
			if r == utf8.RuneError && size <= 1 || r == 0xfffe || r == 0xffff {
				return false
			}
			i += size
		}
	}
	return true
}

// isSpace reports white space (section 2.3, production 3).
func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func (st *State) space(i int) int {
	for i < len(st.d) && isSpace(st.d[i]) {
		i++
	}
	return i
}

// at reports whether s stands at i.
func (st *State) at(i int, s string) bool {
	return len(st.d)-i >= len(s) && string(st.d[i:i+len(s)]) == s
}

// pseudos are what an XML declaration says, in this order (section 2.8,
// productions 23 to 26, 32 and 80). The first must be there.
var pseudos = [...]struct {
	name   string
	values []string // upper and lower case count for encoding only
}{
	{"version", []string{"1.0"}},
	{"encoding", []string{"UTF-8", "utf-8", "Utf-8"}},
	{"standalone", []string{"yes", "no"}},
}

// declaration reads the XML declaration, if there is one. It stands at the
// very beginning or nowhere.
func (st *State) declaration() int {
	if !st.at(0, "<?xml") || len(st.d) < 6 || !isSpace(st.d[5]) {
		return 0
	}
	i := 5
	for k := range pseudos {
		end, stands := st.pseudo(i, pseudos[k].name, pseudos[k].values)
		if end < 0 || !stands && k == 0 {
			return st.fail(badDeclaration)
		}
		i = end
	}
	if i = st.space(i); !st.at(i, "?>") {
		return st.fail(badDeclaration)
	}
	return i + 2
}

// pseudo reads one part of the declaration, if it stands at i.
func (st *State) pseudo(i int, name string, values []string) (end int, stands bool) {
	start := st.space(i)
	if start == i || !st.at(start, name) {
		return i, false
	}
	i = st.space(start + len(name))
	if !st.at(i, "=") {
		return -1, true
	}
	i = st.space(i + 1)
	if !st.at(i, `"`) && !st.at(i, "'") {
		return -1, true
	}
	for _, v := range values {
		if st.at(i+1, v) && st.at(i+1+len(v), string(st.d[i:i+1])) {
			return i + len(v) + 2, true
		}
	}
	return -1, true
}

// comment reads the comment at i (section 2.5, production 15).
func (st *State) comment(i int) int {
	body := i + len("<!--")
	n := bytes.Index(st.d[body:], []byte("--"))
	if n < 0 || !st.at(body+n, "-->") {
		return st.fail(badComment)
	}
	return body + n + len("-->")
}

// blanks reads white space and comments. from is where the last run of white
// space begins.
func (st *State) blanks(i int) (from, end int) {
	for {
		from = i
		if i = st.space(i); !st.at(i, "<!--") {
			return from, i
		}
		if i = st.comment(i); i < 0 || !st.remark(from, i) {
			return -1, -1
		}
	}
}

// remark judges a comment. In an answer it tells what no contract describes.
func (st *State) remark(from, end int) bool {
	switch {
	case st.inner.Direction != schema.Answer:
	case st.inner.Undeclared == schema.Refuse:
		return st.fail(undeclaredComment) >= 0
	case st.inner.Undeclared == schema.Drop:
		st.drop(from, end)
	}
	return true
}

// markup says why the "<" at i begins nothing that may stand there.
func (st *State) markup(i int) int {
	switch {
	case st.at(i, "<!DOCTYPE"):
		return st.fail(doctype)
	case st.at(i, "<?"):
		return st.fail(instruction)
	case st.at(i, "<![CDATA["):
		return st.fail(strayText)
	}
	return st.fail(badMarkup)
}

// reference adds the character of the reference that raw begins with (section
// 4.1) to st.text and returns its length. Entities other than those of section
// 4.6 would need a declaration.
func (st *State) reference(raw []byte) int {
	n := bytes.IndexByte(raw[:min(len(raw), maxReference+2)], ';')
	if n < 0 {
		return st.fail(badReference)
	}
	name := raw[1:n]
	if c := predefined(name); c != 0 {
		st.text = append(st.text, c)
		return n + 1
	}
	r := character(name)
	if r < 0 {
		return st.fail(badReference)
	}
	st.text = utf8.AppendRune(st.text, r)
	return n + 1
}

func predefined(name []byte) byte {
	switch string(name) {
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "amp":
		return '&'
	case "apos":
		return '\''
	case "quot":
		return '"'
	}
	return 0
}

// character returns what a character reference such as "#9" or "#x1F600"
// stands for; -1 when that is no character of XML.
func character(name []byte) rune {
	if len(name) < 2 || name[0] != '#' {
		return -1
	}
	digits, base := name[1:], rune(10)
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	if len(digits) == 0 {
		return -1
	}
	var r rune
	for _, c := range digits {
		v := rune(-1)
		switch {
		case c >= '0' && c <= '9':
			v = rune(c - '0')
		case base == 16 && c >= 'a' && c <= 'f':
			v = rune(c-'a') + 10
		case base == 16 && c >= 'A' && c <= 'F':
			v = rune(c-'A') + 10
		}
		if v < 0 {
			return -1
		}
		if r = r*base + v; r > utf8.MaxRune {
			return -1
		}
	}
	switch {
	case r < 0x20 && !isSpace(byte(r)), r >= 0xd800 && r <= 0xdfff, r == 0xfffe, r == 0xffff:
		return -1
	}
	return r
}
