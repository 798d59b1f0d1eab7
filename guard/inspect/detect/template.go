package detect

import "bytes"

// Expressions of templates. A placeholder that names a value is what people
// and programs write; an expression that computes, calls, or walks to the
// inside of an object is what an engine would run.

var templateWhen = []trigger{
	{any: cBrace, and: cUnbrace | cDollar | cPercent | cHash},
	{any: cLess, and: cPercent | cHash}, {any: cHash | cAt | cLeft, and: cOpen | cEqual | cDollar},
}

// What a word means in an expression.
const (
	exposes = 1 << iota // an object that tells about the server
	escapes             // a way out of the template
	states              // begins a statement
)

var templateWords = func() *words {
	t := vocabulary(exposes, `config self request settings app env session application namespace dump process smarty pagecontext applicationscope _self _context
		debug kernel loader lipsum cycler joiner url_for get_flashed_messages api root_path secret_key server flash handler controller`, nil)
	vocabulary(escapes, `constructor prototype __proto__ mro subclasses globals builtins popen system exec eval passthru forname getruntime runtime getclass newinstance execute
		file_get_contents readfile phpinfo objectspace mainmodule child_process require import registerundefinedfiltercallback getfilter map_filter
		freemarker processbuilder javax java groovy shell_exec attr __class__ __init__ __globals__ __builtins__ __import__ __mro__ __base__ __subclasses__
		class classloader fromcharcode instance_eval writefile getstreamvariable methods public_methods backtick dir io file read open alert`, t)
	return vocabulary(states, `for if set import include extends block macro debug raw load autoescape python php with call filter assign list foreach function require
		csrf_token now ssi url widthratio firstof cycle`, t)
}()

// template finds expressions of templates.
func template(v *view) {
	b := v.text
	for i := 0; i+2 < len(b) && v.best.Score < runs; i++ {
		c, n := b[i], b[i+1]
		switch {
		case c == '{' && n == '{' && (b[i+2] == '%' || b[i+2] == '<' && peek(b, i+3) != '%'):
			i += 2 // a short code of a page, of no engine
		case c == '{' && n == '{':
			if b[i+2] == '<' && peek(b, i+3) == '%' {
				v.found(Template, odd+5, Expression) // asks for every engine at once
			}
			v.expression(b, i+2, "}}", false)
		case c == '{' && n == '%':
			v.expression(b, i+2, "%}", true)
		case n == '{' && (c == '$' || c == '#' || c == '*' || c == '@' || c == '~' || c == '%'):
			if c == '$' {
				v.lookups(b, i)
			}
			v.expression(b, i+2, "}", false)
		case c == '<' && n == '%':
			if !v.wide() {
				v.found(Template, odd, Expression)
			}
			v.expression(b, i+2, "%>", false)
		case (c == '[' || c == '{') && n == '=' && makes(b[i:min(len(b), i+nearby)]):
			v.found(Template, grave, Expression) // makes an object of a class that it names
		case c == '@' && n == '(' || c == '[' && n == '=' || c == '$' && n == '[':
			v.sum(b, i+2)
		case c == '{' && n == '=':
			v.sum(b, i+2)
		case c == '{' && (is(n, digit) || n == '\''):
			v.sum(b, i+1)
		case c == '{' && n == '*' && !v.wide() && bytes.Contains(b[i:min(len(b), i+nearby)], []byte("*}")):
			v.found(Template, odd-8, Expression)
		case c == '{' && (is(n, letter) || n == '$'):
			v.smarty(b, i)
		case c == '#' && (starts(b, i, "#set(") || starts(b, i, "#set (") || starts(b, i, "#foreach(") || starts(b, i, "#evaluate(") || starts(b, i, "#include(")),
			(c == '<' || c == '[') && n == '#' && directive(b, i):
			v.directive(b, i)
		}
	}
}

// expression judges what stands between i and the closing mark.
func (v *view) expression(b []byte, i int, mark string, statement bool) {
	rest := b[i:min(len(b), i+512)]
	end := bytes.Index(rest, []byte(mark))
	if end < 0 {
		if end = len(rest); end > nearby {
			return
		}
	}
	inside := rest[:end]
	level, danger := weighExpression(inside)
	if statement {
		var w spelling
		w.spell(inside, skip(inside, 0))
		if templateWords.get(w.word())&states != 0 {
			level = max(level, 1)
		}
	}
	if len(inside) == 1 && inside[0] == '.' {
		level = 1 // all that the template was given
	}
	if v.wide() && level == 1 && (i < 4 || statement) && prose(b[:max(i-2, 0)])+prose(b[min(i+end+len(mark), len(b)):]) < 2 && (statement || prose(b) < 3) {
		v.found(Template, odd+11, Expression) // nothing else is said
	}
	talk := v.wide() && (prose(b) >= 3 || inLiteral(b, i-2))
	switch {
	case danger == escapes:
		if level > 1 || !talk {
			v.found(Template, grave+4, Expression, WalksObject)
		} else {
			v.found(Template, odd, Expression)
		}
	case danger == exposes:
		if talk {
			v.found(Template, odd, Expression)
		} else {
			v.found(Template, odd+11, Expression, WalksObject)
		}
	case level == 2:
		v.found(Template, grave, Expression)
	case level == 1:
		v.found(Template, odd, Expression)
	}
}

// makes says whether an expression in brackets calls for a new object of the
// class that it names, as FreeMarker does.
func makes(b []byte) bool {
	n := bytes.Index(b, []byte("?new("))
	return n > 0 && bytes.IndexByte(b[:n], b[0]+2) < 0
}

