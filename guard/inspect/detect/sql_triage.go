package detect

import "bytes"

// sqlMarks are the characters that join, compare or cut off. A text without
// them needs a quote or a word of a query to be a fragment of one.
const sqlMarks = cEqual | cLess | cGreater | cPipe | cHash | cStar | cCaret | cBack | cAt | cTilde

// sqlWords says whether words alone may be a fragment of SQL.
func sqlWords(text []byte, m chars) bool {
	return m&cSpace != 0 && m&(cDigit|cSingle) != 0 || leadsQuery(text, m) || m&cSpace != 0 && bytes.IndexByte(text, '\'') >= 0
}

// sqlSilent says that no shape of SQL can be in s: no mark among heard, no
// quote but apostrophes within words, no comment, and no word that a shape
// begins with. Most prose ends here, in one pass that looks at the ends of
// words only.
func sqlSilent(s []byte, m, heard chars) bool {
	if heard&sqlMarks != 0 {
		return false
	}
	for i := 0; i < len(s); {
		switch k := kinds[s[i]]; {
		case k&cLetter != 0:
			begin := i
			for i++; i < len(s) && kinds[s[i]]&inWord != 0; i++ {
			}
			if n := i - begin; n < len(sqlTelling) && sqlTelling[n][s[begin]&31]>>(s[i-1]&31)&1 != 0 {
				if w := sqlWordIn(s[begin:i]); sqlTells(w) && (w.is != wCall || m&cOpen != 0) && (joinedAhead(s, m) || sqlStands(s, begin, i, w)) {
					return false
				}
			}
		case k&(cSingle|cDouble|cTick) != 0:
			if saidQuote(s, i) {
				i++
				continue
			}
			if i == 0 || i+1 == len(s) || kinds[s[i-1]]&(cLetter|cHigh) == 0 || kinds[s[i+1]]&(cLetter|cHigh) == 0 || s[i] != '\'' {
				return false
			}
			end := i + 1
			for end < len(s) && end-i < 12 && kinds[s[end]]&inWord != 0 {
				end++
			}
			if joins(sqlWordIn(s[i+1 : end]).is) {
				return false
			}
			i++
		case k&(cMinus|cSlash|cAmp|cColon) != 0:
			if i+1 < len(s) && (s[i+1] == s[i] || s[i+1] == '*') {
				return false
			}
			i++
		case k&cDigit != 0:
			for i++; i < len(s) && kinds[s[i]]&cDigit != 0; i++ {
			}
			// 1union is a number and a word
		default:
			i++
		}
	}
	return true
}

// saidQuote says whether the quote at i stands as one does around what somebody
// said: on the outside a space, a parenthesis or the mark of a sentence, and
// behind it no word of a query.
func saidQuote(s []byte, i int) bool {
	before, after := peek(s, i-1), i+1
	switch {
	case before == ' ' || before == '(': // it opens
		if !is(peek(s, after), letter) {
			return false
		}
	case is(before, letter|digit) || before == '.' || before == ',' || before == '!' || before == '?': // it closes
		for c := peek(s, after); c == '.' || c == ',' || c == '!' || c == '?' || c == ')'; c = peek(s, after) {
			after++
		}
		if after == len(s) {
			return true
		}
		if s[after] != ' ' {
			return false
		}
		after = skip(s, after)
		if !is(peek(s, after), letter) {
			return false
		}
	default:
		return false
	}
	end := after
	for end < len(s) && kinds[s[end]]&inWord != 0 {
		end++
	}
	w := sqlWordIn(s[after:end])
	return w.is == wNone && w.call == callPlain && !w.names
}

// joinedAhead says whether what stands in s may go on with a query from its
// beginning: it begins with no word, or with one that joins or is a constant,
// or with a name that is closed or renamed. In any other text only a quote
// could lead into a query.
func joinedAhead(s []byte, m chars) bool {
	i := 0
	for i < len(s) && kinds[s[i]]&(cSpace|cTab|cNewline) != 0 {
		i++
	}
	begin := i
	for i < len(s) && kinds[s[i]]&inWord != 0 {
		i++
	}
	if i == begin || kinds[s[begin]]&cLetter == 0 {
		return true
	}
	switch sqlWordIn(s[begin:i]).is {
	case wLogic, wFilter, wUnion, wOrder, wGroup, wLike, wTruth, wFrom:
		return true
	}
	for i < len(s) && kinds[s[i]]&(cSpace|cTab|cNewline) != 0 {
		i++
	}
	if i == len(s) {
		return false
	}
	if k := kinds[s[i]]; k&(cLetter|cHigh) == 0 {
		return k&(cDigit|cComma|cDot|cMinus) == 0
	}
	return i+2 < len(s) && kinds[s[i+2]]&inWord == 0 && (starts(s, i, "as") || starts(s, i, "in"))
}

