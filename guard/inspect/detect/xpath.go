package detect

import "bytes"

// xpathWhen: a path has slashes or an axis, and stands in a predicate or call.
var xpathWhen = []trigger{{any: cSlash, and: cOpen | cLeft | cPipe | cStar}, {any: cColon, and: cOpen | cStar | cSlash}, {any: cOpen, and: cSingle | cDouble | cEqual}, {any: cRight, and: cSingle | cDouble | cPipe}}

// xpathAxes go with :: (XPath 1.0, section 2.2).
var xpathAxes = []string{"child", "parent", "ancestor", "ancestor-or-self", "descendant", "descendant-or-self", "following", "following-sibling", "preceding", "preceding-sibling", "self", "attribute", "namespace"}

// xpathCalls are functions that take or test nodes.
var xpathCalls = []string{"count", "name", "local-name", "string-length", "substring", "string", "contains", "starts-with", "boolean", "not", "sum", "normalize-space", "translate", "doc", "document", "string-to-codepoints", "namespace-uri", "concat"}

// xpath finds values that break out of a predicate into a path of their own.
// A condition that is always true, as ' or '1'='1, is the same in SQL, which
// finds it.
func xpath(v *view) {
	s := v.lower()
	open := 0
	for i, b := range s {
		switch b {
		case '[':
			open++
		case ']':
			if open--; open < 0 {
				open = 0
				xpathClosed(v, s, i)
			}
		case ':':
			if i+2 < len(s) && s[i+1] == ':' {
				xpathAxis(v, s, i)
			}
		case '(':
			xpathCall(v, s, i)
		case '|':
			xpathUnion(v, s, i)
		case '/':
			if i+2 < len(s) && s[i+1] == '/' && s[i+2] == '*' && (i == 0 || s[i-1] != ':') {
				xpathAll(v, s, i)
			}
		}
	}
}

// path notes a finding. A long text of people has slashes and colons in many
// notations: there it does not refuse.
func (v *view) path(score uint8, reasons ...Reason) {
	if v.wide() && len(v.text) > 200 {
		score = min(score, 60)
	}
	v.found(XPath, score, reasons...)
}

// xpathBroken says whether a quote before i closes a literal, roughly: one
// stands near before it.
func xpathBroken(s []byte, i int) bool {
	return bytes.ContainsAny(s[max(0, i-48):i], "'\"]")
}

func xpathAxis(v *view, s []byte, i int) {
	begin := i
	for begin > 0 && i-begin < 20 && kinds[s[begin-1]]&(cLetter|cMinus) != 0 {
		begin--
	}
	next := s[i+2]
	if next != '*' && kinds[next]&cLetter == 0 {
		return
	}
	for _, axis := range xpathAxes {
		if string(s[begin:i]) != axis {
			continue
		}
		switch before, _ := around(s, begin-1, i); {
		case before == '/' || before == '|' || before == '[':
			if xpathBroken(s, begin) {
				v.path(75, PathBreak)
			} else {
				v.path(60, PathBreak)
			}
		case kinds[before]&cLetter != 0 && xpathBroken(s, begin):
			v.path(60, PathBreak)
		case begin == 0 || before == '(' || before == '\'':
			v.path(55, PathBreak)
		}
		return
	}
}

// xpathCall judges a call whose argument is a path or a test of nodes.
func xpathCall(v *view, s []byte, i int) {
	begin := i
	for begin > 0 && i-begin < 24 && kinds[s[begin-1]]&(cLetter|cMinus) != 0 {
		begin--
	}
	name, arg := s[begin:i], s[i+1:min(len(s), i+40)]
	if len(name) == 0 {
		return
	}
	if len(arg) > 0 && arg[0] == ')' {
		xpathTest(v, s, begin, i)
		return
	}
	known := false
	for _, call := range xpathCalls {
		known = known || string(name) == call
	}
	if !known {
		return
	}
	arg = bytes.TrimLeft(arg, " (")
	path := len(arg) > 1 && (arg[0] == '/' && (arg[1] == '/' || arg[1] == '*' || kinds[arg[1]]&cLetter != 0) || arg[0] == '.' && (arg[1] == '/' || arg[1] == '.' && len(arg) > 2 && arg[2] == '/'))
	for _, inner := range [...]string{"name(", "local-name(", "string(/", "string-length(", "//", "@*", "*["} {
		path = path || bytes.HasPrefix(arg, []byte(inner)) && string(name) != "concat"
	}
	fetched := (string(name) == "doc" || string(name) == "document") && len(arg) > 8 && (arg[0] == '\'' || arg[0] == '"' || bytes.HasPrefix(arg, []byte("concat("))) && (bytes.Contains(arg, []byte("://")) || arg[1] == '/' && arg[2] == '/')
	switch {
	case fetched && (begin == 0 || begin < 12 && (bytes.HasSuffix(s[:begin], []byte(" and ")) || bytes.HasSuffix(s[:begin], []byte(" or ")))):
		v.path(65, PathCall) // another document (XPath 2.0, fn:doc)
	case xpathAsked(s, begin):
		v.path(75, PathCall, PathBreak)
	case path && xpathBroken(s, begin):
		v.path(88, PathCall, PathBreak)
	case path:
		v.path(60, PathCall)
	}
}

// xpathAsked says whether a quote that closes a literal and a word that joins a
// condition stand before the call at i.
func xpathAsked(s []byte, i int) bool {
	for _, word := range [...]string{" or ", " and "} {
		if rest, ok := bytes.CutSuffix(s[:i], []byte(word)); ok {
			c := peek(rest, len(rest)-1)
			return (c == '\'' || c == '"') && len(rest) < 24 && bytes.Count(rest, rest[len(rest)-1:]) == 1
		}
	}
	return false
}

// xpathTest judges node(), text(), position() and their like.
func xpathTest(v *view, s []byte, begin, i int) {
	before, after := around(s, begin-1, i+2)
	switch string(s[begin:i]) {
	case "node", "text", "comment", "processing-instruction":
		if before == '/' || before == ':' {
			v.path(60, PathBreak)
		}
	case "position", "last", "name", "local-name":
		switch {
		case after == '=' && xpathBroken(s, begin):
			v.path(87, PathCall, PathBreak)
		case before == '[' && (after == ']' || after == '=' || after == '<' || after == '>') && s[0] == '/':
			v.path(60, PathCall)
		}
	}
}

// xpathClosed judges what follows the bracket i, which closes a predicate that
// the value did not open: a step, another path, or a condition.
func xpathClosed(v *view, s []byte, i int) {
	_, after := around(s, i, i+1)
	switch rest := s[i+1:]; {
	case after == '/' && (bytes.HasPrefix(rest, []byte("/..")) || bytes.HasPrefix(rest, []byte("//")) || bytes.IndexByte(rest, '[') > 0 || bytes.Contains(rest, []byte("::"))):
		v.path(72, PathBreak)
	case after == '|' && bytes.IndexByte(rest, '/') > 0:
		v.path(75, PathBreak)
	}
}

// xpathUnion judges a | with a path behind it and an end before it.
func xpathUnion(v *view, s []byte, i int) {
	before, after := around(s, i-1, i+1)
	if (before == ']' || before == ')' || before == '\'') && after == '/' {
		v.path(75, PathBreak)
	}
}

// xpathAll judges //*, all nodes.
func xpathAll(v *view, s []byte, i int) {
	_, after := around(s, i, i+3)
	if after == '[' || after == '|' || after == '/' || after == ')' {
		v.path(60, PathBreak)
	}
}
