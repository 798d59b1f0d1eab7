package detect

import "bytes"

// argKind is what the first argument of a command looks like.
type argKind uint8

const (
	noCommand argKind = iota // what follows cannot follow a command
	nothing                  // the command ends
	plainWord                // a word, as in prose
	number                   // a number or an address of a host
	telling                  // an option, a path, a variable, a redirection
)

// argumentOf says what follows a command that ends at i.
func argumentOf(b []byte, i int, kind uint8) argKind {
	k := i
	for k < len(b) && (b[k] == ' ' || b[k] == '\t' || b[k] == '+') {
		k++
	}
	c, n := peek(b, k), peek(b, k+1)
	if k >= len(b) {
		return nothing
	}
	switch {
	case c == ';' || c == '|' || c == '&' || c == '\n' || c == '\r' || c == '`' || c == ')' || c == '#' || c == '}' || c == 0, c == '\\' && endsLine(b, k):
		return nothing
	case c == '<' || c == '>':
		if k == i && !(n == '<' || n == '/' || n == '&' || is(n, letter|blank)) || c == '<' && (n == '/' && endTag(b, k+2) || is(n, letter) && endTag(b, k+1)) {
			return noCommand
		}
		return telling
	case c == '$' && !is(n, digit):
		return telling
	case k == i && (c == '\'' || c == '"') && skip(b, k+1) == len(b):
		return nothing
	case k == i && c == ',' && kind&lists != 0:
		return plainWord
	case k == i:
		return noCommand
	case c == '(' && kind&sharp != 0:
		return plainWord
	case c == '-' && (is(n, letter) && !is(peek(b, k+2), letter) || n == '-' && is(peek(b, k+2), letter) || is(n, digit)):
		return telling
	case c == '-' && is(n, letter) && (kind&sharp != 0 || is(peek(b, k+3), blank) || is(peek(b, k+4), blank)):
		return telling
	case c == '/' && (kind&(dosish|sharp) != 0 || pathLike(b, k)), c == '.' && (n == '/' || n == '.' && peek(b, k+2) == '/'), c == '~' && n == '/', c == '\\' && n != 0, c == '%':
		return telling
	case c == '*' && kind&sharp != 0, c == '\'' || c == '"':
		if kind&dull != 0 && c != '*' && !tellingLater(b, k) {
			return plainWord
		}
		return telling
	case is(c, letter) && n == ':' && (peek(b, k+2) == '\\' || peek(b, k+2) == '/' || kind&dosish != 0):
		return telling
	case is(c, digit):
		return number
	}
	for j := k; j < len(b) && j < k+64 && !is(b[j], blank); j++ {
		if b[j] == ':' && peek(b, j+1) == '/' && peek(b, j+2) == '/' || b[j] == '=' && peek(b, j+1) == '/' || b[j] == '/' && j > k && kind&sharp != 0 {
			return telling
		}
		if kind&assigns != 0 && b[j] == '=' && j > k {
			return telling
		}
		if kind&waits != 0 && (b[j] == '.' && is(peek(b, j+1), letter|digit) || starts(b, j, "localhost")) {
			return number
		}
	}
	if !is(c, letter|high) {
		return noCommand
	}
	var w spelling
	if w.spell(b, k); kind&dosish != 0 && dosVerbs.get(w.word()) != 0 || tellingLater(b, k) {
		return telling
	}
	return plainWord
}

// dosVerbs follow net, reg and sc.
var dosVerbs = vocabulary(dosish, "user users localgroup view share accounts group use query add delete save export config", nil)

// tellingLater says whether a redirection or an absolute path follows in the
// same command.
func tellingLater(b []byte, i int) bool {
	for end := min(len(b), i+nearby); i < end; i++ {
		if i = laterMarks.next(b[:end], i); i == end {
			return false
		}
		switch b[i] {
		case ';', '|', '&', '\n':
			return false
		case '>':
			if k := skip(b, i+1); peek(b, k) == '/' || peek(b, k) == '.' && peek(b, k+1) == '/' {
				return true
			}
		case '/':
			if is(peek(b, i-1), blank) && is(peek(b, i+1), letter) && pathLike(b, i) {
				return true
			}
		case '$':
			if peek(b, i+1) == '(' {
				return true
			}
		}
	}
	return false
}

// laterMarks are the bytes that tellingLater looks at.
var laterMarks = bytesOfKinds(cSemi | cPipe | cAmp | cNewline | cGreater | cSlash | cDollar)

// endTag says whether a name and > stand at i.
func endTag(b []byte, i int) bool {
	for i < len(b) && is(b[i], letter|digit) {
		i++
	}
	return peek(b, i) == '>'
}

