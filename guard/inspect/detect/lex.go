package detect

import "bytes"

// What the grammars of fragments share: reading words without regard to case,
// skipping, and judging how much of a value is prose. All of it looks ahead a
// bounded distance or moves forward only.

// Classes of a byte.
const (
	letter = 1 << iota
	digit
	blank   // what HTML, shells and scripts take for a space
	control // other C0 controls and DEL
	high    // part of a character beyond ASCII
	hexa    // hexadecimal digit
	under   // the underscore
)

// sorts maps a byte to its classes.
var sorts = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			t[c] = letter
		case c >= '0' && c <= '9':
			t[c] = digit | hexa
		case c == ' ' || c >= 9 && c <= 13:
			t[c] = blank
		case c < ' ' || c == 127:
			t[c] = control
		case c >= 128:
			t[c] = high
		case c == '_':
			t[c] = under
		}
		if c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' {
			t[c] |= hexa
		}
	}
	return t
}()

func is(c byte, kind uint8) bool { return sorts[c]&kind != 0 }

func small(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 32
	}
	return c
}

// wordy says whether c continues a word of a programming language.
func wordy(c byte) bool { return sorts[c]&(letter|digit|under) != 0 }

// wordEnd is the place behind the word at i.
func wordEnd(b []byte, i int) int {
	for i < len(b) && wordy(b[i]) {
		i++
	}
	return i
}

// peek is the byte at i, and 0 beyond either end.
func peek(b []byte, i int) byte {
	if i < 0 || i >= len(b) {
		return 0
	}
	return b[i]
}

// starts says whether b has word, in small letters, at i, whatever its case.
func starts(b []byte, i int, word string) bool {
	if i < 0 || len(b)-i < len(word) {
		return false
	}
	for k := range len(word) {
		if small(b[i+k]) != word[k] {
			return false
		}
	}
	return true
}

// seek is the first place of word, in small letters, from i on, or -1.
func seek(b []byte, i int, word string) int {
	first := word[0]
	for ; i+len(word) <= len(b); i++ {
		if small(b[i]) == first && starts(b, i, word) {
			return i
		}
	}
	return -1
}

// holds says whether word, in small letters, stands anywhere in b.
func holds(b []byte, word string) bool { return seek(b, 0, word) >= 0 }

// skip moves over spaces.
func skip(b []byte, i int) int {
	for i < len(b) && is(b[i], blank) {
		i++
	}
	return i
}

// longest is the longest word that any table holds.
const longest = 32

// spelling holds one word in small letters, on the stack.
type spelling struct {
	text [longest]byte
	n    int
}

func (s *spelling) add(c byte) {
	if s.n < longest {
		s.text[s.n] = small(c)
	}
	s.n++
}

// word is what was spelt, or nothing if no table could hold it.
func (s *spelling) word() []byte {
	if s.n > longest {
		return nil
	}
	return s.text[:s.n]
}

// spell reads the word at i and gives the place behind it.
func (s *spelling) spell(b []byte, i int) int {
	s.n = 0
	for i < len(b) && wordy(b[i]) {
		s.add(b[i])
		i++
	}
	return i
}

// words is a table of small words with what each means to its grammar.
type words struct {
	meanings map[string]uint8
	lengths  [256]uint64 // by the first byte, which lengths occur
	ends     [256]uint64 // by the first byte, which last bytes occur
}

// get is what w means, and 0 for a word that is not in the table.
func (t *words) get(w []byte) uint8 {
	if len(w) == 0 || t.lengths[w[0]]>>(len(w)&63)&1 == 0 || t.ends[w[0]]>>(w[len(w)-1]&63)&1 == 0 {
		return 0
	}
	return t.meanings[string(w)]
}

// may says whether a word in any case can be in the table, by its length and
// its ends: most words of prose are not.
func (t *words) may(w []byte) bool {
	first := small(w[0])
	return t.lengths[first]>>(len(w)&63)&1 != 0 && t.ends[first]>>(small(w[len(w)-1])&63)&1 != 0
}

// vocabulary reads words with spaces between into a table, a new one for nil.
func vocabulary(meaning uint8, text string, into *words) *words {
	if into == nil {
		into = &words{meanings: map[string]uint8{}}
	}
	from := 0
	for i := 0; i <= len(text); i++ {
		if i == len(text) || is(text[i], blank) {
			if w := text[from:i]; w != "" {
				into.meanings[w] |= meaning
				into.lengths[w[0]] |= 1 << (len(w) & 63)
				into.ends[w[0]] |= 1 << (w[len(w)-1] & 63)
			}
			from = i + 1
		}
	}
	return into
}

// prose counts the words of human language in b, up to eight: letters only,
// with at most a mark behind. Code has few of them side by side. It reads no
// more than the begin of a long text.
func prose(b []byte) int {
	b = b[:min(len(b), 400)]
	n := 0
	for i := 0; i < len(b) && n < 8; {
		i = skip(b, i)
		from := i
		for i < len(b) && (is(b[i], letter|high) || b[i] == '\'' && i > from && is(peek(b, i+1), letter)) {
			i++
		}
		length := i - from
		if i < len(b) && length > 0 && (b[i] == ',' || b[i] == '.' || b[i] == '!' || b[i] == '?' || b[i] == ';' || b[i] == ':') {
			i++
		}
		if i < len(b) && !is(b[i], blank) {
			for i < len(b) && !is(b[i], blank) {
				i++
			}
			continue
		}
		if length >= 2 || length == 1 && (small(b[from]) == 'a' || small(b[from]) == 'i') {
			n++
		}
	}
	return n
}

// How grave a finding of these grammars is, against the thresholds of fields.
const (
	runs  = 95 // runs wherever it is pasted
	grave = 80 // refused in free text too
	odd   = 60 // refused where no prose is expected
	faint = 45 // refused in identifiers and file names only
)

// brackets says whether b has brackets as prose has them only: with a space
// before, or at its begin.
func brackets(b []byte) bool {
	for i := 0; ; i++ {
		n := bytes.IndexByte(b[i:], '(')
		if n < 0 {
			return true
		}
		if i += n; i > 0 && !is(b[i-1], blank) {
			return false
		}
	}
}

// plainly says whether a text for people has brackets but no other character
// of programs: then nothing in it is called.
func (v *view) plainly() bool {
	return v.wide() && v.chars&(cTick|cDollar|cUnder|cLeft|cEqual|cLess|cAt|cHash|cSemi|cPercent|cBrace|cBack|cPlus) == 0 && brackets(v.text)
}

// wide says whether the field is for prose or markup, where code may be
// mentioned and harmless markup written.
func (v *view) wide() bool { return v.field == FreeText || v.field == Markup }