// sqlStands says whether a shape that tells without anything before it can
// begin with the word w, from begin to end, where it stands.
func sqlStands(s []byte, begin, end int, w *sqlWord) bool {
	switch {
	case w.call == callRisky, w.names, w.is == wWait:
		return true
	case w.is == wSelect, w.is >= wInsert: // a statement
		for begin--; begin >= 0 && kinds[s[begin]]&(cSpace|cTab|cNewline) != 0; begin-- {
		}
		return begin < 0 || s[begin] == ';' || s[begin] == '('
	}
	next := skip(s, end)
	if peek(s, next) == '(' {
		return w.is == wNone || w.is == wUnion
	}
	from := next
	for next < len(s) && kinds[s[next]]&inWord != 0 {
		next++
	}
	switch behind := sqlWordIn(s[from:next]).is; w.is {
	case wUnion:
		return behind == wSelect || behind == wAll || behind == wDistinct || behind == wValues
	case wInto:
		return behind == wFile
	case wProcedure:
		return behind == wAnalyse
	}
	return false
}

// sqlWordIn looks a word up in whatever case it is.
func sqlWordIn(s []byte) *sqlWord {
	if len(s) > longestSQLWord {
		return &noWord
	}
	var low [longestSQLWord]byte
	for i, b := range s {
		if b >= 'A' && b <= 'Z' {
			b |= 0x20
		}
		low[i] = b
	}
	return sqlWordOf(low[:len(s)])
}

// sqlTells says whether a shape begins with w, or whether it is telling enough
// by itself. What joins two parts of a sentence as well needs a mark too.
func sqlTells(w *sqlWord) bool {
	if w.call == callRisky || w.names {
		return true
	}
	switch w.is {
	case wNone:
		return w.text == "sleep" || w.text == "char" || w.text == "chr" || w.text == "concat"
	case wLogic, wFilter, wNot, wFrom, wBy, wIn, wIs, wAs, wTop, wEnd, wSet, wWith, wThen, wAll, wTruth, wDelay, wJoin, wIf, wType, wMode, wPrefix, wThing, wData, wWhen, wDistinct, wValues, wAnalyse, wFile, wBoolean, wDual:
		return false
	}
	return true
}

// sqlTelling has a bit for each word that tells, as sqlEnds.
var sqlTelling = endsOf(sqlTells)

// quotedTexts says whether the value is nothing but texts in double quotes
// with commas or and, or, not between them: the phrases of a search, a line
// of CSV, the tags of If-Match. Where its first quote closed a literal, a word
// would stand behind it that continues no query.
func quotedTexts(s []byte) bool {
	for i := 0; ; {
		if i >= len(s) || s[i] != '"' {
			return false
		}
		from := i + 1
		for i++; i < len(s) && (kinds[s[i]]&(cLetter|cDigit|cHigh|cSpace|cMinus|cDot|cStar) != 0); i++ {
		}
		if i >= len(s) || s[i] != '"' || i == from || s[from] == ' ' || s[i-1] == ' ' || goesOn(s[from:i]) {
			return false
		}
		if i++; i == len(s) {
			return true
		}
		if s[i] == ',' {
			i++
		}
		for i < len(s) && s[i] == ' ' {
			i++
		}
		word := i
		for i < len(s) && kinds[s[i]]&cLetter != 0 {
			i++
		}
		if i > word {
			if w := sqlWordOf(s[word:i]).is; w != wLogic && w != wNot || s[word-1] != ' ' || i == len(s) || s[i] != ' ' {
				return false
			}
			i++
		}
	}
}

// goesOn says whether a text begins with a word that joins it to a condition
// or a query before it.
func goesOn(s []byte) bool {
	n := 0
	for n < len(s) && kinds[s[n]]&cLetter != 0 {
		n++
	}
	w := sqlWordOf(s[:n]).is
	return w == wLogic || w == wUnion || w == wNot
}
