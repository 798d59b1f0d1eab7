package detect

// Fragments of script: what a value does when it lands inside a script, a
// handler, or a string in one.

var scriptWhen = []trigger{
	{any: cOpen | cTick | cEqual, and: cSingle | cDouble | cClose | cTick | cDot | cLeft},
	{any: cEqual | cOpen | cSemi | cPlus | cClose, and: cDot | cLeft}, {any: cEqual, and: cSemi | cComma | cUnbrace},
}

// What a word means in script.
const (
	sink  = 1 << iota // a call of it acts
	root              // an object whose members act
	prop              // a member that acts or tells secrets
	bare              // a sink that is also passed around without a call
	wrap              // a way to call what stands before it
	timer             // a sink that acts by a text: a function is code that the page has
)

var scriptWords = func() *words {
	t := vocabulary(sink|bare, "alert prompt confirm eval", nil)
	vocabulary(sink|timer, "settimeout setinterval setimmediate queuemicrotask requestanimationframe", t)
	vocabulary(sink, `execscript function importscripts xmlhttprequest activexobject msgbox
		fromcharcode createcontextualfragment insertadjacenthtml sendbeacon`, t)
	vocabulary(root, "document window self top parent frames globalthis location navigator localstorage sessionstorage history opener content string array reflect this", t)
	vocabulary(prop, `cookie domain write writeln location body innerhtml outerhtml createelement getelementbyid getelementsbytagname queryselector documentelement
		defaultview href assign eval alert prompt confirm opener constructor fromcharcode setitem getitem referrer appendchild onload onerror
		execcommand designmode open top parent self window settimeout setinterval pushstate name print sendbeacon`, t)
	return vocabulary(wrap, "call apply bind map find foreach filter some every sort replace", t)
}()

// scripted says how much b does as script: 0 nothing, 1 it names what would
// act, 2 it acts.
func scripted(b []byte) int {
	level, _ := acting(b)
	return level
}

// acting is scripted, with the place where the acting piece begins. 3 is what
// only an attack does: it shows a box, evaluates text, or makes a function.
func acting(b []byte) (level, place int) {
	place = len(b)
	note := func(l, p int) {
		if l > level {
			level, place = l, p
		}
	}
	for i := 0; i < len(b) && level < 3; {
		c := b[i]
		switch {
		case is(c, letter) || c == '_':
			j := wordEnd(b, i)
			if j-i > longest || !scriptWords.may(b[i:j]) || !acted(b, i, j) {
				i = j
				continue
			}
			var w spelling
			w.spell(b, i)
			if m := scriptWords.get(w.word()); m != 0 {
				note(means(b, i, j, m, w.word()), i)
			} else if string(w.word()) == "constructor" && chained(b, i, j) {
				note(3, i)
			}
			i = j
		case is(c, digit):
			i++
			for i < len(b) && wordy(b[i]) {
				i++
			}
		case c == '[' || c == '!' || c == '(' || c == '+':
			j := i
			nots, lists := 0, 0
			for j < len(b) && (b[j] == '[' || b[j] == ']' || b[j] == '(' || b[j] == ')' || b[j] == '!' || b[j] == '+' || b[j] == ' ' || b[j] == '{' || b[j] == '}') {
				if b[j] == '!' {
					nots++
				}
				if b[j] == '[' && peek(b, j+1) == ']' {
					lists++
				}
				j++
			}
			if j-i >= 9 && nots > 0 && lists > 1 {
				note(3, i) // script of brackets alone
			}
			if c == '[' && j-i < 3 && called(b, i) {
				note(2, i)
			}
			i = max(j, i+1)
		default:
			i++
		}
	}
	return level, place
}

// acted says whether script does something with the word from i to j: what
// follows is no further word, and no mark of a sentence.
func acted(b []byte, i, j int) bool {
	c := peek(b, j)
	if c == ' ' {
		j = skip(b, j)
		if c = peek(b, j); is(c, letter|digit|high) || c == '-' || c == '"' {
			return false
		}
	}
	if c == ',' || c == '.' && is(peek(b, j+1), blank) {
		p := peek(b, i-1)
		return p == '=' || p == '(' || p == '{'
	}
	return true
}

