package detect

// Addresses and styles that run script. A browser drops tabs, line breaks and
// leading blanks from an address (URL Living Standard, 4.4) and decodes
// references in an attribute, so the scheme is read through all of these.

// schemes that run what follows.
var schemes = vocabulary(active, "javascript vbscript livescript mocha jscript javascripts ecmascript wscript", nil)

// nearby is how far a scheme is looked for.
const nearby = 160

// readScheme spells the scheme of b and gives the place behind its colon, or
// -1 if there is none.
func readScheme(b []byte, name *spelling) int {
	b = b[:min(len(b), nearby)]
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case wordy(c) || c == '-':
			name.add(c)
		case c == ':' || name.n > 0 && (starts(b, i, "&colon;") || starts(b, i, "%3a")):
			if c == '&' {
				i += 6
			} else if c == '%' {
				i += 2
			}
			return i + 1
		case is(c, blank|control) || c == 0 || c == '\'' || c == '"' || c == '`' || c == ']' || c == '(' && name.n == 0:
		case c == '&' || c == '%' || c == '\\':
			r, next := escaped(b, i)
			switch {
			case r == ':':
				return next
			case r > ' ' && r < 127 && wordy(byte(r)):
				name.add(byte(r))
			case r > ' ':
				return -1
			}
			i = next - 1
		case c == '<' || c == '/':
			next := comment(b, i)
			if next < 0 {
				return -1
			}
			i = next - 1
		default:
			return -1
		}
	}
	return -1
}

// escaped decodes one character written as a reference, percent code or
// escape. An unknown form is a blank of one byte.
func escaped(b []byte, i int) (r, next int) {
	j, base, most := i+1, 16, 2
	switch {
	case b[i] == '&' && peek(b, j) == '#':
		if j++; small(peek(b, j)) == 'x' {
			j++
		} else {
			base = 10
		}
		most = 12
	case b[i] == '&':
		for j < len(b) && is(b[j], letter) {
			j++
		}
		if peek(b, j) == ';' {
			j++
		}
		return ' ', j
	case b[i] == '\\':
		most = 6
		if c := small(peek(b, j)); c == 'x' || c == 'u' {
			j++
			if most = 4; c == 'x' {
				most = 2
			}
		}
	}
	from := j
	for ; j < len(b) && j-from < most && is(b[j], hexa) && (base == 16 || is(b[j], digit)); j++ {
		d := int(small(b[j]))
		if d >= 'a' {
			d -= 'a' - 10
		} else {
			d -= '0'
		}
		r = (r*base + d) & 0x1fffff
	}
	if j == from {
		return ' ', i + 1
	}
	if b[i] == '&' && peek(b, j) == ';' || b[i] == '\\' && peek(b, j) == ' ' {
		j++
	}
	return r, j
}

// comment is the place behind the comment, tag or section at i, or -1.
func comment(b []byte, i int) int {
	end := "*/"
	switch {
	case b[i] == '<':
		end = ">"
		if starts(b, i, "<![cdata[") {
			return i + 9
		}
	case peek(b, i+1) != '*':
		return -1
	}
	if k := seek(b, i+1, end); k >= 0 {
		return k + len(end)
	}
	return -1
}

// activeAddress says whether an address runs script when it is followed.
func activeAddress(b []byte) bool {
	if k := seek(b[:min(len(b), nearby)], 0, "url="); k >= 0 && k > 0 && activeAddress(b[k+4:]) {
		return true // the target of a refresh
	}
	if starts(b, skip(b, 0), "url(") {
		b = b[skip(b, 0)+4:]
	}
	var name spelling
	i := readScheme(b, &name)
	if i < 0 {
		return false
	}
	switch string(name.word()) {
	case "data":
		return activeMedia(b[i:])
	case "feed", "view-source", "jar", "url", "pcast", "wyciwyg":
		return activeAddress(b[i:min(len(b), i+nearby)])
	case "about":
		return holds(b[i:min(len(b), i+nearby)], "<")
	}
	return schemes.get(name.word()) != 0
}

// activeMedia says whether a data: address (RFC 2397) is of a kind that can
// hold script.
func activeMedia(b []byte) bool {
	i := skip(b, 0)
	for peek(b, i) == '/' {
		i++
	}
	b = b[i:min(len(b), i+64)]
	for k := range b {
		if b[k] == ',' || b[k] == ';' {
			b = b[:k]
			break
		}
	}
	return holds(b, "html") || holds(b, "svg") || holds(b, "xml") || holds(b, "script")
}

