package detect

// condition looks for a comparison after and, or, where ... at level l: of two
// constants it is true or false whatever the table holds.
func (r *sqlReader) condition(i int, l level) {
	l = max(l, r.level)
	j := i + 1
	for r.word(j) == wNot || r.word(j) == wPrefix || r.kind(j) == tArith && r.t[j].b == '!' {
		j++
	}
	a, k := r.operand(j)
	if k == opNone {
		return
	}
	symbol, after := r.compare(a)
	if after == a {
		r.truth(i, a, k, l)
		return
	}
	end, k2 := r.operand(after)
	switch {
	case k2 == opNone:
		if symbol && k == opConst && r.kind(after) == tEnd {
			r.sayAt(l, 20, 60, 75, Tautology)
		}
	case k == opConst && k2 == opConst && symbol:
		in := uint8(50)
		if one := r.opened(j); r.same(j, a, after, end) || r.same(one, one+1, after, after+1) {
			in = 60
		}
		r.sayAt(l, in, 78, 85, Tautology)
	case k == opConst && k2 == opConst:
		r.sayAt(l, 30, 60, 80, Tautology)
	case k == opQuery || k2 == opQuery:
		r.sayAt(l, 40, 75, 85, SubSelect)
	case k == opCall || k2 == opCall:
		r.sayAt(l, 25, 70, 80, Tautology)
	case symbol && k == opConst && k2 == opName && l == leading && r.kind(end) == tEnd:
		r.sayAt(l, 20, 45, 70, Tautology) // 1 or 2 = fine: true of some column at most
	case symbol:
		r.sayAt(l, 20, 55, 70, Tautology)
	case k2 == opConst || k == opConst || r.kind(end) == tSemi || r.kind(end) == tComment:
		r.sayAt(l, 10, 45, 70, Tautology)
	}
}

// truth looks at a condition that is one operand alone: a number, before the
// end or a comment, or a call.
func (r *sqlReader) truth(i, after int, k operand, l level) {
	ends := r.kind(after) == tComment || r.kind(after) == tSemi && r.kind(after+1) != tWord || r.kind(after) == tClose && r.kind(after+1) == tComment
	switch {
	case k == opConst && ends:
		r.sayAt(l, 35, 65, 80, Tautology)
	case k == opConst && l == broken && (r.kind(after) == tEnd || r.kind(after) == tSemi):
		r.found(60, Tautology, BreaksOut)
	case k == opCall:
		r.sayAt(l, 15, 60, 75, DangerousCall)
	case k == opQuery:
		r.sayAt(l, 40, 75, 85, SubSelect)
	case k == opName && ends && l == broken:
		r.found(70, Tautology, BreaksOut)
	}
	if r.word(after) == wGroup || r.word(after) == wOrder || r.word(after) == wLimit {
		if k == opConst {
			r.sayAt(l, 30, 65, 80, Tautology)
		}
	}
}

// union looks for the rows of another query.
func (r *sqlReader) union(i int) {
	l := r.joined(i)
	j, all := i+1, uint8(0)
	for r.word(j) == wAll || r.word(j) == wDistinct || r.kind(j) == tOpen {
		if r.word(j) == wAll {
			all = 10
		}
		j++
	}
	if r.word(j) == wValues && r.kind(j+1) == tOpen {
		r.say(i, 60, 85, 90, UnionSelect)
		return
	}
	if r.word(j) != wSelect {
		return
	}
	if i == 0 && r.base == 0 && r.kind(j+1) == tEnd {
		r.found(55, UnionSelect) // and nothing else: it looks what comes of it
	}
	l = max(l, r.level)
	switch r.selectList(j + 1) {
	case 2:
		r.sayAt(l, 55+all, 90, 95, UnionSelect)
	case 1:
		r.sayAt(l, 40+all, 58+2*all, 90, UnionSelect)
	default:
		r.sayAt(l, 30+all, 55, 75, UnionSelect)
	}
	r.raise(max(l, leading*level(all/10)))
}

