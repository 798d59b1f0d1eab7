package detect

import "bytes"

// Commands are read as a POSIX shell (IEEE 1003.1, Shell Command Language) and
// cmd.exe do: what separates commands, then a word with its quotes, escapes,
// empty variables, patterns and braces undone, then what its arguments look
// like. A word alone is no finding: prose has words behind separators too.

var shellWhen = []trigger{
	{any: cSemi | cPipe | cAmp | cTick | cDollar | cNewline | cCaret | cBrace | cLess | cGreater},
	{any: cSlash, and: cSpace | cTab}, {any: cMinus, and: cSpace | cTab | cEqual}, {any: cSlash | cBack | cSingle | cDouble, and: cStar | cQuestion | cSlash},
	{any: cSingle | cDouble | cBack, and: cLetter}, {any: cPercent, and: cTilde},
}

// command is one command that was read.
type command struct {
	name    spelling // with quotes and the like undone
	base    spelling // the same, behind the last \
	end     int
	binary  bool // a path to where programs are
	path    bool
	hidden  bool // written so that a filter does not see it
	pattern bool // has characters that the shell expands to files
	brace   bool // is the begin of a list in braces
	led     bool // stands behind sudo, time or the like
}

// separator is what stands before a command.
type separator uint8

const (
	begin   separator = iota // nothing: the begin of the value
	line                     // a new line
	ampers                   // a single &
	semi                     // ;
	chain                    // | || &&
	quote                    // ` before
	replace                  // $( <( >(
)

// shellMarks are what a command may stand behind.
var shellMarks = bytesOfKinds(cSemi | cPipe | cAmp | cNewline | cTick | cDollar | cLess | cGreater | cOpen | cSlash | cPercent)

// shell finds commands.
func shell(v *view) {
	b := v.text
	v.commandAt(b, 0, begin)
	v.option(b)
	if k := writtenBreak(b); k > 0 {
		v.commandAt(b, k, line)
	}
	if v.chars&(cSemi|cPipe|cAmp|cNewline|cTick|cDollar|cLess|cGreater|cPercent|cSlash|cBrace) == 0 {
		v.powershell(b)
		return
	}
	for i := 0; i < len(b) && v.best.Score < runs; i++ {
		if i = shellMarks.next(b, i); i == len(b) {
			break
		}
		switch b[i] {
		case ';':
			if !endsEntity(b, i) {
				v.commandAt(b, i+1, semi)
			}
		case '|':
			v.commandAt(b, i+1, chain)
		case '&':
			if peek(b, i+1) == '&' || peek(b, i-1) == '&' {
				v.commandAt(b, i+1, chain)
			} else {
				v.commandAt(b, i+1, ampers)
			}
		case '\n', '\r':
			v.commandAt(b, i+1, line)
		case '`':
			if peek(b, i+1) == '`' && peek(b, i+2) == '`' {
				i += 2 // a fence of Markdown
				continue
			}
			v.commandAt(b, i+1, tickOf(b, i))
		case '$':
			v.dollar(b, i)
		case '<', '>':
			switch {
			case peek(b, i+1) == '(':
				v.commandAt(b, i+2, replace)
			case i == 0 && redirects(b):
				score := uint8(odd)
				if prose(b) == 0 && bytes.IndexByte(b, '\n') < 0 {
					score += 12 // no quotation of somebody
				}
				v.found(Command, score, Redirects) // written into a file, or read from one
			}
		case '(':
			v.function(b, i)
		case '/':
			if starts(b, i, "/dev/tcp/") || starts(b, i, "/dev/udp/") {
				v.found(Command, grave, Redirects)
			}
		case '%':
			if starts(b, i, "%comspec%") || sliced(b, i) {
				v.found(Command, grave, HiddenCommand)
			}
		}
	}
	v.powershell(b)
}

// endsEntity says whether the semicolon at i ends a character of HTML.
func endsEntity(b []byte, i int) bool {
	for k := i - 1; k >= 0 && k > i-10; k-- {
		if b[k] == '&' {
			_, n := entity(b[k : i+1])
			return k+n == i+1
		}
	}
	return false
}

