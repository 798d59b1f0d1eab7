package tap

import "bytes"

// MaxShape bounds a shape, in bytes, and maxSegments the segments that it shows.
// What is longer ends in "/...".
const (
	MaxShape    = 128
	maxSegments = 12
)

const more = "/..."

// AppendShape appends what a path looks like: each segment by its class, as
// "/api/v1/{word}/{number}/{uuid}". Segments that contracts have (words), and
// versions as "v1", stand as they are; nothing else that a client chose does.
func AppendShape(b, path []byte, words map[string]bool) []byte {
	from := len(b)
	for n := 0; len(path) > 0; n++ {
		segment, after, last := path, []byte(nil), true
		if segment[0] == '/' {
			segment = segment[1:]
		}
		if i := bytes.IndexByte(segment, '/'); i >= 0 {
			segment, after, last = segment[:i], segment[i:], false
		}
		class, size := "", len(segment)
		if size > MaxShape || !words[string(segment)] && !isVersion(segment) {
			class = classOf(segment)
			segment, size = nil, len(class)
		}
		room := MaxShape
		if !last {
			room -= len(more)
		}
		if n == maxSegments || len(b)-from+1+size > room {
			return append(b, more...)
		}
		b = append(append(append(b, '/'), segment...), class...)
		path = after
	}
	return b
}

// isVersion reports whether a segment is v and one to three digits.
func isVersion(s []byte) bool {
	return len(s) >= 2 && len(s) <= 4 && s[0] == 'v' && traitsOf(s[1:]) == digits
}

// traits are the kinds of octets that a segment has.
type traits uint8

const (
	digits  traits = 1 << iota
	hexes          // letters from a to f, of either case
	letters        // the others
	hyphens        // and underscores
	dots
	ats
	percents
	others
)

func traitsOf(s []byte) (t traits) {
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			t |= digits
		case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			t |= hexes
		case c >= 'g' && c <= 'z', c >= 'G' && c <= 'Z':
			t |= letters
		case c == '-', c == '_':
			t |= hyphens
		case c == '.':
			t |= dots
		case c == '@':
			t |= ats
		case c == '%':
			t |= percents
		default:
			t |= others
		}
	}
	return t
}

// longToken is from how many octets on letters mixed with digits are more likely
// an id or a secret than a name.
const longToken = 20

// classOf is what a segment looks like.
func classOf(s []byte) string {
	t := traitsOf(s)
	const word = hexes | letters
	switch {
	case len(s) == 0:
		return ""
	case t&others != 0:
		return "{text}"
	case t&percents != 0:
		return "{encoded}"
	case t&ats != 0:
		return "{email}"
	case t == digits:
		return "{number}"
	case isUUID(s):
		return "{uuid}"
	case isDate(s):
		return "{date}"
	case t&^(digits|hexes) == 0 && t&digits != 0 && len(s) >= 8:
		return "{hex}"
	case t&^word == 0 && len(s) < longToken:
		return "{word}"
	case t&dots != 0:
		return "{file}"
	case t&digits != 0 && len(s) >= longToken:
		return "{token}"
	}
	return "{name}" // letters, digits and hyphens
}

// isUUID reports whether s has the form of a UUID (RFC 9562 section 4).
func isUUID(s []byte) bool {
	return like(s, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh")
}

// isDate reports whether s has the form of a full-date (RFC 3339 section 5.6).
func isDate(s []byte) bool { return like(s, "dddd-dd-dd") }

// like holds s to a form: d is a digit, h a hexadecimal one.
func like(s []byte, form string) bool {
	if len(s) != len(form) {
		return false
	}
	for i, c := range s {
		digit := c >= '0' && c <= '9'
		switch form[i] {
		case 'd':
			if !digit {
				return false
			}
		case 'h':
			if !digit && (c|0x20 < 'a' || c|0x20 > 'f') {
				return false
			}
		default:
			if c != form[i] {
				return false
			}
		}
	}
	return true
}
