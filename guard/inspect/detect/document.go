package detect

import "bytes"

// Documents that make their reader fetch, include or expand: XML with its
// declarations (XML 1.0, section 2.8 and 4.2), inclusion and style sheets,
// and the directives that servers read in pages.

var documentWhen = []trigger{{any: cLess, and: cBang | cQuestion | cColon | cSlash}, {any: cRight, and: cGreater}, {any: cPercent, and: cSemi}}

// document finds such documents.
func document(v *view) {
	b := v.text
	closed := false
	for i := 0; i < len(b) && v.best.Score < runs; i++ {
		if b[i] == '!' && starts(b, i, "!entity ") && peek(b, i-1) != '<' && !v.wide() {
			v.found(XML, odd, Declares)
		}
		if b[i] != '<' {
			if !closed && b[i] == ']' && starts(b, i, "]]>") {
				if closed = true; !v.wide() && !bytes.Contains(b[:i], []byte("<![")) {
					v.found(XML, odd-8, BreaksElement)
				}
			}
			continue
		}
		switch peek(b, i+1) {
		case '!':
			v.declaration(b, i)
		case '?':
			v.instruction(b, i)
		case '/':
			v.reopened(b, i)
		default:
			v.prefixed(b, i)
		}
	}
}

// declaration judges <!DOCTYPE, <!ENTITY, sections and directives of servers.
func (v *view) declaration(b []byte, i int) {
	rest := b[i:min(len(b), i+2*nearby)]
	switch {
	case starts(b, i, "<!entity"):
		v.found(XML, runs-2, Declares)
	case starts(b, i, "<!doctype"):
		switch {
		case holds(rest, "<!entity"), holds(rest, "system") && (holds(rest, "://") || holds(rest, "file:") || holds(rest, "\"//")), holds(rest, "public") && holds(rest, "://") && !holds(rest, "-//"), bytes.IndexByte(rest[:min(len(rest), 64)], '[') > 0:
			v.found(XML, grave+5, Declares)
		case !v.wide():
			v.found(XML, odd, Declares)
		}
	case starts(b, i, "<!element"), starts(b, i, "<!attlist"), starts(b, i, "<!notation"):
		v.found(XML, odd+12, Declares)
	case starts(b, i, "<![cdata["):
		if !v.wide() {
			v.found(XML, odd, Element)
		} else if starts(b, i, "<![cdata[<]]>") {
			v.found(XML, grave, Element) // a tag in pieces
		}
	case starts(b, i, "<!--"):
		k := skip(b, i+4)
		if peek(b, k) != '#' {
			if !v.wide() && (starts(b, k, "[if") || starts(b, k, "esi")) {
				v.found(XSS, odd, Element)
			}
			return
		}
		var w spelling
		w.spell(b, skip(b, k+1))
		if directives.get(w.word()) != 0 {
			v.found(SSI, runs, Directive)
		} else {
			v.found(SSI, odd, Directive)
		}
	}
}

// directives of servers that read pages.
var directives = vocabulary(active, "exec include echo printenv set config flastmod fsize if elif else endif odbc email fcgi", nil)

// instruction judges <?name: style sheets and imports load and run.
func (v *view) instruction(b []byte, i int) {
	switch {
	case starts(b, i, "<?xml-stylesheet"), starts(b, i, "<?import"), starts(b, i, "<?xml:namespace"), starts(b, i, "<?mso-application"):
		v.found(XML, odd+13, Includes)
	case starts(b, i, "<?xml") && !v.wide():
		v.found(XML, odd-8, Element)
	}
}

// reopened judges an end tag at i that closes an element which the value did
// not open, when the value opens it again: between them stand elements that
// the document around it did not mean to have.
func (v *view) reopened(b []byte, i int) {
	if v.wide() {
		return
	}
	end := bytes.IndexByte(b[i:min(len(b), i+longest)], '>')
	if end < 3 {
		return
	}
	name := b[i+2 : i+end]
	rest := b[i+end+1:]
	rest = rest[:min(len(rest), nearby)]
	if bytes.IndexByte(b[:i], '<') < 0 && len(rest) > 0 && rest[0] == '<' && is(peek(rest, 1), letter) {
		if n := bytes.LastIndexByte(rest, '<'); n > 0 && bytes.HasPrefix(rest[n+1:], name) {
			v.found(XML, odd, BreaksElement)
		}
	}
}

// prefixed judges elements of the namespaces that include, transform or
// describe where to fetch.
func (v *view) prefixed(b []byte, i int) {
	var prefix, name spelling
	j := prefix.spell(b, i+1)
	if peek(b, j) == '-' && prefix.n > 0 {
		return
	}
	if peek(b, j) == ':' {
		j = name.spell(b, j+1)
	}
	switch string(prefix.word()) {
	case "xi":
		if string(name.word()) == "include" {
			v.found(XML, grave+5, Includes)
		}
	case "xsl":
		rest := b[j:min(len(b), j+2*nearby)]
		if holds(rest, "document(") || holds(rest, "system-property") || holds(rest, "unparsed-text") || holds(rest, "php:function") || holds(rest, "xmlns:") && !v.wide() || string(name.word()) == "include" || string(name.word()) == "import" {
			v.found(XML, grave, Includes)
		} else if !v.wide() {
			v.found(XML, odd, Includes)
		}
	case "esi":
		v.found(SSI, grave+10, Directive)
	default:
		tag := b[i:min(len(b), i+2*nearby)]
		if e := bytes.IndexByte(tag, '>'); e > 0 {
			tag = tag[:e]
		}
		if holds(tag, "xmlns") && (holds(tag, "xinclude") || holds(tag, "schemalocation") || holds(tag, "xsl/transform") && !v.wide()) {
			v.found(XML, grave, Includes)
		}
	}
}