// means says how much the word from i to j with meaning m does.
func means(b []byte, i, j int, m uint8, w []byte) int {
	acts := 2
	if m&bare != 0 {
		acts = 3
	}
	k := skip(b, j)
	for peek(b, k) == '/' && peek(b, k+1) == '*' && k < j+nearby {
		e := comment(b[:min(len(b), k+nearby)], k)
		if e < 0 {
			break
		}
		k = skip(b, e)
	}
	c := peek(b, k)
	if m&sink != 0 {
		switch {
		case m&timer != 0 && c == '(' && !givenText(b, k+1):
			return 1
		case c == '(' && (k == j || argument(b, k+1)) && peek(b, k+1) != 's', c == '`':
			return acts
		case c == ')' && (peek(b, k+1) == '(' || peek(b, k+1) == '`') && peek(b, i-1) != '\'':
			return acts
		case c == '?' && peek(b, k+1) == '.' && peek(b, k+2) == '(':
			return acts
		case c == '.' && (starts(b, k, ".call") || starts(b, k, ".apply") || starts(b, k, ".bind")):
			return acts
		case m&bare != 0 && (peek(b, i-1) == '=' || peek(b, i-1) == '(' || peek(b, i-1) == '{') && (c == ';' || c == ')' || c == ',' || c == '}' || c == 0):
			if peek(b, i-1) == '=' && c != ';' && c != ',' {
				return 1
			}
			return acts
		}
	}
	if m&root != 0 {
		return member(b, i, k, w)
	}
	return 0
}

// givenText says whether the first argument at i is a text, or made by a call.
func givenText(b []byte, i int) bool {
	i = skip(b, i)
	switch c := peek(b, i); {
	case c == '\'' || c == '"' || c == '`' || c == '/' || c == '[' || c == 0:
		return true
	case is(c, letter):
		c = peek(b, wordEnd(b, i))
		return c == '(' || c == '.' || c == '`'
	}
	return false
}

// argument says whether what stands at i begins an argument of script rather
// than prose in brackets.
func argument(b []byte, i int) bool {
	c := peek(b, skip(b, i))
	return c == '\'' || c == '"' || c == '`' || c == '/' || c == ')' || c == '[' || is(c, digit) || starts(b, i, "document") || starts(b, i, "string.") || starts(b, i, "this")
}

// member judges a member of an object of the browser: k is behind its name.
func member(b []byte, i, k int, w []byte) int {
	c := peek(b, k)
	if c == '?' && peek(b, k+1) == '.' {
		k++
		c = '.'
	}
	switch {
	case c == '[':
		if q := peek(b, skip(b, k+1)); q == '\'' || q == '"' || q == '`' || q == '/' || q == '(' || q == '[' || q == '\\' {
			return 2
		}
		for e := k + 1; e < len(b) && e < k+64; e++ {
			if b[e] == ']' {
				if peek(b, e+1) == '(' || peek(b, e+1) == '`' {
					return 3 // a member whose name is computed, called
				}
				break
			}
		}
		return 0
	case c == '=' && string(w) == "location" && peek(b, k+1) != '=' && peek(b, i-1) != '_' && peek(b, i-1) != '-':
		k = skip(b, k+1)
		if q := peek(b, k); (q == '\'' || q == '"' || q == '`' || q == '/') && i == 0 || starts(b, k, "name") || starts(b, k, "'java") || starts(b, k, "\"java") || starts(b, k, "'http") || starts(b, k, "'//") || starts(b, k, "\"//") || starts(b, k, "location.") {
			return 2
		}
		return 0
	case c != '.':
		return 0
	}
	var p spelling
	e := p.spell(b, skip(b, k+1))
	if scriptWords.get(p.word())&prop == 0 {
		return 0
	}
	e = skip(b, e)
	switch peek(b, e) {
	case '(', '`', '[', '+':
		return 2
	case '=':
		if peek(b, e+1) != '=' {
			return 2
		}
	case '.':
		return 2
	}
	if p := peek(b, i-1); (p == '+' || p == '(') && (b[k] == '.' && starts(b, k+1, "cookie")) {
		return 2 // sent away with something
	}
	return 1
}

