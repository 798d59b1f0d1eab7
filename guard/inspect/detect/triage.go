package detect

// chars is a set of kinds of characters: one bit for each character that
// grammars care about, and one for each of the large groups.
type chars uint64

// The bits of chars. Every byte has exactly one.
const (
	cLetter   chars = 1 << iota // A-Z a-z
	cDigit                      // 0-9
	cSpace                      // space
	cTab                        // horizontal and vertical tab, form feed
	cNewline                    // CR, LF
	cNUL                        // 0
	cControl                    // other bytes below 0x20, and 0x7f
	cHigh                       // 0x80 and above: not ASCII
	cBang                       // !
	cDouble                     // "
	cHash                       // #
	cDollar                     // $
	cPercent                    // %
	cAmp                        // &
	cSingle                     // '
	cOpen                       // (
	cClose                      // )
	cStar                       // *
	cPlus                       // +
	cComma                      // ,
	cMinus                      // -
	cDot                        // .
	cSlash                      // /
	cColon                      // :
	cSemi                       // ;
	cLess                       // <
	cEqual                      // =
	cGreater                    // >
	cQuestion                   // ?
	cAt                         // @
	cLeft                       // [
	cBack                       // \
	cRight                      // ]
	cCaret                      // ^
	cUnder                      // _
	cTick                       // `
	cBrace                      // {
	cPipe                       // |
	cUnbrace                    // }
	cTilde                      // ~
)

// kinds maps a byte to its bit.
var kinds = func() (t [256]chars) {
	for b := range 256 {
		switch {
		case b >= 0x80:
			t[b] = cHigh
		case b < 0x20 || b == 0x7f:
			t[b] = cControl
		case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z':
			t[b] = cLetter
		case b >= '0' && b <= '9':
			t[b] = cDigit
		}
	}
	t[' '], t['\t'], t['\v'], t['\f'], t['\r'], t['\n'], t[0] = cSpace, cTab, cTab, cTab, cNewline, cNewline, cNUL
	for i, b := range []byte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") {
		t[b] = cBang << i
	}
	return t
}()

// bytesOfKinds is the set of all bytes of kinds m.
func bytesOfKinds(m chars) (t byteSet) {
	for b, k := range kinds {
		t[b] = k&m != 0
	}
	return t
}

// scan returns the kinds of all bytes of s.
func scan(s []byte) (m chars) {
	for len(s) >= 4 {
		m |= kinds[s[0]] | kinds[s[1]] | kinds[s[2]] | kinds[s[3]]
		s = s[4:]
	}
	for _, b := range s {
		m |= kinds[b]
	}
	return m
}

// byteSet is a set of bytes to be looked for.
type byteSet [256]bool

// next is the place of the first byte of s from i on that is in the set, or
// the end of s.
func (t *byteSet) next(s []byte, i int) int {
	for ; i+4 <= len(s); i += 4 {
		if t[s[i]] || t[s[i+1]] || t[s[i+2]] || t[s[i+3]] {
			break
		}
	}
	for i < len(s) && !t[s[i]] {
		i++
	}
	return i
}