// order looks for order by 3 and group by 1, which probe the columns.
func (r *sqlReader) order(i int) {
	l := r.joined(i)
	if r.word(i+1) != wBy {
		return
	}
	a, k := r.operand(i + 2)
	ends := r.kind(a) == tEnd || r.kind(a) == tComment || r.kind(a) == tComma
	switch {
	case k == opConst && ends:
		r.sayAt(l, 25, 65, 80, OrderProbe)
	case k == opName && r.kind(a) == tComment, k == opQuery, k == opCall:
		r.sayAt(l, 20, 60, 75, OrderProbe)
	}
}

// stacked notes another statement after the semicolon i; n says how surely it
// is one.
func (r *sqlReader) stacked(i, n int) {
	l := r.joined(i)
	if l == within && r.base+i <= 4 && i > 0 {
		l = leading
	}
	if n == 1 {
		r.sayAt(max(l, r.level), 30, 60, 70, Stacked)
		return
	}
	score := uint8(45)
	if r.cutOff(i) {
		score = 65
	}
	r.raise(l)
	r.sayAt(max(l, r.level), score, 85, 90, Stacked)
}

// cutOff says whether the statement that begins at i ends in a comment or with
// the value, within reach.
func (r *sqlReader) cutOff(i int) bool {
	for j := i + 1; j < i+sqlAhead; j++ {
		switch r.kind(j) {
		case tComment:
			return true
		case tEnd:
			return j <= i+8
		}
	}
	return false
}

// subSelect looks at ( select.
func (r *sqlReader) subSelect(i int) {
	switch r.selectList(i + 2) {
	case 2:
		if i == 0 && r.base == 0 {
			r.found(62, SubSelect) // the value is a query: no term of a search
		}
		r.say(i, 55, 80, 85, SubSelect)
	case 1:
		r.say(i, 30, 60, 75, SubSelect)
	}
}

// caseWhen looks for case when a=b then.
func (r *sqlReader) caseWhen(i int) {
	j := i + 1
	if r.word(j) != wWhen {
		if _, k := r.operand(j); k == opNone {
			return
		}
	}
	for n := 0; n < 32; n++ {
		if r.word(j) == wThen {
			r.say(i, 40, 75, 80, Tautology)
			return
		}
		j++
	}
}

// joinedValue looks at what follows a comma: 1,(select ...).
func (r *sqlReader) joinedValue(i int) {
	k, w := r.kind(i+1), r.word(i+1)
	if k == tOpen || w == wCase || r.at(i+1).is.call == callRisky {
		if l := r.after(i); l == broken || l == leading && (w != wNone || r.word(i+2) == wSelect || r.word(i+2) == wCase) {
			r.raise(l)
		}
	}
}

// concat looks for what an operator joins to a literal: '||(select, '+char(65).
func (r *sqlReader) concat(i int) {
	l := r.after(i)
	if l == within {
		return
	}
	next := r.at(i + 1)
	a, k := r.operand(i + 1)
	tight := next.at == r.t[i].end
	switch {
	case k == opCall && next.is.call != callPlain || k == opQuery || next.is.is == wCase:
		r.raise(l)
		r.sayAt(l, 0, 70, 75, Concatenation)
	case l == broken && r.t[i].kind == tConcat && (k == opConst || next.kind == tQuote):
		r.found(60, Concatenation, BreaksOut)
	case l == broken && next.kind == tQuote && tight && r.first(i-1):
		r.found(55, Concatenation, BreaksOut)
	case l == broken && k != opNone && r.kind(a) == tComment:
		r.found(65, CommentTail, BreaksOut)
	case l == leading && next.is.is == wTruth && tight && r.kind(a) == tEnd:
		r.found(55, Tautology)
	case l == broken && k == opConst && r.cutTight(i+2) && !r.quoted(i-1):
		r.found(60, Concatenation, BreaksOut)
	}
}

// between looks for a quote, a comparison and a quote, with which a literal is
// compared to itself: '=' and ' like '.
func (r *sqlReader) between(i int) {
	if !r.odd(i-1) || !r.first(i-1) {
		return
	}
	if r.kind(i+1) == tQuote && r.t[i+1].b == r.t[i-1].b {
		r.found(60, Tautology, BreaksOut)
		return
	}
	_, after := r.compare(i)
	if a, k := r.operand(max(after, i+1)); k != opNone && (r.kind(a) == tComment || k == opConst && r.kind(a) == tSemi) {
		r.found(70, Tautology, BreaksOut)
	}
}

