package detect

// sqlWhen are the characters without which no fragment of SQL does anything
// where a value is put into a query: marks, or a number with words after it.
var sqlWhen = []trigger{
	{any: cSingle | cDouble | cTick | cOpen | cSemi | cHash | cEqual | cLess | cGreater | cPipe | cStar},
	{any: cDigit, and: cSpace | cTab | cNewline | cSlash | cPlus},
	{any: cUnder, and: cSpace | cDot},
	{any: cMinus, and: cSpace | cTab | cNewline | cControl},
}

// leadsQuery says whether a text of letters alone begins like a statement.
func leadsQuery(text []byte, m chars) bool {
	if m&cSpace == 0 || len(text) < 8 || len(text) > 256 {
		return false
	}
	for len(text) > 8 && kinds[text[0]]&(cSpace|cNewline) != 0 {
		text = text[1:]
	}
	var first [10]byte
	for i, b := range text {
		if b == ' ' {
			w := sqlWordOf(first[:i]).is
			return i > 1 && (w == wChange || w == wUnion || w == wSelect || w == wHalt || w == wLogic || w == wDelete)
		}
		if i == len(first) {
			return false
		}
		first[i] = b | 0x20
	}
	return false
}

// level says how a part of a query comes to stand in a value.
type level uint8

const (
	within  level = iota // amid a text: as prose and code also have it
	leading              // after the number or name at the beginning of the value
	broken               // after a quote that closes the literal around the value
)

// sqlReader looks for the shapes of injected SQL in a stream of tokens. Each
// shape is looked for at each token and looks at most sqlAhead tokens ahead.
type sqlReader struct {
	v     *view
	lex   sqlLexer
	t     []token
	base  int   // tokens that went before t
	level level // the highest level at which a part of a query was joined
	chars int   // codes of characters so far: char(65)
	depth int   // queries around the operand that is read
	done  bool
	plain int  // words that are of no query
	asks  bool // a select stands somewhere
	said  int  // plain words side by side, as in a sentence
	piece bool // begins as a piece of a query does
}

// sql finds fragments of SQL. What makes one dangerous is where it stands and
// what it does there, so each shape has three scores, one for each level: a
// condition that is true, another query's rows, another statement, a comment
// that cuts the rest off, a query within, an order by number, or a call that
// waits, reads files or speaks.
func sql(v *view) {
	if v.chars&cDouble != 0 && v.text[0] == '"' && quotedTexts(v.lower()) {
		return
	}
	if sqlSilent(v.text, v.chars, v.heard) && !leadsQuery(v.text, v.chars) {
		return
	}
	r := sqlReader{v: v, lex: sqlLexer{s: v.lower(), prose: v.field == FreeText || v.field == Markup}, t: v.tokens[:0]}
	r.fill()
	r.comparison()
	r.piece = r.lex.prose && r.begins()
	for i := 0; r.t[i].kind != tEnd && v.best.Score < enough; i++ {
		if !r.done && i == len(r.t)-sqlAhead {
			n := copy(r.t, r.t[i-8:])
			r.base += i - 8
			r.t = r.t[:n]
			i = 8
			r.fill()
		}
		t := &r.t[i]
		if t.kind == tWord && t.is == &noWord {
			if r.plain++; i > 0 && r.lettered(i) && r.lettered(i-1) {
				r.said++
			}
		}
		r.asks = r.asks || t.is.is == wSelect
		if t.kind != tWord || t.is != &noWord || i == 0 {
			r.token(i)
		}
	}
	v.tokens = r.t[:0]
	r.alone()
}

// alone weighs a fragment in a text of people that says nothing else higher. A
// whole statement stays what it was: people show each other queries.
func (r *sqlReader) alone() {
	best := &r.v.best
	if r.v.field == Unknown && r.plain >= sentences && !r.asks && best.Class == SQL && best.Score <= 70 {
		switch best.Reasons[0] {
		case Tautology, CommentTail, Concatenation, DangerousCall:
			best.Score = min(best.Score, faint) // a text with marks, not a query with some words
		}
	}
	if r.piece && r.said == 0 && best.Class == SQL && best.Score >= 55 && best.Reasons[0] != Statement {
		best.Score = max(best.Score, 72)
	}
	if best.Class == SQL && best.Reasons[0] == Statement && (r.lex.prose || r.v.field == Search) && r.said == 0 && r.plain <= 4 && r.masked() {
		best.Score = max(best.Score, 72)
	}
	few := r.plain <= 2 || r.plain == 3 && best.Reasons[0] == DangerousCall
	if best.Reasons[0] == SubSelect { // the value is one, and nothing stands around it
		few = r.plain <= sentences && r.lex.s[0] == '(' && r.lex.s[len(r.lex.s)-1] == ')'
	}
	if r.lex.prose && few && best.Class == SQL && best.Score >= 55 && best.Reasons[0] != Statement {
		best.Score = max(best.Score, 72)
	}
}

// fill reads tokens up to the size of a window.
func (r *sqlReader) fill() {
	for len(r.t) < sqlWindow {
		n := len(r.t)
		if n < cap(r.t) {
			r.t = r.t[:n+1]
		} else {
			r.t = append(r.t, token{})
		}
		if r.lex.next(&r.t[n]); r.t[n].kind == tEnd {
			r.done = true
			return
		}
	}
}

// at is token i; before the first and after the last there is the end.
func (r *sqlReader) at(i int) *token {
	if i < 0 || i >= len(r.t) {
		return &theEnd
	}
	return &r.t[i]
}

var theEnd = token{is: &noWord}

func (r *sqlReader) kind(i int) kind { return r.at(i).kind }
func (r *sqlReader) word(i int) word { return r.at(i).is.is }

