package detect

// Functions of SQL that a value calls.

// call looks at a function of SQL that is called.
func (r *sqlReader) call(i int, t *token) {
	open := r.kind(i+1) == tOpen
	switch t.is.call {
	case callRisky:
		switch {
		case open && !(r.lex.s[t.end] == ' ' && r.plain > 2 && r.word(i+2) == wNone && r.kind(i+3) == tWord), r.kind(i+1) == tDot && r.kind(i+3) == tOpen:
			r.say(i, 60, 85, 90, DangerousCall)
		case r.word(i-1) == wExec, r.kind(i-1) == tDot && r.kind(i-2) == tDot, r.kind(i-1) == tConcat && r.kind(i+1) == tDot && r.after(i-1) == broken:
			r.found(70, DangerousCall)
		}
	case callKnown:
		if !open {
			return
		}
		if r.kind(i+2) == tNumber && r.kind(i+3) == tClose && string(r.lex.s[t.at:t.end]) == "sleep" {
			in := uint8(50)
			if r.plain == 0 && (r.joiner(i-1) || r.kind(i+4) == tComment && (r.t[i+4].b != '#' || r.kind(i+5) == tEnd)) {
				in = 60 // all around it is a query, too
			}
			r.say(i, in, 70, 85, DangerousCall)
		}
		if r.kind(i+2) == tNumber && r.kind(i+3) == tClose && (r.t[i].end-r.t[i].at <= 5) && string(r.lex.s[t.at:t.end]) != "len" {
			if r.chars++; r.chars >= 2 && r.isChar(t) {
				in := uint8(50)
				if r.chars >= 4 {
					in = 60 // a word of them, where code has the end of a line
				}
				r.say(i, in, 75, 80, HiddenText)
			}
		}
		if a, k := r.term(i + 2); k == opConst { // iif(1=1, ...)
			_, b := r.compare(a)
			joined := b > a
			if r.word(b) == wPrefix {
				b++
			}
			if joined && r.kind(b) == tNumber {
				in := uint8(50)
				if r.same(a-1, a, b, b+1) {
					in = 60
				}
				r.say(i, in, 70, 75, Tautology)
			}
		}
		if n := r.at(i + 2); n.kind == tNumber && n.end-n.at >= 8 && r.lex.s[n.at+1] == 'x' && r.kind(i+3) == tComma {
			r.say(i, 50, 70, 75, HiddenText)
		}
		if r.joiner(i-1) && r.level > within {
			r.say(i, 10, 60, 72, DangerousCall)
		}
	}
}

// isChar says whether t is a function that makes a character of its code.
func (r *sqlReader) isChar(t *token) bool {
	switch string(r.lex.s[t.at:t.end]) {
	case "char", "chr", "nchar":
		return true
	}
	return false
}

// joiner says whether token i joins what follows to what was before.
func (r *sqlReader) joiner(i int) bool {
	switch r.kind(i) {
	case tArith, tConcat, tBoth, tCompare, tComma:
		return true
	case tWord:
		switch r.word(i) {
		case wLogic, wNot, wFilter, wLike, wSelect, wThen, wBy:
			return true
		}
	}
	return false
}
