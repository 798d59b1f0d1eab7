package detect

// trigger is a condition on the characters of a value: at least one of any,
// and, when and is set, at least one of and.
type trigger struct{ any, and chars }

// grammar reads one class of attack, or several that share a way of reading.
type grammar struct {
	name string
	when []trigger // one of them must hold, or the grammar can find nothing
	// first: the grammar is also worth running for how a text of other
	// characters begins.
	first func(text []byte, m chars) bool
	// any is what all of when begin with, to leave early.
	any chars
	// json: the grammar is about the structure of JSON, and also reads a text
	// that is JSON; the others then read just the strings in it.
	json bool
	read func(*view)
}

// grammars are all grammars. Of findings of the same score the first counts.
var grammars = []grammar{
	{name: "sql", when: sqlWhen, first: sqlWords, read: sql},
	{name: "nosql", when: nosqlWhen, json: true, read: nosql},
	{name: "ldap", when: ldapWhen, read: ldap},
	{name: "xpath", when: xpathWhen, read: xpath},
	{name: "markup", when: markupWhen, read: markup},
	{name: "script", when: scriptWhen, read: script},
	{name: "shell", when: shellWhen, read: shell},
	{name: "traversal", when: traversalWhen, read: traversal},
	{name: "code", when: codeWhen, first: leadsClass, read: code},
	{name: "template", when: templateWhen, read: template},
	{name: "document", when: documentWhen, read: document},
	{name: "lines", when: linesWhen, read: lines},
	{name: "prototype", when: prototypeWhen, json: true, read: prototype},
	{name: "serial", when: serialWhen, first: func(text []byte, _ chars) bool { return leadsObject(text) }, json: true, read: serial},
	{name: "redirect", when: redirectWhen, read: redirect},
}

// loud are the characters without which no grammar and no decoding has
// anything to do.
var loud = func() (m chars) {
	m = codings
	for i := range grammars {
		for _, t := range grammars[i].when {
			grammars[i].any |= t.any
		}
		m |= grammars[i].any
	}
	return m
}()

// awake says whether the grammar has anything to do in a text with these
// characters.
func (g *grammar) awake(text []byte, m chars) bool {
	if m&g.any == 0 {
		return g.first != nil && g.first(text, m)
	}
	for _, t := range g.when {
		if m&t.any != 0 && (t.and == 0 || m&t.and != 0) {
			return true
		}
	}
	return g.first != nil && g.first(text, m)
}
