package detect

import "bytes"

// kind is the kind of a token of SQL.
type kind uint8

const (
	tEnd kind = iota
	tNumber
	tWord
	tQuote // ', " or `: whether it opens or closes depends on who reads
	tOpen
	tClose
	tComma
	tSemi
	tCompare
	tArith
	tConcat // ||
	tBoth   // &&
	tDot
	tVar     // @name, @@name
	tComment // --, # or /* without an end
	tOther
)

// token is one token of a fragment of SQL.
type token struct {
	kind kind
	b    byte // the first byte
	odd  bool // of a quote: closes a literal that began before the value
	is   *sqlWord
	at   int // where it begins
	end  int
}

// sqlWindow is how many tokens are held at once; a long value passes through
// in windows that overlap by sqlAhead, which is as far as a shape looks.
const (
	sqlWindow = 1024
	sqlAhead  = 96
)

// sqlLexer cuts text into tokens. A quote is a token of its own, since a
// fragment begins inside of a literal or outside of it: which, nobody tells.
// Comments between tokens are white space.
type sqlLexer struct {
	s     []byte // lower case
	i     int
	last  word   // what the token before means
	count [3]int // quotes of each kind so far, without apostrophes
	prose bool   // a text of people, who quote
	ends  int    // where the next comment ends
}

// next reads the next token into t, of kind tEnd at the end.
func (l *sqlLexer) next(t *token) {
	l.skip()
	for l.emptyExponent() {
		l.i += 3
		l.skip()
	}
	t.is, t.odd = &noWord, false
	if l.i >= len(l.s) {
		t.kind, t.b, t.at, t.end = tEnd, 0, len(l.s), len(l.s)
		return
	}
	b := l.s[l.i]
	t.b, t.at = b, l.i
	switch k := kinds[b]; {
	case k&(cLetter|cUnder|cHigh) != 0:
		l.word(t)
	case k&cDigit != 0, k&cDot != 0 && l.is(1, cDigit):
		l.number(t)
	default:
		l.mark(t)
	}
	t.end = l.i
	l.last = t.is.is
}

// emptyExponent says whether a number with an exponent of no digits is next, as
// 1.e: MySQL passes it over in front of a mark.
func (l *sqlLexer) emptyExponent() bool {
	return l.is(0, cDigit) && l.byteAt(1) == '.' && l.byteAt(2) == 'e' && !l.is(3, inWord|cPlus|cMinus)
}

// is says whether the byte n further on is of one of kinds m.
func (l *sqlLexer) is(n int, m chars) bool {
	return l.i+n < len(l.s) && kinds[l.s[l.i+n]]&m != 0
}

// byteAt is the byte n further on, 0 beyond the end.
func (l *sqlLexer) byteAt(n int) byte {
	if l.i+n < len(l.s) {
		return l.s[l.i+n]
	}
	return 0
}

// skip passes white space and comments that end.
func (l *sqlLexer) skip() {
	for l.i < len(l.s) && l.s[l.i] == ' ' {
		l.i++
	}
	if l.i < len(l.s) && kinds[l.s[l.i]]&(cLetter|cDigit) != 0 {
		return
	}
	for l.i < len(l.s) {
		switch b := l.s[l.i]; {
		case kinds[b]&(cSpace|cTab|cNewline|cControl) != 0:
			l.i++
		case b == 0xc2 && l.byteAt(1) == 0xa0: // no-break space
			l.i += 2
		case b == '/' && l.byteAt(1) == '*':
			if !l.comment() {
				return
			}
		case b == '*' && l.byteAt(1) == '/': // the end of /*!50000 ... */
			l.i += 2
		case b == '-' && l.byteAt(1) == '-', b == '#':
			if !l.lineComment() {
				return
			}
		default:
			return
		}
	}
}

// comment passes /* ... */, and of /*! only the mark, since MySQL runs what
// stands in it. It reports false when the comment has no end.
func (l *sqlLexer) comment() bool {
	if l.byteAt(2) == '!' {
		l.i += 3
		for n := 0; n < 6 && l.is(0, cDigit); n++ {
			l.i++
		}
		return true
	}
	if l.ends < l.i+2 { // the last end that was found is behind: once per end, so linear
		l.ends = len(l.s)
		if n := bytes.Index(l.s[l.i+2:], []byte("*/")); n >= 0 {
			l.ends = l.i + 2 + n
		}
	}
	switch {
	case l.ends == len(l.s):
		return false
	case l.ends-l.i > 4096: // a long one is not white space but a place to hide
		l.i += 2
	default:
		l.i = l.ends + 2
	}
	return true
}

// lineComment passes a comment of some letters up to the end of its line,
// which is white space. A longer one may be plain text that only looks so, and
// behind -- the query must go on in the next line.
func (l *sqlLexer) lineComment() bool {
	j, dashes := l.i+1, l.s[l.i] == '-'
	if dashes {
		j++
	}
	for ; j < len(l.s) && j-l.i < 64; j++ {
		switch k := kinds[l.s[j]]; {
		case k&cNewline != 0:
			if dashes && !l.goesOn(j+1) {
				return false
			}
			l.i = j + 1
			return true
		case k&(cLetter|cDigit|cSpace|cTab|cUnder) == 0:
			return false
		}
	}
	return false
}

