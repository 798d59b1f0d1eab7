package detect

import "bytes"

// A text for people is read by two measures more. Code that it shows, as
// Markdown marks it, is not put in. A fragment that is all that it says is.

// fact is what is known of a text.
type fact uint8

const (
	unasked fact = iota
	no
	yes
)

// showsCode says whether the text has a fence of code, a link, or a list of
// names in backticks, begins as a heading or as an item with code, or has the
// ruler of a table. It is asked once a layer.
func (v *view) showsCode() bool {
	if v.shown == unasked {
		v.shown = no
		if markdown(v.text) {
			v.shown = yes
		}
	}
	return v.shown == yes
}

func markdown(b []byte) bool {
	if fenced(b) {
		return true
	}
	i := 0
	for i < len(b) && i < 6 && b[i] == '#' {
		i++
	}
	switch {
	case i > 0 && peek(b, i) == ' ' && (is(peek(b, i+1), letter|high|digit) || peek(b, i+1) == '`') && (prose(b) >= 3 || bytes.IndexByte(b, '`') >= 0),
		len(b) > 3 && (b[0] == '*' || b[0] == '-') && b[1] == ' ' && (b[2] == '`' || b[2] == '['),
		linksCode(b), bytes.Contains(b, []byte("](http")), bytes.Contains(b, []byte("`, `")):
		return true
	}
	return ruled(b)
}

// fenced says whether a line of b begins a fence.
func fenced(b []byte) bool {
	return bytes.HasPrefix(b, fence) || bytes.Contains(b, []byte("\n```"))
}

var fence = []byte("```")

// unfenced is what a fence around all that is said holds, and nil where there
// is none. Such a fence shows nothing to anybody: who puts something in would
// only have to wrap it.
func unfenced(b []byte) []byte {
	if !bytes.HasPrefix(b, fence) || len(b) > 300 { // a long one is a piece of code
		return nil
	}
	b = b[len(fence):]
	n := 0
	for n < len(b) && (wordy(b[n]) || b[n] == '-' || b[n] == '+') { // the language
		n++
	}
	if c := peek(b, n); c == '\n' || c == '\r' {
		b = b[n:]
	}
	b = bytes.TrimSpace(b)
	b = bytes.TrimSuffix(b, fence)
	if bytes.Contains(b, fence) {
		return nil
	}
	return bytes.TrimSpace(b)
}

// inFence is unfenced of a text for people.
func (v *view) inFence(text []byte) []byte {
	if !v.wide() || v.chars&cTick == 0 {
		return nil
	}
	return unfenced(text)
}

// outOfFences says whether i stands behind a fence and in none.
func outOfFences(b []byte, i int) bool {
	n := bytes.Count(b[:min(i, len(b))], fence)
	return n > 0 && n%2 == 0 && (n > 2 || bytes.HasPrefix(b, fence) || bytes.Contains(b, []byte("\n```")))
}

// linksCode says whether b has a link whose text is code; the same marks behind a
// name are a member of an object.
func linksCode(b []byte) bool {
	n := bytes.Index(b, []byte("[`"))
	if n < 0 || n > 0 && !is(b[n-1], blank) && b[n-1] != '(' && b[n-1] != '*' {
		return false
	}
	return bytes.Contains(b[n:], []byte("`]("))
}

// ruled says whether a line of dashes between bars stands in b, as under the
// head of a table.
func ruled(b []byte) bool {
	for from := 0; ; {
		n := bytes.Index(b[from:], []byte("--"))
		if n < 0 {
			return false
		}
		i := from + n
		for from = i; from < len(b) && b[from] == '-'; from++ {
		}
		if before, after := around(b, i-1, from); before == '|' || before == '+' || after == '|' || after == '+' && b[from] == '+' || before == ':' && after == '|' || before == '|' && after == ':' {
			return true
		}
	}
}

// sentences are as many words side by side as make a text, in a field that
// claims nothing: what is weak there is a remark of people.
const sentences = 8

// told lowers a weak finding in a field of unknown meaning that holds a text.
// A query is words as well; its own grammar counts those that are none of it.
func (v *view) told(value []byte) {
	best := &v.best
	weak := uint8(70)
	if best.Class == Traversal {
		weak = grave + 1 // a path of a project; one to a file of the system is more
	}
	if v.field != Unknown || best.Score < 50 || best.Score >= weak {
		return
	}
	switch best.Class {
	case Command, Code, Template, XSS, Traversal, XPath:
		if prose(value) >= sentences {
			best.Score = faint
		}
	}
}