// inLiteral says whether the expression at i stands in a text between backticks
// with code before it, as JavaScript writes what it computes itself.
func inLiteral(b []byte, i int) bool {
	return b[i] == '$' && wordy(b[0]) && bytes.Count(b[:min(i, nearby)], []byte("`"))%2 == 1
}

// weighExpression says how much an expression does: 1 calls, filters or
// reckons, 2 reckons with literals, as only a probe does; and the worst of
// its words.
func weighExpression(s []byte) (level int, danger uint8) {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case is(c, letter) || c == '_':
			var w spelling
			j := w.spell(s, i)
			m := templateWords.get(w.word())
			alone := len(s) < longest && skip(s, j) == len(s)
			switch {
			case m&escapes != 0 && (peek(s, i-1) == '.' || peek(s, i-1) == '\'' || peek(s, i-1) == '"' || peek(s, i-1) == '|' || peek(s, j) == '(' || peek(s, j) == '.' || w.text[0] == '_'):
				danger = escapes
			case m&exposes != 0 && danger == 0 && peek(s, i-1) != '.' && (alone && skip(s, 0) == i || peek(s, j) == '.' || peek(s, j) == '(' || peek(s, j) == '[' || peek(s, j) == '|'):
				danger = exposes
			}
			if i == skip(s, 0) && peek(s, j) == ' ' && (peek(s, j+1) == '"' || peek(s, j+1) == '\'') {
				level = max(level, 1) // a call as Go writes it
			}
			i = j
			continue
		case c == '(':
			level = max(level, 1)
			if danger == escapes || i > 0 && s[i-1] == 'T' || peek(s, i-1) == ')' {
				level = 2
			}
		case c == '.' && is(peek(s, i+1), digit) && is(peek(s, i-1), letter):
			level = max(level, 1) // one of a list within an object
		case c == '`' || c == '[' || c == '|' && peek(s, i+1) != '|':
			level = max(level, 1)
		case c == '*' || c == '+' || c == '/' || c == '-' || c == '%' || c == '~':
			left, right := operandBefore(s, i), operandAfter(s, i)
			switch {
			case c == '-' || c == '~':
				if left && right && len(s) < 24 && c == '-' {
					level = max(level, 1)
				}
			case left && right:
				level = 2
			case i > 0 && (wordy(s[i-1]) || s[i-1] == ' '):
				level = max(level, 1)
			}
		case c == '=' && peek(s, i+1) == '=' && operandBefore(s, i) && operandAfter(s, i+1):
			level = max(level, 1)
		}
		i++
	}
	if danger == escapes && level == 0 {
		level = 1
	}
	return level, danger
}

// operandBefore and operandAfter say whether a literal stands beside i.
func operandBefore(s []byte, i int) bool {
	for i--; i >= 0 && (is(s[i], blank) || s[i] == '*'); i-- {
	}
	c := peek(s, i)
	return is(c, digit) && !is(peek(s, i-1), letter) || (c == '\'' || c == '"') && i > 0
}

func operandAfter(s []byte, i int) bool {
	for i++; i < len(s) && (is(s[i], blank) || s[i] == '*' || s[i] == '/'); i++ {
	}
	c := peek(s, i)
	return is(c, digit) || c == '\'' || c == '"'
}

// sum judges an expression that is written with a single mark: only
// reckoning with literals counts, as braces have many other uses.
func (v *view) sum(b []byte, i int) {
	k, ops, digits := i, 0, 0
	for ; k < len(b) && k < i+longest; k++ {
		c := b[k]
		if is(c, digit) {
			digits++
		} else if c == '*' || c == '+' || c == '/' {
			ops++
		} else if c != ' ' && c != '\'' && c != '"' && c != '(' && c != '-' {
			break
		}
	}
	if c := peek(b, k); ops > 0 && digits > 1 && (c == '}' || c == ')' || c == ']') {
		v.found(Template, odd+5, Expression)
	}
}

// smarty judges a tag in single braces.
func (v *view) smarty(b []byte, i int) {
	if starts(b, i, "{php}") || starts(b, i, "{$smarty.") || starts(b, i, "{literal}") && !v.wide() || starts(b, i, "{fetch ") || starts(b, i, "{eval ") || starts(b, i, "{include_php") {
		v.found(Template, odd+12, Expression)
		return
	}
	if starts(b, i, "{if ") && bytes.IndexByte(b[i:min(len(b), i+64)], '(') > 0 && !v.wide() {
		v.found(Template, odd, Expression)
		return
	}
	j := i + 1
	for j < len(b) && (wordy(b[j]) || b[j] == '\\') {
		j++
	}
	if !v.wide() && j < i+64 && starts(b, j, "::") && bytes.IndexByte(b[j:min(len(b), j+longest)], '(') > 0 {
		v.found(Template, odd+5, Expression)
	}
}

// directive says whether a directive of FreeMarker begins at i.
func directive(b []byte, i int) bool {
	var w spelling
	w.spell(b, i+2)
	return templateWords.get(w.word())&states != 0
}

// directive judges a directive: in prose it is code that is shown, unless it
// reaches for the system.
func (v *view) directive(b []byte, i int) {
	_, danger := weighExpression(b[i:min(len(b), i+nearby)])
	if danger == escapes || !v.wide() {
		v.found(Template, odd+12, Expression)
	} else {
		v.found(Template, odd, Expression)
	}
}