// dollar judges what a shell expands.
func (v *view) dollar(b []byte, i int) {
	switch {
	case starts(b, i, "$(("):
		k := i + 3
		for k < len(b) && (is(b[k], digit|blank) || b[k] == '+' || b[k] == '-' || b[k] == '*' || b[k] == '/' || b[k] == '%') {
			k++
		}
		if k > i+4 && peek(b, k) == ')' && peek(b, k+1) == ')' {
			v.found(Command, grave, Substitution) // a sum that shows whether a shell reads it
		}
	case starts(b, i, "$0<<<") && !wordy(peek(b, i-1)):
		v.found(Command, grave, RunsCommand) // a text fed to the shell that reads it
	case starts(b, i, "$0") && !wordy(peek(b, i+2)) && i > 0 && (b[i-1] == '|' || b[i-1] == ' ' && peek(b, i-2) == '|'):
		v.found(Command, odd, RunsCommand) // fed to the shell that reads it
	case starts(b, i, "$(<") && readsFile(b, i+3):
		if v.wide() && prose(b) >= 3 {
			v.found(Command, odd, Substitution)
		} else {
			v.found(Command, grave, Substitution) // what a file holds, without a program
		}
	case starts(b, i, "$("):
		v.commandAt(b, i+2, replace)
	case starts(b, i, "$ifs"), starts(b, i, "${ifs"):
		if c := peek(b, i+4); v.wide() && (is(c, blank) || c == 0) {
			v.found(Command, odd, HiddenCommand)
		} else {
			v.found(Command, grave, HiddenCommand)
		}
	case assigned(b, i):
		if v.wide() && (prose(b) > 2 || v.showsCode()) {
			v.found(Command, odd, HiddenCommand)
		} else {
			v.found(Command, grave, HiddenCommand)
		}
	}
}

// function judges the definition of a function: a value that begins with one
// reaches shells through the environment, and one that calls itself twice
// takes the machine.
func (v *view) function(b []byte, i int) {
	j := skip(b, i+1)
	if peek(b, j) != ')' {
		return
	}
	j = skip(b, j+1)
	if peek(b, j) != '{' {
		return
	}
	rest := b[j:min(len(b), j+nearby)]
	if i == 0 && (holds(rest, ":;") || holds(rest, "};") || holds(rest, "} ;")) {
		v.found(Command, grave, DefinesFunction)
	}
	var n int
	for k := i - 1; k >= 0 && k > i-longest && !is(b[k], blank) && b[k] != ';'; k-- {
		n++
	}
	if n == 0 || n >= longest {
		return
	}
	name, calls := b[i-n:i], 0
	for k := 1; k+n <= len(rest); k++ {
		if string(rest[k:k+n]) == string(name) && !wordy(peek(rest, k-1)) && !wordy(peek(rest, k+n)) {
			calls++
		}
	}
	if calls >= 2 && (holds(rest, "|") || holds(rest, "&")) {
		v.found(Command, grave, DefinesFunction)
	}
}

// powershell judges forms of PowerShell that load or run text.
func (v *view) powershell(b []byte) {
	if v.chars&cMinus == 0 || v.wide() {
		return
	}
	for i := 0; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '-')
		if n < 0 {
			return
		}
		i += n
		if starts(b, i, "-encodedcommand ") || starts(b, i, "-enc ") || starts(b, i, "-windowstyle hid") ||
			(starts(b, i, "-object") && (holds(b[i:min(len(b), i+64)], "net.webclient") || holds(b[i:min(len(b), i+64)], "net.sockets"))) ||
			starts(b, i, "-expression") && i >= 6 && starts(b, i-6, "invoke") && (peek(b, i+11) == '(' || peek(b, skip(b, i+11)) == '(' || peek(b, skip(b, i+11)) == '$') {
			v.found(Command, odd+5, RunsCommand)
			return
		}
	}
}

// commandAt reads a command at i and judges it by what stands before it.
func (v *view) commandAt(b []byte, i int, before separator) {
	spaced := i
	for i < len(b) && i < spaced+nearby && (is(b[i], blank) && (b[i] != '\n' || before != begin) || b[i] == '(' || b[i] == '{' && is(peek(b, i+1), blank) || b[i] == '!' || b[i] == '@' || b[i] == '+' ||
		before == begin && (b[i] == '\'' || b[i] == '"' || b[i] == ')')) {
		i++
	}
	if peek(b, i) == '.' && is(peek(b, i+1), blank) && before != begin {
		i = skip(b, i+1) // run in this shell
	}
	if peek(b, i) == '$' && before != line {
		if n := emptyVariable(b, i); n > 0 && is(peek(b, i+n), blank) {
			i = skip(b, i+n) // a variable, empty or with the command in it
			if peek(b, i) == '-' && is(peek(b, i+1), letter) && (before >= semi || is(peek(b, i+2), blank)) {
				v.found(Command, odd, HiddenCommand)
				return
			}
		}
	}
	v.named(b, i, before)
}

