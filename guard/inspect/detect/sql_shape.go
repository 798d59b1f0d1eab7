package detect

// operand is what kind of operand stands somewhere.
type operand uint8

const (
	opNone  operand = iota
	opConst         // a number, a literal, null
	opName          // a column, a variable
	opCall          // a function of SQL that is called
	opQuery         // a query in parentheses
)

// operand reads an operand with what arithmetic joins to it, and returns the
// token behind it.
func (r *sqlReader) operand(i int) (after int, k operand) {
	begin := i
	for {
		j, one := r.term(i)
		if one == opNone {
			if k != opNone {
				return i - 1, k // the operator was something else
			}
			return i, opNone
		}
		k = max(k, one)
		for r.kind(j) == tClose {
			j++
		}
		if (r.kind(j) != tArith && r.kind(j) != tConcat) || j-begin > 32 {
			return j, k
		}
		i = j + 1
	}
}

// term reads one operand without operators.
func (r *sqlReader) term(i int) (after int, k operand) {
	for n := 0; n < 16 && (r.kind(i) == tOpen || r.kind(i) == tArith && r.t[i].b != '%' && r.t[i].b != '/' || r.word(i) == wPrefix && r.kind(i+1) != tOpen); n++ {
		i++
	}
	t := r.at(i)
	switch t.kind {
	case tNumber:
		return i + 1, opConst
	case tQuote:
		return r.literal(i), opConst
	case tVar:
		return i + 1, opName
	case tWord:
	default:
		return i, opNone
	}
	switch t.is.is {
	case wTruth:
		return i + 1, opConst
	case wSelect:
		return r.nested(i)
	case wCase:
		return i + 1, opCall
	case wLogic, wFrom, wUnion, wFilter, wThen, wWhen, wBy, wNot:
		return i, opNone
	}
	j := i + 1
	for n := 0; n < 4 && r.kind(j) == tDot && r.kind(j+1) == tWord; n++ {
		j += 2
	}
	if r.kind(j) == tOpen {
		k = opName
		if t.is.call != callPlain || r.at(j-1).is.call != callPlain {
			k = opCall
		}
		return r.closing(j + 1), k
	}
	if r.kind(j) == tQuote && j == i+1 && (t.end-t.at == 1 || r.t[j].b == '\'' && t.b == '_') { // N'text', _utf8'text'
		return r.literal(j), opConst
	}
	return j, opName
}

// nested reads a query that is an operand, in few queries around it: how deep
// it nests changes nothing.
func (r *sqlReader) nested(i int) (after int, k operand) {
	if r.depth == 2 {
		return i, opNone
	}
	r.depth++
	n := r.selectList(i + 1)
	r.depth--
	if n == 0 {
		return i, opNone
	}
	return r.closing(i), opQuery
}

// literal is the token after the literal that the quote i opens. It may end
// with the value, since the query around it closes it.
func (r *sqlReader) literal(i int) int {
	b := r.t[i].b
	for j := i + 1; j < i+24; j++ {
		switch t := r.at(j); {
		case t.kind == tEnd:
			return j
		case t.kind == tQuote && t.b == b:
			return j + 1
		}
	}
	return i + 1
}

// closing is the token after the parenthesis that closes the one before i.
func (r *sqlReader) closing(i int) int {
	depth := 1
	for j := i; j < i+48; j++ {
		switch r.kind(j) {
		case tOpen:
			depth++
		case tClose:
			if depth--; depth == 0 {
				return j + 1
			}
		case tEnd:
			return j
		}
	}
	return i + 48
}

// compare reads a comparison: whether it is made of symbols, and the token
// behind it, which is i if there is none.
func (r *sqlReader) compare(i int) (symbol bool, after int) {
	if r.kind(i) == tCompare {
		after = i + 1
		for r.kind(after) == tCompare {
			after++
		}
		return true, after
	}
	j := i
	if r.word(j) == wNot {
		j++
	}
	switch r.word(j) {
	case wLike, wIn, wBetween:
		if r.kind(j+1) == tWord && r.word(j+1) == wLike { // sounds like
			j++
		}
		return false, j + 1
	case wIs:
		if r.word(j+1) == wNot {
			j++
		}
		return false, j + 1
	}
	return false, i
}

