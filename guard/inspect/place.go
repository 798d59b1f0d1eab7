package inspect

import "bytes"

// place reports whether value is an address of the web (RFC 3986) of words
// alone: a host, perhaps a port, folders, and names with values behind a
// question mark. Most of the fields Referer and Origin are, and no grammar
// finds anything in them.
func place(value []byte) bool {
	rest, ok := bytes.CutPrefix(value, []byte("http"))
	if !ok {
		return false
	}
	rest, _ = bytes.CutPrefix(rest, []byte("s"))
	if rest, ok = bytes.CutPrefix(rest, []byte("://")); !ok {
		return false
	}
	i := joinedWords(rest, 0, true)
	if i == 0 {
		return false
	}
	if i < len(rest) && rest[i] == ':' {
		from := i + 1
		for i = from; i < len(rest) && rest[i] >= '0' && rest[i] <= '9'; i++ {
		}
		if i == from || i-from > 5 {
			return false
		}
	}
	for i < len(rest) && rest[i] == '/' {
		end := joinedWords(rest, i+1, false)
		if end == i+1 { // the last folder, or one without a name
			i = end
			break
		}
		i = end
	}
	return i == len(rest) || rest[i] == '?' && plainQuery(rest[i+1:])
}

// plainQuery reports whether q is names with values: a name alone could be a
// command behind an ampersand.
func plainQuery(q []byte) bool {
	for i := 0; ; i++ {
		end := joinedWords(q, i, false)
		if end == i || end == len(q) || q[end] != '=' {
			return false
		}
		if i = joinedWords(q, end+1, false); i < len(q) && q[i] == '.' && q[i-1] >= '0' && q[i-1] <= '9' { // a fraction
			for i++; i < len(q) && q[i] >= '0' && q[i] <= '9'; i++ {
			}
		}
		if i == len(q) {
			return true
		}
		if q[i] != '&' {
			return false
		}
	}
}

// joinedWords is the end of words with single lines between, or dots where
// they may be, that begin at i: i where none does.
func joinedWords(s []byte, i int, dots bool) int {
	begin := i
	for i < len(s) {
		switch c := s[i]; {
		case wordBytes[c]:
		case i > begin && (c == '-' || dots && c == '.') && i+1 < len(s) && wordBytes[s[i+1]]:
		default:
			return i
		}
		i++
	}
	return i
}