// named reads and judges the command whose name is at i.
func (v *view) named(b []byte, i int, before separator) {
	if plainName(b, i) {
		return
	}
	var c command
	for hops := 0; hops < 4; hops++ {
		if !c.read(b, i) {
			return
		}
		kind := commands.get(c.name.word())
		if kind == 0 && c.base.n > 0 {
			kind = commands.get(c.base.word())
		}
		if kind == 0 {
			kind = c.suffixed()
		}
		next := skip(b, c.end)
		if kind&leads != 0 && next > c.end && next < len(b) && wordy(b[next]) && hops < 3 {
			i = next // sudo, time, nohup: the command is behind it
			if v.judgeCommand(b, &c, kind&^dull, before) {
				return
			}
			c = command{hidden: c.hidden, led: true}
			continue
		}
		v.judgeCommand(b, &c, kind, before)
		return
	}
}

// plainName says whether the word at i is of letters alone and names no
// command, as most words of prose.
func plainName(b []byte, i int) bool {
	j := i
	for j < len(b) && kinds[b[j]]&cLetter != 0 {
		j++
	}
	return j > i && (j == len(b) || kinds[b[j]]&(cSpace|cComma|cNewline) != 0) && (j-i > longest || !commands.may(b[i:j]))
}

// suffixed gives the meaning of a name with the ending of a program or the
// number of its version.
func (c *command) suffixed() uint8 {
	w := c.base.word()
	if c.base.n == 0 {
		w = c.name.word()
	}
	if n := len(w); n > 4 && (string(w[n-4:]) == ".exe" || string(w[n-4:]) == ".com" || string(w[n-4:]) == ".cmd") {
		if kind := commands.get(w[:n-4]); kind != 0 {
			return kind&^dull | sharp
		}
	}
	n := len(w)
	for n > 2 && (w[n-1] == '.' || is(w[n-1], digit)) {
		n--
	}
	return commands.get(w[:n]) & sharp
}

// read reads the word of a command at i.
func (c *command) read(b []byte, i int) bool {
	from := i
	if peek(b, i) == '{' {
		c.brace = true
		if i++; peek(b, i) == ',' {
			i++ // the first of a list may be empty
		}
	}
	var last spelling // the part of a path before this one
	for ; i < len(b) && i-from < 2*nearby; i++ {
		switch ch := b[i]; {
		case wordy(ch) || ch == '-' || ch == '.' || is(ch, high):
			c.name.add(ch)
			c.base.add(ch)
		case ch == '\'' || ch == '"':
			if i > from && (wordy(b[i-1]) || b[i-1] == ch) && wordy(peek(b, i+1)) {
				c.hidden = true
			}
			if e := skip(b, i+1); i > from && !wordy(peek(b, i+1)) && b[i-1] != ch && (e > i+1 || e == len(b)) && peek(b, from) != ch {
				c.end = i
				return c.name.n > 0 || c.pattern
			}
		case ch == '`' && i > from && peek(b, i+1) == '`' && wordy(b[i-1]) && wordy(peek(b, i+2)):
			c.hidden = true
			i++
		case ch == '\\' || ch == '^':
			if !wordy(peek(b, i+1)) || endsLine(b, i) {
				c.end = i
				return c.name.n > 0
			}
			c.hidden = c.hidden || i > from && wordy(b[i-1])
			if ch == '\\' {
				c.base.n = 0
			}
		case ch == '/':
			last, c.path = c.name, true
			c.name.n, c.base.n = 0, 0
			c.binary = c.binary || string(last.word()) == "bin" || string(last.word()) == "sbin" || string(last.word()) == "system32"
		case ch == '?' || ch == '*' || ch == '[' || ch == ']':
			c.pattern = true
		case ch == '$':
			n := emptyVariable(b, i)
			if n == 0 {
				c.end = i
				return c.name.n > 0 || c.pattern
			}
			c.hidden = true
			i += n - 1
		case ch == ':' && i == from+1:
			c.name.n, c.base.n = 0, 0 // a drive
		default:
			c.end = i
			return c.name.n > 0 || c.pattern
		}
	}
	c.end = i
	return c.name.n > 0 || c.pattern
}

// emptyVariable is the length of a variable at i that is likely empty, put
// into a word to hide it; 0 if it is the space of $IFS or no variable.
func emptyVariable(b []byte, i int) int {
	if starts(b, i, "$ifs") || starts(b, i, "${ifs") {
		return 0
	}
	j := i + 1
	switch c := peek(b, j); {
	case c == '(' && peek(b, j+1) == ')':
		return 3 // what no command says
	case c == '@' || c == '*' || c == '?' || c == '#' || c == '!' || is(c, digit):
		return 2
	case c == '{':
		for j++; j < len(b) && j < i+longest && b[j] != '}'; j++ {
		}
		if peek(b, j) == '}' {
			return j - i + 1
		}
	case is(c, letter) || c == '_':
		for j < len(b) && wordy(b[j]) {
			j++
		}
		return j - i
	}
	return 0
}
