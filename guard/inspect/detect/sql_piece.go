package detect

import "bytes"

// A piece of a query begins otherwise than a sentence or a statement does.

// begins says whether the value begins as a piece of a query does: with a mark
// or a number that no word of people follows, with a function of SQL, or with
// a name that a mark closes or fastens to a query.
func (r *sqlReader) begins() bool {
	people := r.kind(1) == tWord && r.at(1).is == &noWord
	switch t := r.at(0); t.kind {
	case tEnd, tOther, tVar, tDot:
		return false
	case tQuote:
		return t.odd
	case tNumber, tOpen, tArith:
		return !people
	case tWord:
		if t.is != &noWord {
			return t.is.call != callPlain && r.kind(1) == tOpen
		}
		switch k := r.kind(1); k {
		case tClose, tSemi:
			return true
		case tQuote:
			return r.at(1).odd
		}
		return r.word(1) == wProcedure || r.fastened(1)
	}
	return true
}

// fastened says whether token i joins the name before it to a query or to a
// call that only SQL has: name||(select 1), name and 2=sleep(3).
func (r *sqlReader) fastened(i int) bool {
	switch r.kind(i) {
	case tConcat, tArith, tComma:
	case tWord:
		if w := r.word(i); w != wLogic && w != wFilter {
			return false
		}
	default:
		return false
	}
	for j := i + 1; j < i+10; j++ {
		t := r.at(j)
		if t.kind == tQuote {
			j = r.literal(j) - 1
			continue
		}
		switch {
		case t.kind == tEnd, t.kind == tWord && t.is == &noWord && r.kind(j+1) != tOpen:
			return false
		case t.kind == tOpen && r.word(j+1) == wCase, t.is.call == callRisky && r.kind(j+1) == tOpen:
			return true
		case t.kind == tOpen && r.word(j+1) == wSelect:
			return r.selectList(j+2) == 2
		}
	}
	return false
}

// lettered says whether token i is a word of letters alone that SQL does not
// know.
func (r *sqlReader) lettered(i int) bool {
	t := r.at(i)
	if t.kind != tWord || t.is != &noWord || t.end-t.at < 2 {
		return false
	}
	for _, b := range r.lex.s[t.at:t.end] {
		if kinds[b]&(cLetter|cHigh) == 0 {
			return false
		}
	}
	return true
}

// opened is the first token from i on that opens no parenthesis.
func (r *sqlReader) opened(i int) int {
	for n := 0; n < 16 && r.kind(i) == tOpen; n++ {
		i++
	}
	return i
}

// masked says whether a whole statement is written as nobody shows one: with
// something else than blanks between all its words, its blanks coded, comments
// that MySQL runs, or words of capitals and small letters by turns.
func (r *sqlReader) masked() bool {
	s := r.v.text
	if bytes.IndexByte(r.v.raw, ' ') < 0 || bytes.Contains(s, []byte("/*!")) {
		return true
	}
	for i := range r.t {
		if t := &r.t[i]; t.kind == tWord && t.is.is != wNone && t.end <= len(s) && turns(s[t.at:t.end]) > 1 {
			return true
		}
	}
	return false
}

// turns counts where a capital follows a small letter.
func turns(b []byte) (n int) {
	for i := 1; i < len(b); i++ {
		if b[i-1] >= 'a' && b[i-1] <= 'z' && b[i] >= 'A' && b[i] <= 'Z' {
			n++
		}
	}
	return n
}

// optionNamed says whether the two dashes at i begin an option of a program
// that a sentence names in quotes: "--no-color".
func (r *sqlReader) optionNamed(i int) bool {
	s, t := r.lex.s, r.at(i)
	q := t.at - 1
	if q < 1 || s[t.at] != '-' || s[q] != '"' && s[q] != '\'' && s[q] != '`' || s[q-1] != ' ' && s[q-1] != '(' {
		return false
	}
	k := t.end
	for k < len(s) && k-t.end < 40 && (kinds[s[k]]&cLetter != 0 || s[k] == '-') {
		k++
	}
	return k > t.end+2 && k+1 < len(s) && s[k] == s[q] && kinds[s[k+1]]&(cSpace|cComma|cDot|cClose) != 0 && prose(s[:q]) >= 2
}