// inSentence lowers code that a sentence names in a field of unknown meaning or
// of a search: in backticks, as the text or the place of a link. What aims at
// a file of the system stays what it was.
func (v *view) inSentence(value []byte) {
	best := &v.best
	if v.field != Unknown && v.field != Search || best.Score < 50 || best.Score > grave+5 || best.Layer > 0 || len(value) > 512 {
		return
	}
	switch best.Reasons[0] {
	case Substitution:
		if prose(value) < 4 || !inlineCode(value) || bytes.IndexByte(value, '$') >= 0 || bytes.IndexByte(value, '<') >= 0 || aimsAtSystem(value) {
			return
		}
	case ScriptFragment:
		if !linksCode(value) && (prose(value) < 4 || !inlineCode(value)) || bytes.IndexByte(value, '"') >= 0 || bytes.IndexByte(value, '\'') >= 0 {
			return
		}
	case CommentTail:
		if best.Score > 50 || !inlineCode(value) || !markdown(value) {
			return
		}
	case Tautology, Stacked:
		if best.Score > 65 || !quotedWords(value) {
			return
		}
	case Concatenation:
		if best.Score > 55 || !inlineCode(value) || prose(value) < 4 {
			return
		}
	case LeavesPath:
		if prose(value) < 4 || !bytes.Contains(value, []byte("](../")) || aimsAtSystem(value) {
			return
		}
	default:
		return
	}
	best.Score = faint
}

// quotedWords says whether a text has words in quotes and no other mark of a
// query: where its first quote closed a literal, a word would stand behind it
// that goes on with nothing.
func quotedWords(b []byte) bool {
	words := 0
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\'' && i > 0 && i+1 < len(b) && is(b[i-1], letter) && is(b[i+1], letter): // it's
		case c == '\'' || c == '"':
			if i > 0 && !is(b[i-1], blank) {
				return false
			}
			from := i + 1
			for i = from; i < len(b) && (wordy(b[i]) || b[i] == '-' && b[i-1] != '-'); i++ {
			}
			if i == from || peek(b, i) != c || i+1 < len(b) && !is(b[i+1], blank) && b[i+1] != ',' && b[i+1] != '.' {
				return false
			}
			if words++; goesOn(b[from:i]) {
				return false
			}
		case !is(c, letter|blank|high|digit) && c != ',' && c != '.' && c != '-' || c == '-' && peek(b, i+1) == '-':
			return false
		}
	}
	return words > 0
}

// inlineCode says whether backticks stand in pairs, each around something and
// apart from the words beside it.
func inlineCode(b []byte) bool {
	open, pairs := -1, 0
	for i, c := range b {
		if c != '`' {
			continue
		}
		if open < 0 {
			if open = i; i > 0 && !is(b[i-1], blank) && b[i-1] != '(' && b[i-1] != '[' && b[i-1] != '*' {
				return false
			}
			continue
		}
		if i == open+1 || wordy(peek(b, i+1)) {
			return false
		}
		open, pairs = -1, pairs+1
	}
	return open < 0 && pairs > 0
}

// alone weighs a fragment that is all that a text says: there it is not told
// of but put in, as where no prose is expected. A query or a command may still
// be shown.
func (v *view) alone(value []byte) {
	best := &v.best
	if !v.wide() || best.Score < 50 || best.Score >= 70 || len(value) > 200 {
		return
	}
	spaced := bytes.IndexByte(value, ' ') >= 0
	switch best.Class {
	case Code:
		if best.Reasons[0] != WalksObject || spaced || bytes.IndexByte(value, '_') < 0 {
			return
		}
	case LDAP, NoSQL, XPath, Mail:
		if best.Score < 55 {
			return
		}
	case Template:
		if v.field == Markup || wordy(value[0]) && (spaced || bytes.Contains(value, []byte("://"))) {
			return // a line of code with a text that it makes
		}
	case XSS:
		if best.Score < 65 {
			return
		}
	default:
		return
	}
	if prose(value) <= 1 && !v.showsCode() {
		best.Score = 72
	}
}
