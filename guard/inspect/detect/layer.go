package detect

import "bytes"

// codings are the characters under which another text may hide.
const codings = cPercent | cAmp | cBack | cHigh

// codingMarks are the bytes of codings.
var codingMarks = bytesOfKinds(codings)

// shortCoded is the longest text that is read as coded for a query or a form
// also where none is coded so: values are copied from one into the other.
const shortCoded = 256

// under reads what is coded in text: the strings of JSON, then the text with
// all escapes undone, then with + as the space of a query, then base64.
func (v *view) under(text []byte, m chars, layer uint8, isJSON bool) {
	if isJSON {
		v.leaves(text, layer)
		return
	}
	if m&codings != 0 {
		plain, ok := unescape(v.bufs[layer][:0], text)
		if v.bufs[layer] = plain; ok {
			v.walk(plain, scan(plain), layer)
		}
	}
	if m&cPlus != 0 && m&cSpace == 0 && (v.at == Query || v.at == Form || v.at == Path || len(text) <= shortCoded && m&(cSingle|cDouble|cSemi|cPipe|cMinus|cNewline|cStar) != 0) {
		plain := append(v.bufs[layer][:0], text...)
		for i, b := range plain {
			if b == '+' {
				plain[i] = ' '
			}
		}
		v.bufs[layer] = plain
		// a pair of + was one that was meant, next to one that is a space
		v.walk(plain, m&^cPlus|cSpace, layer)
	}
	plain, ok := fromBase64(v.bufs[layer][:0], text, m)
	if v.bufs[layer] = plain; ok { // room that was made for nothing is kept, too
		v.walk(plain, scan(plain), layer)
	}
}

// unescape undoes every escape in src once, all kinds in one pass, and appends
// to dst: percent (also %uXXXX), HTML entities, \uXXXX and \xXX, over-long
// UTF-8 and characters of Unicode that servers fold to ASCII. It reports
// whether there was any.
func unescape(dst, src []byte) ([]byte, bool) {
	from, changed := 0, false
	for i := 0; ; {
		if i = codingMarks.next(src, i); i == len(src) {
			break
		}
		r, n := escape(src[i:])
		if n == 0 {
			i++
			continue
		}
		dst = append(dst, src[from:i]...)
		if r == 0xa0 && (len(dst) == 0 || dst[len(dst)-1] < 0x80) {
			r = ' ' // the no-break space of one byte, which MySQL skips
		}
		if r >= 0 {
			dst = append(dst, byte(r))
		}
		i += n
		from, changed = i, true
	}
	if !changed {
		return dst, false
	}
	return append(dst, src[from:]...), true
}

// escape reads the escape at the beginning of s: the byte that it stands for,
// or -1 for none, and its length, 0 if there is none. A character beyond ASCII
// that is no disguise stays as it is.
func escape(s []byte) (r, n int) {
	switch s[0] {
	case '%':
		return percent(s)
	case '&':
		return entity(s)
	case '\\':
		return backslash(s)
	}
	return disguise(s)
}

// percent reads %XX (RFC 3986, section 2.1) and the %uXXXX of old servers.
func percent(s []byte) (r, n int) {
	if len(s) >= 3 {
		if c, ok := hexes(s[1:3]); ok {
			return c, 3
		}
		if c := s[1]; kinds[c]&(cSpace|cTab|cNewline|cPercent|cHigh) == 0 && (s[2] == '%' || s[2] == ' ') {
			return int(c), 2 // classic ASP drops the sign of an escape that is none
		}
	}
	if len(s) >= 6 && s[1]|0x20 == 'u' {
		if c, ok := hexes(s[2:6]); ok {
			return folded(rune(c)), 6
		}
	}
	return 0, 0
}

// backslash reads \uXXXX, \u{X...} and \xXX, and the \/ of JSON.
func backslash(s []byte) (r, n int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '/':
		return '/', 2
	case 'x':
		if len(s) >= 4 {
			if c, ok := hexes(s[2:4]); ok {
				return c, 4
			}
		}
	case 'u':
		if len(s) >= 6 {
			if c, ok := hexes(s[2:6]); ok {
				return folded(rune(c)), 6
			}
		}
		if len(s) >= 5 && s[2] == '{' {
			if end := bytes.IndexByte(s[3:min(len(s), 12)], '}'); end > 0 {
				if c, ok := hexes(s[3 : 3+end]); ok {
					return folded(rune(c)), end + 4
				}
			}
		}
	}
	return 0, 0
}