// goesOn says whether a word of SQL, a number, a mark that opens an operand or
// the next comment stands at i.
func (l *sqlLexer) goesOn(i int) bool {
	if i >= len(l.s) {
		return false
	}
	switch k := kinds[l.s[i]]; {
	case k&cLetter != 0:
		end := i
		for end < len(l.s) && end-i <= longestSQLWord && kinds[l.s[end]]&inWord != 0 {
			end++
		}
		return sqlWordOf(l.s[i:end]) != &noWord
	case k&cMinus != 0:
		return i+1 < len(l.s) && l.s[i+1] == '-'
	default:
		return k&(cDigit|cOpen|cComma|cSingle|cDouble) != 0
	}
}

const inWord = cLetter | cDigit | cUnder | cDollar | cHigh

func (l *sqlLexer) word(t *token) {
	t.kind = tWord
	s, i := l.s, l.i+1
	for i < len(s) && kinds[s[i]]&inWord != 0 {
		i++
	}
	t.is = sqlWordOf(s[l.i:i])
	l.i = i
}

// number reads digits, fraction, exponent and 0x; what letters follow make it
// a name, unless they are a word of SQL, as in 1union.
func (l *sqlLexer) number(t *token) {
	t.kind = tNumber
	begin := l.i
	if l.s[l.i] == '0' && l.byteAt(1) == 'x' && l.is(2, cDigit|cLetter) {
		l.i += 2
		for l.i < len(l.s) && hexDigit(l.s[l.i]) >= 0 {
			l.i++
		}
	} else {
		for l.is(0, cDigit|cDot) {
			l.i++
		}
		if l.byteAt(0) == 'e' && (l.is(1, cDigit) || l.is(1, cPlus|cMinus) && l.is(2, cDigit)) {
			for l.i += 2; l.is(0, cDigit); {
				l.i++
			}
		}
	}
	if !l.is(0, inWord) {
		return
	}
	end := l.i
	for l.is(0, inWord) {
		l.i++
	}
	if w := sqlWordOf(l.s[end:l.i]); w.is != wNone && w.is != wType && w.is != wThing {
		l.i = end
		return
	}
	t.kind, t.is = tWord, sqlWordOf(l.s[begin:l.i])
}

// marks are the kinds of tokens of one character.
var marks = func() (t [256]kind) {
	for i := range t {
		t[i] = tOther
	}
	t['('], t[')'], t[','], t[';'], t['.'], t['#'] = tOpen, tClose, tComma, tSemi, tDot, tComment
	t['\''], t['"'], t['`'] = tQuote, tQuote, tQuote
	for _, b := range []byte("=<>") {
		t[b] = tCompare
	}
	for _, b := range []byte("+-*/%^&|~!") {
		t[b] = tArith
	}
	return t
}()

func (l *sqlLexer) mark(t *token) {
	b, c := l.s[l.i], l.byteAt(1)
	t.kind = marks[b]
	l.i++
	switch {
	case t.kind == tQuote:
		l.quote(t)
	case b == '|' && c == '|':
		t.kind = tConcat
		l.i++
	case b == '&' && c == '&':
		t.kind = tBoth
		l.i++
	case b == '-' && c == '-', b == '/' && c == '*':
		t.kind = tComment
		l.i++
	case t.kind == tCompare, b == '!' && c == '=', b == '^' && c == '=', b == '~' && c == '=':
		t.kind = tCompare
		for n := 0; n < 2 && l.i < len(l.s) && (marks[l.s[l.i]] == tCompare || l.s[l.i] == '~' || l.s[l.i] == '*'); n++ {
			l.i++
		}
	case b == '@' && (c == '@' || kinds[c]&(cLetter|cTick|cSingle|cUnder) != 0):
		t.kind = tVar
		for l.is(0, inWord|cAt) {
			l.i++
		}
	}
}

// quote says whether a quote closes the literal in which the value stands: the
// first, third ... of its kind. An apostrophe between letters is none, unless
// a word of a query follows, as in x'or.
func (l *sqlLexer) quote(t *token) {
	b := t.b
	if b == '\'' && t.at > 0 && !joins(l.last) && kinds[l.s[t.at-1]]&(cLetter|cHigh) != 0 && l.is(0, cLetter|cHigh) {
		j := l.i
		for j < len(l.s) && j-l.i < 12 && kinds[l.s[j]]&inWord != 0 {
			j++
		}
		if w := sqlWordOf(l.s[l.i:j]).is; !joins(w) {
			t.kind = tOther
			return
		}
	}
	n := 0
	switch b {
	case '"':
		n = 1
	case '`':
		n = 2
	}
	l.count[n]++
	t.odd = l.count[n]%2 == 1 && !(l.prose && l.opens(b))
}

// opens says whether a quote in prose opens a literal of the prose itself: it
// stands before a word and behind a space or another mark. A pair of ` marks
// code there, and one alone is an apostrophe within a word.
func (l *sqlLexer) opens(b byte) bool {
	i := l.i - 2
	if b == '`' {
		return l.count[2] > 1 || l.is(0, cLetter|cHigh) || bytes.IndexByte(l.s[l.i:], '`') >= 0
	}
	return i >= 0 && kinds[l.s[i]]&(cLetter|cDigit|cHigh|cClose|cPercent) == 0 && l.i < len(l.s) && kinds[l.s[l.i]]&(cSpace|cTab|cNewline|cClose|cSemi) == 0
}

// joins says whether w is a word with which a query goes on after a literal.
func joins(w word) bool {
	switch w {
	case wLogic, wUnion, wFilter, wLike, wOrder, wGroup, wIs, wNot:
		return true
	}
	return false
}