// selectList says how surely the columns of a query stand at i: 2 for what
// only a query has, 1 for words that a sentence could have too, 0 for none.
func (r *sqlReader) selectList(i int) int {
	for r.word(i) == wDistinct || r.word(i) == wAll {
		i++
	}
	if r.word(i) == wTop && r.kind(i+1) == tNumber {
		return 2
	}
	if t := r.at(i); t.kind == tArith && t.b == '*' {
		if r.word(i+1) == wFrom && !r.article(i+2) {
			return 2
		}
		return 1
	}
	a, k := r.operand(i)
	next := r.at(a)
	switch k {
	case opNone:
		return 0
	case opQuery, opCall:
		return 2
	case opConst:
		if next.kind != tWord || next.is.is != wNone {
			return 2
		}
		return 1
	}
	if r.kind(i) == tVar {
		return 2
	}
	switch {
	case next.kind == tComma:
		return r.columns(a)
	case next.is.is == wInto:
		return 2
	case next.is.is == wFrom:
		return r.source(a + 1)
	case next.is.is == wFilter:
		if end, k := r.operand(a + 1); k == opConst {
			if symbol, _ := r.compare(end); symbol {
				return 2
			}
		}
	case next.kind == tEnd, next.kind == tComment, next.kind == tClose:
		return 1
	}
	return 0
}

// columns looks along a list of columns from the comma i to its end.
func (r *sqlReader) columns(i int) int {
	for n := 0; n < 12; n++ {
		a, k := r.operand(i + 1)
		switch {
		case k == opNone:
			return 1
		case k != opName, r.kind(i+1) == tVar:
			return 2
		case r.word(a) == wFrom:
			return r.source(a + 1)
		case r.kind(a) != tComma:
			return 1
		}
		i = a
	}
	return 2
}

// source looks at the table after from: 2 if what follows its name is of a
// query.
func (r *sqlReader) source(i int) int {
	if r.kind(i) == tOpen || r.at(i).is.names || r.word(i) == wDual {
		return 2
	}
	if r.kind(i) == tEnd {
		return 1
	}
	if r.kind(i) != tWord && r.kind(i) != tQuote || r.article(i) {
		return 0
	}
	i++
	for n := 0; n < 3 && r.kind(i) == tDot; n++ {
		if r.kind(i+1) != tWord {
			return 1
		}
		i += 2
	}
	switch t := r.at(i); {
	case t.is.is == wFilter:
		_, k := r.operand(i + 1)
		if k != opNone {
			return 2
		}
	case t.kind == tComment && t.b != '#', t.kind == tClose:
		return 2
	case t.kind == tSemi && r.kind(i+1) == tEnd:
		return 2
	case t.is.is == wOrder && r.word(i+1) == wBy, t.is.is == wGroup && r.word(i+1) == wBy:
		return 2
	case t.is.is == wLimit && r.kind(i+1) == tNumber, t.is.is == wUnion && r.word(i+1) == wSelect:
		return 2
	}
	return 1
}