// isList says whether the value is a list of plain words with one separator.
func isList(b []byte) bool {
	var sep byte
	seps, item := 0, 0
	for _, c := range b {
		switch {
		case wordy(c) || is(c, high) || c == '-' || c == '.' || c == ' ':
			if c != ' ' {
				item++
			}
		case item > 0 && (sep == 0 || sep == c) && (c == ';' || c == '|'):
			sep, item = c, 0
			seps++
		default:
			return false
		}
	}
	return seps >= 2 && item > 0
}

// isTable says whether the value is lines of as many fields each, with
// semicolons between them.
func isTable(b []byte) bool {
	first, lines := 0, 0
	for line := range bytes.Lines(b) {
		n := bytes.Count(line, []byte(";"))
		if n < 2 || lines > 0 && n != first {
			return false
		}
		first = n
		lines++
	}
	return lines >= 2
}

// pathLike says whether an absolute path stands at i: two parts, a pattern,
// or the end of the value.
func pathLike(b []byte, i int) bool {
	if !is(peek(b, i+1), letter) && peek(b, i+1) != '?' && peek(b, i+1) != '*' && peek(b, i+1) != '.' {
		return i+1 == len(b) || is(peek(b, i+1), blank) || b[i+1] == ';' || b[i+1] == '|' || b[i+1] == '&'
	}
	for k := i + 1; k < len(b) && !is(b[k], blank); k++ {
		if b[k] == '/' || b[k] == '?' || b[k] == '*' || b[k] == '.' || b[k] == '\'' {
			return true
		}
	}
	return starts(b, i, "/etc") || starts(b, i, "/var") || starts(b, i, "/tmp") || starts(b, i, "/home") || starts(b, i, "/root") || starts(b, i, "/usr") || starts(b, i, "/proc")
}

// judgeCommand scores one command, and reports whether it is one.
func (v *view) judgeCommand(b []byte, c *command, kind uint8, before separator) bool {
	if c.brace {
		kind |= lists
	}
	if c.binary && kind&dull != 0 {
		kind |= sharp // a path to a program is no word of a sentence
	}
	what := argumentOf(b, c.end, kind)
	if what == noCommand {
		return false
	}
	score := c.weigh(b, kind, before, what)
	if score == 0 && c.hidden && kind&sharp != 0 && what != plainWord {
		score = odd
	}
	if score == 0 {
		return false
	}
	if kind&(sharp|dull|leads) != 0 && c.hidden {
		score = max(score, odd+15)
		if before == begin && what == nothing && c.end < 5 {
			score = faint
		}
	}
	if v.wide() || v.field == Search {
		score = v.spoken(b, c, kind, before, what, score)
	}
	if v.field == Unknown && before == quote && what == nothing && prose(b) >= sentences {
		score = min(score, odd) // a name in a sentence
	}
	reason := RunsCommand
	if before == quote || before == replace {
		reason = Substitution
	}
	if c.hidden {
		v.found(Command, score, reason, HiddenCommand)
	} else {
		v.found(Command, score, reason)
	}
	return true
}

// weigh scores a command where no prose is expected.
func (c *command) weigh(b []byte, kind uint8, before separator, what argKind) uint8 {
	known := kind & (sharp | dull)
	if c.pattern && c.path {
		known = sharp // the shell finds the name itself
		if before == begin && what == nothing && b[0] != '/' {
			return 0
		}
	}
	if c.binary && c.name.n > 0 && (known != 0 || before != begin || what == telling || what == nothing && (starts(b, 0, "/bin/") || starts(b, 0, "/sbin/") || starts(b, 0, "/usr/bin/"))) {
		known = sharp
		if before == begin {
			return odd
		}
	}
	if known == 0 {
		return 0
	}
	strong := what == telling || what == number && kind&waits != 0
	if before == begin {
		switch {
		case known&sharp == 0 && !c.hidden && prose(b) >= 6:
			return 0 // a sentence that begins with if or find
		case c.brace && (what == plainWord || strong) && peek(b, c.end) == ',', c.brace && known&sharp != 0 && what == nothing && b[c.end-c.name.n-1] == ',':
			return odd
		case c.led && known&sharp != 0 && what == nothing:
			return odd - 5
		case strong && (what == telling || known&sharp != 0 || kind&waits != 0 && kind&dull != 0 && !is(peek(b, c.end), letter)):
			return odd - 5
		case what == nothing && c.end < len(b) && c.end > 0 && (b[c.end] == ';' || b[c.end] == '|') && skip(b, c.end+1) == len(b):
			return odd - 5
		case c.pattern && c.path:
			return odd
		}
		return 0
	}
	switch {
	case strong:
		return grave + 5
	case known&sharp != 0 && (what == nothing || before >= semi):
		return grave + 2
	case what == nothing && known&sharp == 0 && (kind&pages != 0 || coupled(b) || before == ampers && c.endsSentence(b)):
		return faint
	case what == nothing && (before == ampers && holds(b, "=") || isList(b) || before == semi && saidAside(b, c)):
		return faint
	case what == nothing && before == line:
		return odd - 8
	case what == nothing:
		return odd + 5
	case c.brace && peek(b, c.end) == ',':
		return grave
	case what == plainWord && separated(b):
		return odd
	case what == number && before >= chain:
		return odd - 8
	case what == plainWord && before == quote && b[len(b)-1] == '`' && bytes.Count(b, []byte("`")) == 2:
		return odd - 8 // a value that ends with what the shell puts in
	case what == plainWord && before >= chain && before != quote:
		return odd - 8
	}
	return 0
}

