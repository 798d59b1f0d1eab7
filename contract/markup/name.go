package markup

import (
	"unicode"
	"unicode/utf8"
)

// wideStart and wide are the characters beyond ASCII that names begin with,
// and that stand in them as well (XML 1.0 section 2.3, productions 4 and 4a).
var (
	wideStart = [][2]rune{
		{0xc0, 0xd6}, {0xd8, 0xf6}, {0xf8, 0x2ff}, {0x370, 0x37d}, {0x37f, 0x1fff}, {0x200c, 0x200d}, {0x2070, 0x218f},
		{0x2c00, 0x2fef}, {0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffd}, {0x10000, 0xeffff},
	}
	wideMore = [][2]rune{{0xb7, 0xb7}, {0x300, 0x36f}, {0x203f, 0x2040}}
)

func within(ranges [][2]rune, r rune) bool {
	for _, e := range ranges {
		if r >= e[0] && r <= e[1] {
			return true
		}
	}
	return false
}

// nameClass says of ASCII what begins a name (2) and what stands in one (1, 2).
// The colon is neither: it stands between the two parts of a name (Namespaces
// in XML 1.0 section 4).
var nameClass = func() (t [utf8.RuneSelf]uint8) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
			t[c] = 2
		case c >= '0' && c <= '9', c == '-', c == '.':
			t[c] = 1
		}
	}
	return t
}()

// part returns the end of the name without colon (NCName) that begins at i,
// or i when there is none.
func part(d []byte, i int) int {
	start := i
	for i < len(d) {
		c := d[i]
		if c < utf8.RuneSelf {
			if nameClass[c] == 0 || i == start && nameClass[c] == 1 {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(d[i:])
		if !within(wideStart, r) && (i == start || !within(wideMore, r)) {
			return i
		}
		i += size
	}
	return i
}

// isPart reports whether s is a name without colon.
func isPart(s string) bool { return s != "" && len(s) <= maxName && part([]byte(s), 0) == len(s) }

// name reads the name at i, with or without a prefix. local is where the part
// after the colon begins, i when there is none.
func (st *State) name(i int) (local, end int) {
	local, end = i, part(st.d, i)
	if end > i && st.at(end, ":") {
		local = end + 1
		end = part(st.d, local)
	}
	switch {
	case end == local:
		return i, st.fail(badName)
	case end-i > maxName:
		return i, st.fail(longName)
	}
	return local, end
}

// appendFolded appends name in a form that all names share which differ from
// it by case alone (Unicode simple folding).
func appendFolded(dst, name []byte) []byte {
	for i := 0; i < len(name); {
		c := name[i]
		if c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(name[i:])
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		if least < utf8.RuneSelf { // the Kelvin sign and the long s
			least = unicode.ToLower(least)
		}
		dst = utf8.AppendRune(dst, least)
		i += size
	}
	return dst
}
