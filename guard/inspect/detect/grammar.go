package detect

// trigger is a condition on the characters of a value: at least one of any,
// and, when and is set, at least one of and.
type trigger struct{ any, and chars }

// grammar reads one class of attack, or several that share a way of reading.
type grammar struct {
	name  string
	finds Classes   // no others
	when  []trigger // one of them must hold, or the grammar can find nothing
	// first: the grammar is also worth running for how a text of other
	// characters begins.
	first func(text []byte, m chars) bool
	wakes uint64 // its triggers among those that awake tells of
	// json: the grammar is about the structure of JSON, and also reads a text
	// that is JSON; the others then read just the strings in it.
	json bool
	read func(*view)
}

// grammars are all grammars. Of findings of the same score the first counts.
var grammars = []grammar{
	{name: "sql", finds: Only(SQL), when: sqlWhen, first: sqlWords, read: sql},
	{name: "nosql", finds: Only(NoSQL), when: nosqlWhen, json: true, read: nosql},
	{name: "ldap", finds: Only(LDAP), when: ldapWhen, read: ldap},
	{name: "xpath", finds: Only(XPath), when: xpathWhen, read: xpath},
	{name: "markup", finds: Only(XSS), when: markupWhen, read: markup},
	{name: "script", finds: Only(XSS), when: scriptWhen, read: script},
	{name: "shell", finds: Only(Command), when: shellWhen, read: shell},
	{name: "traversal", finds: Only(Traversal), when: traversalWhen, read: traversal},
	{name: "code", finds: Only(Code), when: codeWhen, first: leadsClass, read: code},
	{name: "template", finds: Only(Template, Code), when: templateWhen, read: template},
	{name: "document", finds: Only(XML, SSI, XSS), when: documentWhen, read: document},
	{name: "lines", finds: Only(CRLF, Log, Mail), when: linesWhen, read: lines},
	{name: "prototype", finds: Only(Prototype, Code), when: prototypeWhen, json: true, read: prototype},
	{name: "serial", finds: Only(Deserialization), when: serialWhen, first: func(text []byte, _ chars) bool { return leadsObject(text) }, json: true, read: serial},
	{name: "redirect", finds: Only(Redirect), when: redirectWhen, read: redirect},
}

// loud are the characters without which no grammar and no decoding has
// anything to do.
var loud = func() (m chars) {
	m = codings
	for i := range grammars {
		for _, t := range grammars[i].when {
			m |= t.any
		}
	}
	return m
}()

// nibbles are the parts of four bits that chars has.
const nibbles = 10

// triggers has a bit for each trigger of all grammars, by the value of each
// nibble of the characters: those whose any is met, and those whose and is.
// All are looked at with a few reads, since most texts meet few.
var triggers = func() (t struct{ any, and [nibbles][16]uint64 }) {
	bit := uint64(1)
	for i := range grammars {
		for _, w := range grammars[i].when {
			for n := range nibbles {
				for value := range chars(16) {
					if m := value << (4 * n); w.any&m != 0 {
						t.any[n][value] |= bit
					}
					if m := value << (4 * n); w.and == 0 || w.and&m != 0 {
						t.and[n][value] |= bit
					}
				}
			}
			grammars[i].wakes |= bit
			bit <<= 1
		}
	}
	return t
}()

// awake returns the triggers that hold for a text with these characters.
func awake(m chars) uint64 {
	var any, and uint64
	for n := range nibbles {
		value := m & 15
		any |= triggers.any[n][value]
		and |= triggers.and[n][value]
		m >>= 4
	}
	return any & and
}