// spoken lowers the score of a command in a text for people: they show each
// other commands, in quotes of Markdown or as a chain that begins with one.
func (v *view) spoken(b []byte, c *command, kind uint8, before separator, what argKind, score uint8) uint8 {
	around := prose(b)
	aim := b[c.end:min(len(b), c.end+nearby)]
	target := aimsAtSystem(aim)
	feeds := before == chain && feedsShell(b, c, what)
	switch {
	case v.showsCode() && !target && (before == quote || !outOfFences(b, c.end)):
		return min(score, odd)
	case around < 4 && len(b) <= 300 && (feeds || before == begin && (opensShell(aim) || runsText(b, c))), before == begin && around < 7 && addsAccount(c, aim):
		return max(score, odd+12)
	case before == begin && c.pattern && c.path && around < 2 && globbed(b), separated(b) && c.end < longest && (what >= number || kind&sharp != 0) && score >= odd-8:
		return max(score, odd+12)
	case before == chain && around >= 2 && !target && piped(b, c.end-c.name.n):
		return min(score, odd)
	case before == begin && target && around < 3:
		return odd + 12
	case before == begin && !c.hidden:
		return min(score, odd-8)
	case before == line && v.layer > 0 && around < 2 && score >= odd-8, separated(b) && around < 3 && score >= odd:
		return max(score, odd+12)
	case before == quote:
		if (around >= 2 || quotedFirst(b)) && !target || peek(b, max(0, c.end-1)) == '`' {
			return min(score, odd)
		}
	case before == line:
		if !target && (around >= 3 || kind&sharp == 0 || what == plainWord) {
			return min(score, odd)
		}
	case target || c.hidden && kind != 0:
	case what == plainWord && kind&sharp == 0:
		return min(score, faint)
	case what != telling && kind&sharp == 0 && around >= 3:
		return min(score, odd)
	case what == plainWord && around >= 4:
		return min(score, odd)
	case (before != replace || string(c.name.word()) == "pwd") && shownBefore(b, c.end):
		return min(score, odd)
	}
	if what == nothing && before == semi && isTable(b) {
		return min(score, odd)
	}
	if score >= odd && what == nothing && around < 3 {
		return max(score, odd+12)
	}
	return score
}

// quotedFirst says whether a text begins with code in quotes of Markdown and
// goes on with a word.
func quotedFirst(b []byte) bool {
	if b[0] != '`' {
		return false
	}
	n := bytes.IndexByte(b[1:], '`') + 2
	return n > 2 && peek(b, n) == ' ' && is(peek(b, n+1), letter) && len(b) > n+4
}

// saidAside says whether the value is two words with a semicolon as in prose.
func saidAside(b []byte, c *command) bool {
	i := 0
	for i < len(b) && is(b[i], letter|high) {
		i++
	}
	return i > 2 && c.name.n > 3 && peek(b, i) == ';' && peek(b, i+1) == ' ' && c.end == len(b)
}

// separated says whether the value begins with what separates commands: nobody
// begins a text so.
func separated(b []byte) bool {
	i := skip(b, 0)
	for peek(b, i) == '\'' || peek(b, i) == '"' || peek(b, i) == ')' {
		i++
	}
	c := peek(b, i)
	return writtenBreak(b) > 0 || c == ';' || c == '|' || c == '&' && !starts(b, i, "&amp")
}

// shownBefore says whether a command stands before the separator in front of
// the one that ends at end: then the whole chain is shown, not put in.
func shownBefore(b []byte, end int) bool {
	for k := max(0, end-2*nearby); k < end; {
		if !is(b[k], letter) || wordy(peek(b, k-1)) {
			k++
			continue
		}
		var w spelling
		e := w.spell(b, k)
		if e >= end {
			return false
		}
		if kind := commands.get(w.word()); peek(b, e) != '=' && kind&sharp != 0 || kind&dull != 0 && argumentOf(b, e, kind) >= plainWord && (k == 0 || peek(b, k-1) == '\n' || peek(b, k-2) == '$' || peek(b, k-1) == '`' || peek(b, k-2) == '|') {
			return true
		}
		k = e
	}
	return false
}