// null looks for is null and is not null, which end a condition.
func (r *sqlReader) null(i int, l level) {
	_, j := r.compare(i)
	if j > i && r.word(i) == wIs && r.word(j) == wTruth && (r.ends(j+1) || r.word(j+1) == wLogic) {
		r.sayAt(l, 0, 55, 70, Tautology)
	}
}

// renamed looks for ) as name from, which goes on with a list of columns that
// began before the value.
func (r *sqlReader) renamed(i int) {
	if r.base > 0 || i > 2 || i == 0 || r.kind(i-1) != tClose && r.kind(i-1) != tQuote && r.kind(i-1) != tNumber && r.kind(i-1) != tSemi {
		return
	}
	for j := i + 1; j < i+5; j++ {
		if r.word(j) == wFrom {
			r.found(50, Statement)
		}
	}
}

// first says whether the quote i closes a literal near the value's beginning.
func (r *sqlReader) first(i int) bool { return r.base == 0 && i <= 2 }

// cutTight says whether a comment or a quote is at i, or an operator with the
// quote that ends the value.
func (r *sqlReader) cutTight(i int) bool {
	return r.kind(i) == tComment || r.kind(i) == tQuote || r.kind(i) == tArith && r.kind(i+1) == tQuote && r.kind(i+2) == tEnd
}

// tail looks for the comment that cuts the rest of the query off right behind
// what breaks out of a literal.
func (r *sqlReader) tail(i int) {
	if r.optionNamed(i) {
		return
	}
	rest := len(r.lex.s) - r.t[i].end
	if r.after(i) != broken {
		if r.level == broken && rest <= 2 {
			r.found(72, CommentTail, BreaksOut)
		}
		return
	}
	j := i - 1
	for j > 0 && r.kind(j) != tQuote {
		j--
	}
	t := &r.t[i]
	tight := t.at == r.at(i-1).end
	switch {
	case (tight || j < i-1) && r.first(j) && rest <= 40:
		r.found(75, CommentTail, BreaksOut)
	case tight && rest <= 1, r.first(j) && rest <= 1:
		r.found(65, CommentTail, BreaksOut)
	case tight:
		r.found(50, CommentTail, BreaksOut)
	}
	r.raise(broken)
}

// variable looks at @@version and the like.
func (r *sqlReader) variable(i int) {
	t := &r.t[i]
	if t.end-t.at < 6 || r.lex.s[t.at+1] != '@' {
		return
	}
	switch string(r.lex.s[t.at+2 : t.end]) {
	case "version", "datadir", "basedir", "hostname", "servername", "version_comment", "tmpdir", "langid", "spid", "microsoftversion", "global", "secure_file_priv":
		in := uint8(50)
		if r.asks {
			in = 60
		}
		r.say(i, in, 70, 75, Catalogue)
	}
}

// catalogue looks at a table of the database itself: after from, or named in
// full.
func (r *sqlReader) catalogue(i int) {
	from := false
	for j := i - 1; j >= i-4; j-- {
		from = from || r.word(j) == wFrom || r.word(j) == wJoin || r.word(j) == wInto
	}
	if from {
		r.say(i, 60, 80, 85, Catalogue)
	} else {
		r.say(i, 35, 60, 65, Catalogue)
	}
}

// comparison looks whether the value is nothing but two constants compared. A
// sum with its result is arithmetic.
func (r *sqlReader) comparison() {
	a, k := r.term(0)
	_, b := r.compare(a)
	if k != opConst || b == a {
		return
	}
	end, k := r.term(b)
	if k == opConst && r.word(end) == wLogic { // and goes on with a constant alone
		end, k = r.term(end + 1)
	}
	if k == opConst && r.kind(end) == tEnd {
		r.found(55, Tautology)
	}
}

// whole looks whether the value is a statement from its beginning.
func (r *sqlReader) whole() {
	if r.word(0) == wFrom && r.source(1) == 2 {
		r.found(55, Statement)
	}
	if r.at(0).is.call == callRisky && r.kind(1) == tEnd && len(r.lex.s) > 6 {
		r.found(50, DangerousCall)
	}
	switch r.statement(0) {
	case 2:
		r.found(55, Statement)
	case 1:
		r.found(35, Statement)
	}
}
