package detect

import "bytes"

// Calls whose function is no name but a text or a list, as PHP allows:
// "system"('id'), (system)('id'), ['system'][0]('id'), ('sys'.'tem')('id').

// calledText says whether the parenthesis at i calls such a function and the
// function reaches the system, or is put together from pieces.
func calledText(b []byte, i int) bool {
	k := i - 1
	for n := 0; n < 3 && (peek(b, k) == ']' || peek(b, k) == ')'); n++ {
		from := opening(b, k)
		if from < 0 {
			return false
		}
		inside := b[from+1 : k]
		if callable(inside) && i+1 < len(b) {
			return true
		}
		if k = from - 1; peek(b, k) == ' ' {
			k--
		}
	}
	if c := peek(b, k); c == '"' || c == '\'' {
		from := bytes.LastIndexByte(b[max(0, k-longest):k], c)
		return from >= 0 && callable(b[max(0, k-longest)+from+1:k])
	}
	return false
}

// opening is the place of the bracket that the one at k closes, near before
// it, and -1 for none.
func opening(b []byte, k int) int {
	depth := 0
	for j := k; j >= 0 && j > k-64; j-- {
		switch b[j] {
		case ')', ']':
			depth++
		case '(', '[':
			if depth--; depth == 0 {
				return j
			}
		}
	}
	return -1
}

// callable says whether b is the name of a function that reaches the system,
// in whatever quotes, or pieces that make a name.
func callable(b []byte) bool {
	var w spelling
	pieces, quotes := 0, 0
	for i, c := range b {
		switch {
		case wordy(c):
			w.add(c)
		case c == '.' && i > 0 && i+1 < len(b) && piece(b, i):
			pieces++
		case c == '\'' || c == '"':
			quotes++
		case c == ' ' || c == '[' || c == ']' || c == '(' || c == ')':
		default:
			return false
		}
	}
	if pieces > 0 && (quotes > 0 || bytes.IndexByte(b, '(') >= 0) {
		return true
	}
	m := codeWords.get(w.word())
	return pieces == 0 && (m&telltale != 0 || quotes > 0 && m&reach != 0 || string(w.word()) == "system" || string(w.word()) == "exec")
}

// piece says whether the dot at i joins two pieces of a text.
func piece(b []byte, i int) bool {
	before, after := around(b, i-1, i+1)
	joins := func(c byte) bool { return c == '\'' || c == '"' || c == '(' || c == ')' }
	return joins(before) || joins(after)
}

// platform are the classes of Java that reach the system or lead there, by the
// last part of their name.
var platform = vocabulary(1, `runtime processbuilder classloader urlclassloader scriptenginemanager templatesimpl jdbcrowsetimpl
	invokertransformer instantiatetransformer clonetransformer chainedtransformer constanttransformer instantiatefactory
	prototypeclonefactory prototypeserializationfactory forclosure whileclosure badattributevalueexpexception`, nil)

// leadsClass says whether a text of letters and dots alone ends in the name of
// such a class: nobody has it as a value.
func leadsClass(text []byte, m chars) bool {
	if m&cDot == 0 || m&^(cLetter|cDot|cDigit|cUnder) != 0 || len(text) > 96 {
		return false
	}
	dot := bytes.LastIndexByte(text, '.')
	if len(text)-dot < 8 || !platform.may(text[dot+1:]) {
		return false
	}
	var w spelling
	w.spell(text, dot+1)
	return platform.get(w.word()) != 0
}

// manual says whether a name with the parenthesis at k names a page of the
// manual in a sentence, as in: see open(2).
func manual(b []byte, i, k int) bool {
	return is(peek(b, k+1), digit) && peek(b, k+2) == ')' && !wordy(peek(b, k+3)) && peek(b, i-1) == ' ' && prose(b[:i]) >= 3
}