// entityNames are the named characters of HTML that matter to a grammar.
var entityNames = []struct {
	name string
	is   byte
}{
	{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}, {"colon", ':'}, {"semi", ';'},
	{"lpar", '('}, {"rpar", ')'}, {"lsqb", '['}, {"lbrack", '['}, {"rsqb", ']'}, {"rbrack", ']'}, {"lcub", '{'}, {"lbrace", '{'},
	{"rcub", '}'}, {"rbrace", '}'}, {"sol", '/'}, {"bsol", '\\'}, {"period", '.'}, {"comma", ','}, {"equals", '='}, {"num", '#'},
	{"dollar", '$'}, {"percnt", '%'}, {"grave", '`'}, {"vert", '|'}, {"verbar", '|'}, {"excl", '!'}, {"ast", '*'}, {"plus", '+'},
	{"commat", '@'}, {"quest", '?'}, {"hyphen", '-'}, {"lowbar", '_'}, {"tab", '\t'}, {"newline", '\n'},
}

// entity reads &#N; &#xN; and the names above, also without the semicolon, as
// browsers do (HTML, section 13.2.5.72).
func entity(s []byte) (r, n int) {
	if len(s) < 3 {
		return 0, 0
	}
	if s[1] == '#' {
		return numericEntity(s)
	}
	end := 1
	for end < len(s) && end < 10 && kinds[s[end]]&cLetter != 0 {
		end++
	}
	semi := end < len(s) && s[end] == ';'
	for i := range entityNames {
		e := &entityNames[i]
		if len(e.name) == end-1 && equalFold(s[1:end], e.name) && (semi || i < 4) {
			if semi {
				end++
			}
			return int(e.is), end
		}
	}
	return 0, 0
}

func numericEntity(s []byte) (r, n int) {
	i, base := 2, 10
	if s[2]|0x20 == 'x' {
		i, base = 3, 16
	}
	begin, c := i, 0
	for ; i < len(s); i++ {
		d := hexDigit(s[i])
		if d < 0 || d >= base {
			break
		}
		c = min(c*base+d, 1<<24) // leading zeros are without bound
	}
	if i == begin {
		return 0, 0
	}
	if i < len(s) && s[i] == ';' {
		i++
	}
	return folded(rune(c)), i
}

// folded is the ASCII character that r becomes in a server that folds, '?' for
// others, and -1 for a character that is invisible.
func folded(r rune) int {
	switch {
	case r < 0x80:
		return int(r)
	case r >= 0xff01 && r <= 0xff5e: // fullwidth forms
		return int(r - 0xfee0)
	}
	switch r {
	case 0x2b9, 0x2bc, 0x2bb, 0x2018, 0x2019, 0x201b, 0x2032, 0xb4:
		return '\''
	case 0x2ba, 0x201c, 0x201d, 0x2033:
		return '"'
	case 0x2039, 0x3008, 0xfe64, 0x2329:
		return '<'
	case 0x203a, 0x3009, 0xfe65, 0x232a:
		return '>'
	case 0x2044, 0x2215:
		return '/'
	case 0x2216, 0xfe68:
		return '\\'
	case 0x2024, 0xfe52:
		return '.'
	case 0xa0, 0x3000, 0x2028, 0x2029:
		return ' '
	case 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, 0xad:
		return -1
	}
	return '?'
}

// disguise reads a character of UTF-8 that folds to ASCII, or an over-long
// form of an ASCII character, which UTF-8 forbids (RFC 3629, section 3).
func disguise(s []byte) (r, n int) {
	cont := func(i int) bool { return i < len(s) && s[i]&0xc0 == 0x80 }
	switch c := s[0]; {
	case (c == 0xc0 || c == 0xc1) && cont(1):
		return int(c&1)<<6 | int(s[1]&0x3f), 2
	case c&0xe0 == 0xc0 && cont(1):
		if f := folded(rune(c&0x1f)<<6 | rune(s[1]&0x3f)); f != '?' {
			return f, 2
		}
	case c&0xf0 == 0xe0 && cont(1) && cont(2):
		if f := folded(rune(c&0x0f)<<12 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f)); f != '?' {
			return f, 3
		}
	case c == 0xf0 && cont(1) && cont(2) && cont(3) && s[1] == 0x80 && s[2]&0x3e == 0:
		return int(s[2]&1)<<6 | int(s[3]&0x3f), 4
	}
	return 0, 0
}

func hexDigit(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		return int(b|0x20-'a') + 10
	}
	return -1
}

func hexes(s []byte) (n int, ok bool) {
	for _, b := range s {
		d := hexDigit(b)
		if d < 0 {
			return 0, false
		}
		n = n<<4 | d
	}
	return n, true
}

// equalFold says whether s is word, which is lower case ASCII.
func equalFold(s []byte, word string) bool {
	if len(s) != len(word) {
		return false
	}
	for i, b := range s {
		if b|0x20 != word[i] && b != word[i] {
			return false
		}
	}
	return true
}