// address judges a value that is, or holds, an address which runs script.
func (v *view) address(b []byte) {
	if activeAddress(b) {
		if starts(b, 0, "data:image/svg") && !holds(b[:min(len(b), 2*nearby)], "<") {
			v.found(XSS, faint, ActiveAddress) // what it holds is judged by itself
			return
		}
		if rest := b[:min(len(b), 2*nearby)]; v.wide() && !(scripted(rest) > 0 || calls(rest) && !holds(rest, "void(") || starts(b, 0, "data:")) {
			v.found(XSS, odd, ActiveAddress)
		} else {
			v.found(XSS, runs, ActiveAddress)
		}
		return
	}
	for i := seek(b, 0, "script:"); i >= 0; i = seek(b, i+7, "script:") {
		j := i
		for j > 0 && wordy(b[j-1]) && i-j < longest {
			j--
		}
		if !activeAddress(b[j:min(len(b), j+nearby)]) || i+7 >= len(b) || is(b[i+7], blank) {
			continue
		}
		if rest := b[i+7 : min(len(b), i+7+nearby)]; scripted(rest) > 0 {
			v.found(XSS, grave, ActiveAddress)
		} else {
			v.found(XSS, odd, ActiveAddress)
		}
	}
}

// computes says whether a style runs something: a computed value, a binding,
// or an address that does.
func computes(b []byte) bool {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '(':
			if behind(b, i, "expression") {
				return true
			}
			if behind(b, i, "url") && activeAddress(b[i+1:min(len(b), i+1+nearby)]) {
				return true
			}
		case ':':
			if behind(b, i, "behavior") || behind(b, i, "behaviour") || behind(b, i, "-moz-binding") || behind(b, i, "-o-link") || behind(b, i, "binding") {
				k := skip(b, i+1)
				return starts(b, k, "url") || peek(b, k) == '\'' || peek(b, k) == '"'
			}
		case '@':
			k := i + 1
			var name spelling
			for ; k < len(b) && k < i+longest && (is(b[k], letter) || b[k] == '\\'); k++ {
				if b[k] != '\\' {
					name.add(b[k])
				}
			}
			if k = skip(b, k); string(name.word()) == "import" && (peek(b, k) == '"' || peek(b, k) == '\'' || starts(b, k, "url")) {
				return true
			}
		}
	}
	return false
}

// behind says whether word ends right before i, read backwards through
// comments, escapes and blanks.
func behind(b []byte, i int, word string) bool {
	n := len(word)
	for k, left := i-1, nearby; k >= 0 && n > 0 && left > 0; k, left = k-1, left-1 {
		switch c := b[k]; {
		case small(c) == word[n-1]:
			n--
		case c == '/' && peek(b, k-1) == '*':
			for k -= 2; k > 0 && left > 0 && (b[k] != '*' || b[k-1] != '/'); k, left = k-1, left-1 {
			}
			k--
		case c == '\\' || n == len(word) && is(c, blank):
		default:
			return false
		}
	}
	return n == 0
}

// styles judges a style that stands by itself or in an element.
func (v *view) styles(b []byte) {
	if !computes(b) {
		return
	}
	if v.wide() && seek(b, 0, "expression(") < 0 && seek(b, 0, "<style>@import") < 0 {
		v.found(XSS, odd, ActiveStyle)
		return
	}
	v.found(XSS, odd+12, ActiveStyle)
}

// oldScript judges forms that run without brackets or tags: references of
// script and UTF-7.
func (v *view) oldScript(b []byte) {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '&':
			if peek(b, i+1) == '{' && seek(b[:min(len(b), i+nearby)], i, "}") > 0 {
				v.found(XSS, odd, ScriptFragment)
			}
		case '+':
			if starts(b, i, "+adw-") && len(b) > i+6 { // UTF-7 (RFC 2152) for <
				v.found(XSS, grave, Element)
			}
		}
	}
}

// stripped says whether b is what is left of an element with script whose
// brackets were taken out.
func stripped(b []byte) bool {
	end := seek(b, 1, "/script")
	return end > 0 && b[end-1] != '<' && !wordy(peek(b, end+7)) && peek(b, end+7) != '.' && peek(b, end+7) != '/' && seek(b[:end], 0, "script") >= 0 && calls(b[:end])
}