// chained says whether the constructor at i to j makes a function of text.
func chained(b []byte, i, j int) bool {
	if p := peek(b, i-1); p != '.' && p != '\'' && p != '"' && p != '`' && p != '[' {
		return starts(b, j, ".constructor")
	}
	if q := peek(b, j); q == '\'' || q == '"' || q == '`' {
		j++
	}
	if peek(b, j) == ']' {
		j++
	}
	j = skip(b, j)
	return peek(b, j) == '(' || starts(b, j, ".constructor") || starts(b, j, "['constructor") || starts(b, j, "[\"constructor") || starts(b, j, ".prototype.")
}

// called says whether the list at i is a name in quotes that is then called.
func called(b []byte, i int) bool {
	k := skip(b, i+1)
	q := peek(b, k)
	if q != '\'' && q != '"' && q != '`' {
		return false
	}
	for k++; k < len(b) && k < i+64; k++ {
		if b[k] == ']' {
			return peek(b, k+1) == '(' && peek(b, k-1) == q || peek(b, k+1) == '`'
		}
	}
	return false
}

// script judges a value as a piece of script.
func script(v *view) {
	if v.plainly() {
		return
	}
	b := v.text
	level, place := acting(b)
	if !v.wide() && v.chars&cSlash != 0 && stripped(b) {
		v.found(XSS, odd, ScriptFragment)
	}
	if level == 0 {
		if !v.wide() && endsAttribute(b) {
			v.found(XSS, odd, BreaksQuote)
		}
		return
	}
	broke := brokeOut(b, place)
	words := prose(b)
	whole := (place <= 4 || level == 3 && len(b) < 200) && words <= 1
	switch {
	case level >= 2 && broke && (words < 3 || cutOff(b)):
		v.found(XSS, grave, ScriptFragment, BreaksQuote)
	case level >= 2 && whole:
		v.found(XSS, odd+12, ScriptFragment)
	case level >= 2 && v.field == Search && words >= 3:
		v.found(XSS, odd-6, ScriptFragment)
	case level >= 2:
		v.found(XSS, odd, ScriptFragment)
	case broke || whole:
		v.found(XSS, odd-6, ScriptFragment)
	default:
		v.found(XSS, faint, ScriptFragment)
	}
}

// brokeOut says whether a quote before place closes one that the page opened.
func brokeOut(b []byte, place int) bool {
	singles, doubles := 0, 0
	for k := 0; k < place; k++ {
		switch b[k] {
		case '\'':
			if !is(peek(b, k-1), letter|high) || !is(peek(b, k+1), letter|high) {
				singles++
			}
		case '"':
			doubles++
		}
	}
	return singles%2 == 1 || doubles%2 == 1 || place > 0 && (b[0] == '}' || b[0] == ')' || b[0] == ';')
}

// cutOff says whether the value ends in a comment or an operator that takes
// care of what follows it.
func cutOff(b []byte) bool {
	n := len(b)
	for n > 0 && is(b[n-1], blank) {
		n--
	}
	if n < 3 {
		return false
	}
	last, before := b[n-1], b[n-2]
	return last == '/' && before == '/' || last == '-' && before == '-' || last == '*' && before == '/' ||
		(last == '\'' || last == '"' || last == '`') && (before == '-' || before == '+' || before == '=' || before == '|' || before == '&' || before == ';' || before == ',')
}

// endsAttribute says whether a call is followed by the end of a quoted
// attribute and of its tag: the end of a handler whose begin is elsewhere.
func endsAttribute(b []byte) bool {
	for i := 0; i < len(b); i++ {
		if b[i] != ')' {
			continue
		}
		j := i + 1
		for j < len(b) && j < i+6 && (b[j] == ';' || is(b[j], blank)) {
			j++
		}
		if (peek(b, j) == '\'' || peek(b, j) == '"') && peek(b, skip(b[:min(len(b), j+8)], j+1)) == '>' {
			return true
		}
	}
	return false
}