// token looks for every shape that begins at token i.
func (r *sqlReader) token(i int) {
	t := &r.t[i]
	switch t.kind {
	case tWord:
		r.atWord(i, t)
	case tBoth, tConcat:
		r.condition(i, r.joined(i))
		r.concat(i)
	case tArith:
		if t.b != '*' || i > 0 {
			r.concat(i)
		}
	case tCompare:
		r.between(i)
	case tComma:
		r.joinedValue(i)
	case tSemi:
		if n := r.statement(i + 1); n > 0 {
			r.stacked(i, n)
		} else if r.kind(i+1) == tEnd && r.odd(i-1) {
			r.found(50, BreaksOut)
		}
	case tOther:
		if t.b == ':' && r.word(i+2) == wType && r.at(i+1).b == ':' { // a cast
			r.say(i, 50, 60, 70, Statement)
		}
	case tOpen:
		if r.word(i+1) == wSelect {
			r.subSelect(i)
		}
	case tComment:
		r.tail(i)
	case tVar:
		r.variable(i)
	case tNumber:
		if i == 0 && r.base == 0 && r.word(i+1) == wCase {
			r.raise(leading)
		}
	}
}

func (r *sqlReader) atWord(i int, t *token) {
	switch t.is.is {
	case wLogic, wFilter, wWhen:
		r.condition(i, r.joined(i))
	case wUnion:
		r.union(i)
	case wOrder, wGroup:
		r.order(i)
	case wLike, wBetween, wIn, wIs, wNot:
		l := r.joined(i)
		r.between(i)
		r.null(i, l)
	case wCase:
		r.caseWhen(i)
	case wInto:
		if r.word(i+1) == wFile {
			r.say(i, 60, 70, 85, DangerousCall)
		}
	case wProcedure:
		if r.word(i+1) == wAnalyse && r.kind(i+2) == tOpen {
			r.say(i, 55, 80, 90, DangerousCall)
		}
	case wWait:
		if r.word(i+1) == wDelay && r.kind(i+2) != tWord {
			r.say(i, 60, 85, 90, DangerousCall)
		}
	case wLimit:
		r.joined(i)
	case wAs:
		r.renamed(i)
	case wValues:
		if i == 0 && r.base == 0 && r.kind(1) == tOpen && r.kind(2) == tQuote {
			r.found(50, Statement)
		}
	}
	if i == 0 && r.base == 0 {
		r.whole()
	} else if r.odd(i-1) && t.is.is >= wInsert {
		if n := r.statement(i); n > 1 { // no semicolon is needed where statements just follow
			r.found(65, Stacked, BreaksOut)
		}
	}
	r.call(i, t)
	if t.is.names {
		r.catalogue(i)
	}
}

func (r *sqlReader) odd(i int) bool { return r.kind(i) == tQuote && r.t[i].odd }

// raise notes that parts of a query are joined to the value at level l.
func (r *sqlReader) raise(l level) {
	r.level = max(r.level, l)
}

// joined is the level at which the token i joins what was before it, and
// raises the level of all that follows.
func (r *sqlReader) joined(i int) level {
	l := r.after(i)
	r.raise(l)
	return l
}

// after says what stands right before token i: a quote that closes, or the
// beginning of the value, if need be with closing parentheses between.
func (r *sqlReader) after(i int) level {
	j := i - 1
	for n := 0; n < 12; n++ {
		if j < 0 && r.base == 0 && r.joinsAlone() {
			return leading
		}
		switch t := r.at(j); {
		case t.kind == tClose, t.kind == tArith && t.b == '%', t.kind == tSemi, t.kind == tOther && t.b != '\'' && t.b != '?' && t.b != ':':
			j--
			continue
		case t.kind == tWord && r.word(j-1) == wAs: // ) as name where
			j -= 2
			continue
		case t.kind == tWord && r.word(j) == wMode && r.word(j-1) == wBoolean: // ') in boolean mode)
			j -= 3
			continue
		case t.kind == tQuote:
			if t.odd {
				return broken
			}
			return within
		case t.kind == tNumber, t.kind == tWord && t.is.is == wTruth:
			if r.base+j <= 3 && r.leads(j) {
				return leading
			}
			return within
		case t.kind == tWord && r.base+j == 0 && (j+1 < i || r.fastened(i)): // a name, and closed: name) and
			return leading
		}
		return within
	}
	return within
}

// joinsAlone says whether the value begins with what joins it to a query.
func (r *sqlReader) joinsAlone() bool {
	switch r.kind(0) {
	case tConcat, tBoth, tSemi, tComma, tClose, tComment:
		return true
	}
	switch r.word(0) {
	case wLogic, wFilter, wUnion, wOrder, wGroup, wLike:
		return true
	}
	return false
}

// leads says whether only signs and parentheses stand before token j.
func (r *sqlReader) leads(j int) bool {
	for j--; j >= 0; j-- {
		if k := r.t[j].kind; k != tArith && k != tOpen && k != tClose {
			return false
		}
	}
	return true
}

// now is the level of token i: as it is joined itself, or what was before.
func (r *sqlReader) now(i int) level { return max(r.level, r.after(i)) }

// say notes a finding with the score of its level.
func (r *sqlReader) say(i int, in, lead, out uint8, why Reason) {
	r.sayAt(r.now(i), in, lead, out, why)
}

func (r *sqlReader) sayAt(l level, in, lead, out uint8, why Reason) {
	switch l {
	case broken:
		r.found(out, why, BreaksOut)
	case leading:
		r.found(lead, why)
	default:
		r.found(in, why)
	}
}

func (r *sqlReader) found(score uint8, reasons ...Reason) {
	r.v.found(SQL, score, reasons...)
}