// statement says how surely a statement begins at i: 2, 1 or 0.
func (r *sqlReader) statement(i int) int {
	next, w2 := r.at(i+1), r.word(i+2)
	sure := func(yes bool) int {
		if yes {
			return 2
		}
		return 0
	}
	switch r.word(i) {
	case wSelect:
		return r.selectList(i + 1)
	case wInsert:
		return sure(next.is.is == wInto && r.kind(i+2) == tWord && (r.kind(i+3) == tOpen || r.word(i+3) == wValues || r.word(i+3) == wSelect || r.word(i+3) == wSet || r.kind(i+3) == tDot))
	case wUpdate:
		return sure(next.kind == tWord && w2 == wSet && r.kind(i+3) == tWord && r.kind(i+4) == tCompare)
	case wDelete:
		if next.is.is != wFrom || r.kind(i+2) != tWord {
			return 0
		}
		return 1 + sure(r.word(i+3) == wFilter && r.kind(i+5) == tCompare || r.ends(i+3))/2
	case wChange:
		return r.change(i)
	case wExec:
		return sure(next.kind == tOpen || next.kind == tVar || next.is.call == callRisky || next.kind == tWord && r.kind(i+2) == tDot || next.is.is == wNone && r.kind(i+2) == tQuote)
	case wDeclare:
		return sure(next.kind == tVar || next.kind == tWord && w2 == wType)
	case wWait:
		return sure(next.is.is == wDelay)
	case wCall:
		return sure(next.kind == tWord && (r.kind(i+2) == tOpen || r.kind(i+2) == tDot))
	case wBegin:
		return sure(next.kind == tWord && (r.kind(i+2) == tDot || r.kind(i+2) == tOpen) || next.is.is >= wInsert && next.is.is != wBegin && r.statement(i+1) == 2)
	case wHalt:
		return 1 + sure(r.ends(i+1) || next.is.is == wWith)/2
	case wSet:
		return sure(next.kind == tVar)
	case wCopy:
		return sure(next.kind == tWord && r.word(i+2) == wFrom || r.kind(i+1) == tOpen && w2 == wSelect)
	case wLoad:
		return sure(next.is.is == wData)
	case wGrant:
		return sure(next.kind == tWord && (w2 == wFilter || r.word(i+2) == wAll))
	case wAdmin:
		return sure(next.kind == tWord && (next.is.is == wThing || r.ends(i+2) || r.kind(i+2) == tOpen || r.kind(i+2) == tCompare))
	case wIf:
		return r.flow(i + 1)
	}
	if r.at(i).is.call == callRisky && (next.kind == tOpen || next.kind == tDot) {
		return 2
	}
	if r.at(i).is.call == callKnown && next.kind == tOpen && i > 0 {
		return 1
	}
	return 0
}

// ends says whether a statement ends at i.
func (r *sqlReader) ends(i int) bool {
	k := r.kind(i)
	return k == tEnd || k == tSemi || k == tComment
}

// change reads drop table x and its like. In a sentence more words follow.
func (r *sqlReader) change(i int) int {
	j := i + 1
	if r.word(j) == wLogic && r.word(j+2) == wThing { // create or replace
		j += 2
	}
	if r.word(j) == wThing {
		j++
		if r.word(j) == wThing || r.word(j) == wIf {
			j++
		}
	} else if string(r.lex.s[r.t[i].at:r.t[i].end]) != "truncate" {
		return 0
	}
	if r.kind(j) != tWord && r.kind(j) != tQuote {
		return 0
	}
	switch {
	case r.ends(j + 1), r.kind(j+1) == tOpen, r.kind(j+1) == tDot, r.kind(j) == tQuote, r.word(j+1) == wAs, r.word(j+1) == wChange, r.kind(j+1) == tClose:
		return 2
	}
	return 1
}

// flow reads the condition of an if.
func (r *sqlReader) flow(i int) int {
	a, k := r.operand(i)
	if k == opNone {
		return 0
	}
	if _, after := r.compare(a); after != a || k == opQuery {
		if k != opName {
			return 2
		}
		return 1
	}
	return 0
}

// quoted says whether the quote i stands behind a space, where it more likely
// opens a text than it closes one.
func (r *sqlReader) quoted(i int) bool {
	t := r.at(i)
	return t.kind == tQuote && t.at > 0 && r.lex.s[t.at-1] == ' '
}

// same says whether the tokens from a to b and from c to d spell the same.
func (r *sqlReader) same(a, b, c, d int) bool {
	if b <= a || d <= c || r.kind(d-1) == tEnd {
		return false
	}
	one, two := r.lex.s[r.at(a).at:r.at(b-1).end], r.lex.s[r.at(c).at:r.at(d-1).end]
	return string(one) == string(two)
}

// article says whether token i is a word that only people have before a name.
func (r *sqlReader) article(i int) bool {
	t := r.at(i)
	if t.kind != tWord || r.kind(i+1) != tWord || r.word(i+1) != wNone {
		return false
	}
	switch string(r.lex.s[t.at:t.end]) {
	case "the", "an", "my", "our", "your", "their", "his", "her", "this", "these":
		return true
	}
	return false
}
